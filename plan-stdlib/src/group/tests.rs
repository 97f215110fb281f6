//! Groups on every layout, and what is refused.

use super::*;
use crate::test_world::{TestWorld, run_in};
use mintage_trees::names;

/// Runs the script twice on every layout: the second run changes nothing.
fn on_every_layout(script: &str, check: impl Fn(&str, &TestWorld)) {
    for layout in names() {
        let (world, result) = run_in(TestWorld::layout(layout), script);
        result.unwrap_or_else(|error| panic!("{layout}: {error:#?}"));
        check(layout, &world);
    }
}

#[test]
fn groups_are_made_once_on_every_layout() {
    let script = r#"
        assert(group::ensure("app"), "first");
        assert(!group::ensure("app"), "second");
        assert(group::ensure("fixed", #{ gid: 4000, members: ["root"] }), "first");
        assert(!group::ensure("fixed", #{ gid: 4000, members: ["root"] }), "second");
        assert(group::remove("app"), "removed");
        assert(!group::remove("app"), "removed again");
    "#;
    on_every_layout(script, |layout, world| {
        let groups = world.text("/etc/group");
        assert!(
            groups.contains("fixed:x:4000:root\n") && !groups.contains("app:"),
            "{layout}: {groups}"
        );
        if world.tree.exists("/etc/gshadow").unwrap() {
            assert!(
                world.text("/etc/gshadow").contains("fixed:!::root\n"),
                "{layout}"
            );
        }
    });
}

#[test]
fn what_cannot_be_is_refused_before_anything_changes() {
    for script in [
        r#"group::ensure("a:b")"#,
        r#"group::ensure("x\nroot:x:0:")"#,
        r#"group::ensure("new", #{ gid: 42 })"#,
        r#"group::ensure("shadow", #{ gid: 43 })"#,
        r#"group::ensure("new", #{ gid: -1 })"#,
        r#"group::ensure("new", #{ members: ["nobody"] })"#,
        r#"group::ensure("new", #{ member: ["ops"] })"#,
        r#"group::remove("ops")"#,
        r#"group::remove("root")"#,
        r#"group::add_member("nogroup", "ops")"#,
        r#"group::add_member("adm", "nobody")"#,
    ] {
        let (world, result) = run_in(TestWorld::debian(), script);
        assert_eq!(result.unwrap_err().code, Code::P2013, "{script}");
        assert_eq!(
            world.text("/etc/group"),
            TestWorld::debian().text("/etc/group"),
            "{script}"
        );
    }
}

#[test]
fn a_broken_file_keeps_its_lines() {
    let mut tree = TestWorld::debian()
        .with_file("/etc/group", b"\xff:x\nops\n\nadm:x:4:ops,\n+\n")
        .tree;
    ensure(&mut tree, "app", Map::new()).unwrap();
    membership::remove_everywhere(&mut tree, "ops").unwrap();
    let group = tree.read("/etc/group", 1000).unwrap();
    assert_eq!(group, b"\xff:x\nops\n\nadm:x:4:\napp:x:1000:\n+\n");
}
