//! Settings where they count, and what is refused.

use super::*;
use crate::test_world::{TestWorld, run_in};

const SCRIPT: &str = r#"
    assert(sshd::set("permitrootlogin", "no"), "first");
    assert(!sshd::set("PermitRootLogin", "no"), "second");
    assert(sshd::set("Port", 2222), "port");
    assert(!sshd::set("Port", 2222), "port again");
"#;

#[test]
fn drop_ins_are_written_where_they_count() {
    let (world, result) = run_in(TestWorld::debian(), SCRIPT);
    result.unwrap();
    assert_eq!(world.text(DROP_IN), "PermitRootLogin no\nPort 2222\n");
    assert_eq!(world.text(CONFIG[0]), TestWorld::debian().text(CONFIG[0]));
}

#[test]
fn a_file_without_include_is_edited() {
    let world =
        TestWorld::debian().with_file(CONFIG[0], "UsePAM yes\nMatch User x\n\tX11Forwarding no\n");
    let (world, result) = run_in(world, SCRIPT);
    result.unwrap();
    let expected = "UsePAM yes\nPermitRootLogin no\nPort 2222\nMatch User x\n\tX11Forwarding no\n";
    assert_eq!(world.text(CONFIG[0]), expected);
    assert!(!world.tree.exists(DIRECTORY).unwrap());
}

#[test]
fn what_would_lock_everybody_out_is_refused() {
    for script in [
        r#"sshd::set("PermitRootLogn", "no")"#,
        r#"sshd::set("Match", "all")"#,
        r#"sshd::set("Include", "/tmp/x")"#,
        r#"sshd::set("Banner", "x\nPermitRootLogin yes")"#,
        r#"sshd::set("Banner", "")"#,
        r#"sshd::set("Banner", "\"x")"#,
        r#"sshd::set("Banner", "x\u007f")"#,
    ] {
        let (world, result) = run_in(TestWorld::debian(), script);
        assert_eq!(result.unwrap_err().code, Code::P2013, "{script}");
        assert!(!world.tree.exists(DROP_IN).unwrap());
    }
}

#[test]
fn values_that_add_up_are_set_in_one_place() {
    let world = TestWorld::debian().with_file(
        CONFIG[0],
        "Include /etc/ssh/sshd_config.d/*.conf\nPort 22\n",
    );
    let error = run_in(world, r#"sshd::set("Port", 2222)"#).1.unwrap_err();
    assert_eq!(error.code, Code::P2013);
}
