//! Units in a small volume.

use crate::test_world::TestWorld;
use mintage_engine::Code;
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;

const VENDOR: &str = "/usr/lib/systemd/system";
const CONFIG: &str = "/etc/systemd/system";
const SIMPLE: &str = "[Service]\nExecStart=/bin/a\n[Install]\nWantedBy=multi-user.target\n";

/// The Debian-like world with these units of the distribution.
fn world(units: &[(&str, &str)]) -> VolumeTree {
    let mut world = TestWorld::debian();
    for folder in [VENDOR, CONFIG] {
        world
            .tree
            .make_dirs(folder, Ownership::root(0o755))
            .unwrap();
    }
    for (name, text) in units {
        world = world.with_file(format!("{VENDOR}/{name}"), text);
    }
    world.tree
}

fn links(tree: &VolumeTree) -> Vec<String> {
    let links = super::unit::links(tree, CONFIG).unwrap();
    let links = links
        .into_iter()
        .map(|(path, target)| format!("{} -> {target}", &path[CONFIG.len() + 1..]));
    links.collect()
}

#[test]
fn every_function_changes_nothing_the_second_time() {
    let mut tree = world(&[("a.service", SIMPLE)]);
    type Act = fn(&mut VolumeTree) -> Result<bool, mintage_engine::PlanError>;
    let acts: [Act; 5] = [
        |tree| super::enable(tree, "a"),
        |tree| super::disable(tree, "a"),
        |tree| super::preset(tree, "a"),
        |tree| super::files::write(tree, &super::UnitName::parse("b")?, &SIMPLE.into()),
        |tree| super::files::drop_in(tree, &super::UnitName::parse("a")?, "x", &"[Unit]\n".into()),
    ];
    for (index, act) in acts.into_iter().enumerate() {
        assert!(act(&mut tree).unwrap(), "{index}");
        assert!(!act(&mut tree).unwrap(), "{index}");
    }
}

#[test]
fn links_are_spelt_as_the_ones_that_are_there() {
    let mut tree = world(&[("a.service", SIMPLE), ("b.service", SIMPLE)]);
    assert!(super::enable(&mut tree, "a").unwrap());
    assert_eq!(
        links(&tree),
        ["multi-user.target.wants/a.service -> /usr/lib/systemd/system/a.service"]
    );
    tree.remove_all(format!("{CONFIG}/multi-user.target.wants"))
        .unwrap();
    tree.symlink(
        format!("{CONFIG}/x.service"),
        "/lib/systemd/system/a.service",
        Ownership::root(0o777),
    )
    .unwrap();
    assert!(super::enable(&mut tree, "b").unwrap());
    assert_eq!(
        links(&tree)[0],
        "multi-user.target.wants/b.service -> /lib/systemd/system/b.service"
    );
}

#[test]
fn names_of_other_distributions_lead_to_the_unit() {
    let debian = format!("{SIMPLE}Alias=sshd.service\n");
    for (units, asked) in [
        ([("ssh.service", debian.as_str())], "sshd"),
        ([("sshd.service", SIMPLE)], "ssh"),
        ([("crond.service", SIMPLE)], "cron"),
    ] {
        let mut tree = world(&units);
        assert!(super::enable(&mut tree, asked).unwrap(), "{asked}");
        assert!(super::exists(&tree, asked).unwrap());
        assert_eq!(super::own_name(&tree, asked).unwrap().as_str(), units[0].0);
        assert!(super::disable(&mut tree, asked).unwrap(), "{asked}");
        assert_eq!(links(&tree), [""; 0]);
    }
}

#[test]
fn a_unit_that_cannot_be_enabled_leaves_nothing() {
    for (units, asked, code) in [
        (vec![("a.service", "[Service]\n")], "a", Code::P2013),
        (vec![("a@.service", SIMPLE)], "a@", Code::P2013),
        (vec![("a.service", "")], "a", Code::P2013),
        (
            vec![("a.service", "[Install]\nWantedBy=x.target ../../y.target\n")],
            "a",
            Code::P2016,
        ),
        (
            vec![(
                "a.service",
                "[Install]\nWantedBy=x.target\nAlias=/etc/x.service\n",
            )],
            "a",
            Code::P2016,
        ),
        (
            vec![("a.service", "[Install]\nWantedBy=x.target %m.target\n")],
            "a",
            Code::P2016,
        ),
        (vec![("abc.service", SIMPLE)], "abd", Code::P3001),
        (vec![], "a b", Code::P2013),
    ] {
        let mut tree = world(&units);
        assert_eq!(
            super::enable(&mut tree, asked).unwrap_err().code,
            code,
            "{units:?}"
        );
        assert_eq!(links(&tree), [""; 0]);
    }
}

#[test]
fn an_alias_of_another_unit_is_kept() {
    let display =
        |name| format!("[Install]\nWantedBy=graphical.target\nAlias=display.service\n# {name}\n");
    let (a, b) = (display("a"), display("b"));
    let mut tree = world(&[("a.service", &a), ("b.service", &b)]);
    super::enable(&mut tree, "a").unwrap();
    let before = links(&tree);
    assert_eq!(super::enable(&mut tree, "b").unwrap_err().code, Code::P3002);
    assert_eq!(links(&tree), before);
}

#[test]
fn a_script_of_init_d_is_a_service() {
    let head = "#!/bin/sh\n# Default-Start: 2 3\n# Default-Stop: 0\n";
    let mut tree = world(&[("b.service", SIMPLE)]);
    tree.make_dirs("/etc/init.d", Ownership::root(0o755))
        .unwrap();
    for name in ["a", "b"] {
        tree.write(
            format!("/etc/init.d/{name}"),
            head.as_bytes(),
            Ownership::root(0o755),
        )
        .unwrap();
        assert_eq!(super::state(&tree, name).unwrap(), "disabled");
        assert!(super::enable(&mut tree, name).unwrap());
        assert!(!super::enable(&mut tree, name).unwrap());
        assert_eq!(super::state(&tree, name).unwrap(), "enabled");
        assert!(tree.exists(format!("/etc/rc3.d/S01{name}")).unwrap());
        assert!(super::disable(&mut tree, name).unwrap());
        assert!(
            tree.symlink_metadata(format!("/etc/rc3.d/K01{name}"))
                .is_ok()
        );
    }
}

#[test]
fn circles_of_links_are_an_error() {
    let mut tree = world(&[]);
    for (name, target) in [("a.service", "b.service"), ("b.service", "a.service")] {
        tree.symlink(format!("{CONFIG}/{name}"), target, Ownership::root(0o777))
            .unwrap();
    }
    assert_eq!(super::enable(&mut tree, "a").unwrap_err().code, Code::P2016);
}

#[test]
fn a_unit_can_be_held_up_by_another() {
    let mut tree = world(&[("a.service", "[Install]\nUpheldBy=b.service\n")]);
    super::enable(&mut tree, "a").unwrap();
    assert_eq!(
        links(&tree),
        ["b.service.upholds/a.service -> /usr/lib/systemd/system/a.service"]
    );
}

/// Each instance names two others: without an end there would be 2²⁵⁰ of them.
#[test]
fn units_that_name_ever_more_others_are_refused() {
    let grows = "[Install]\nWantedBy=a.target\nAlso=t@%i0.service t@%i1.service\n";
    let mut tree = world(&[("t@.service", grows)]);
    for act in [super::enable, super::disable] {
        assert_eq!(act(&mut tree, "t@x").unwrap_err().code, Code::P2016);
    }
    let circle = |other: String| format!("[Install]\nWantedBy=a.target\nAlso={other}\n");
    let again = circle("b.service ".repeat(10_000));
    let mut tree = world(&[
        ("a.service", &again),
        ("b.service", &circle("a.service".to_owned())),
    ]);
    assert!(super::enable(&mut tree, "a").unwrap());
    assert!(super::disable(&mut tree, "b").unwrap());
    assert!(links(&tree).is_empty());
}
