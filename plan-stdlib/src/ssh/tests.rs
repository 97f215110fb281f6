//! Keys of users and of the server.

use super::keys::tests::ED25519;
use crate::test_world::{TestWorld, run_in};
use mintage_engine::{Code, Secret, Value};
use mintage_trees::names;

const FILE: &str = "/home/ops/.ssh/authorized_keys";

#[test]
fn keys_come_and_go_and_belong_to_the_user() {
    let script = format!(
        r#"
        let key = "{ED25519}";
        assert(ssh::ensure_authorized_key("ops", key), "first");
        assert(!ssh::ensure_authorized_key("ops", key), "second");
        assert(ssh::ensure_authorized_key("ops", "restrict " + key + " laptop"), "options");
        assert(!ssh::ensure_authorized_key("ops", "restrict " + key + " laptop"), "options again");
        assert(ssh::authorized_keys("ops").len() == 1, "one line");
        assert(!ssh::set_authorized_keys("ops", ["restrict " + key + " laptop"]), "set");
        assert(ssh::remove_authorized_key("ops", key), "removed");
        assert(!ssh::remove_authorized_key("ops", key), "removed again");
        assert(ssh::set_authorized_keys("ops", [key]), "set back");
        "#
    );
    let (world, result) = run_in(TestWorld::debian(), &script);
    result.unwrap();
    for (path, mode) in [("/home/ops/.ssh", 0o700), (FILE, 0o600)] {
        let found = world.tree.metadata(path).unwrap();
        assert_eq!(
            (found.mode, found.uid, found.gid),
            (mode, 1000, 1000),
            "{path}"
        );
    }
}

#[test]
fn other_lines_of_the_file_stay() {
    let before =
        format!("# mine\n{ED25519} old\nssh-ed25519 broken\nrestrict {ED25519}\n\u{c3}\u{a9}");
    let mut world = TestWorld::debian();
    world
        .tree
        .make_dir(
            "/home/ops/.ssh",
            mintage_volume::filesystem::Ownership::root(0o755),
        )
        .unwrap();
    let world = world.with_file(FILE, before);
    let (world, result) = run_in(
        world,
        &format!("ssh::ensure_authorized_key(\"ops\", \"{ED25519} new\")"),
    );
    result.unwrap();
    assert_eq!(
        world.text(FILE),
        format!("# mine\n{ED25519} new\nssh-ed25519 broken\n\u{c3}\u{a9}")
    );
    assert_eq!(world.tree.metadata("/home/ops/.ssh").unwrap().uid, 1000);
}

#[test]
fn links_in_the_way_are_not_followed() {
    let script = format!("ssh::ensure_authorized_key(\"ops\", \"{ED25519}\")");
    for (path, target) in [("/home/ops/.ssh", "/etc"), (FILE, "/etc/shadow")] {
        let mut world = TestWorld::debian();
        let root = mintage_volume::filesystem::Ownership::root(0o755);
        if path == FILE {
            world.tree.make_dir("/home/ops/.ssh", root).unwrap();
        }
        world.tree.symlink(path, target, root).unwrap();
        let (world, result) = run_in(world, &script);
        assert!(
            matches!(result.unwrap_err().code, Code::P3003 | Code::P3005),
            "{path}"
        );
        assert_eq!(world.tree.metadata("/etc").unwrap().uid, 0);
    }
}

#[test]
fn host_keys_are_the_same_for_ever() {
    let (world, result) = run_in(
        TestWorld::debian().with_file("/etc/ssh/ssh_host_dsa_key.pub", "old"),
        r#"assert(ssh::host_keys(), "first"); assert(!ssh::host_keys(), "second");"#,
    );
    result.unwrap();
    assert!(!world.tree.exists("/etc/ssh/ssh_host_dsa_key.pub").unwrap());
    assert!(!world.tree.exists("/etc/ssh/ssh_host_rsa_key").unwrap());
    // Read and signed with by ssh-keygen in the lane `accounts`.
    insta::assert_snapshot!("ed25519", world.text("/etc/ssh/ssh_host_ed25519_key"));
    insta::assert_snapshot!(
        "ed25519.pub",
        world.text("/etc/ssh/ssh_host_ed25519_key.pub")
    );
    insta::assert_snapshot!("ecdsa", world.text("/etc/ssh/ssh_host_ecdsa_key"));
    insta::assert_snapshot!("ecdsa.pub", world.text("/etc/ssh/ssh_host_ecdsa_key.pub"));
    assert!(world.lines[0].text.contains("shorter than 32"));
    assert!(world.tree.holds_secret("/etc/ssh/ssh_host_ecdsa_key"));
}

#[test]
fn the_servers_own_keys_win_over_the_seed() {
    let (first, result) = run_in(TestWorld::debian(), "ssh::host_keys()");
    result.unwrap();
    let key = first.text("/etc/ssh/ssh_host_ecdsa_key");
    for (text, name, code) in [
        (key.clone(), "ssh-host-ecdsa-key", None),
        (
            format!("\n{}  ", key.replace('\n', "\r\n")),
            "ssh-host-ecdsa-key",
            None,
        ),
        (key.clone(), "ssh-host-ed25519-key", Some(Code::P2013)),
        (key.clone(), "ssh-host-rsa-key", Some(Code::P2013)),
        ("nonsense".into(), "ssh-host-ecdsa-key", Some(Code::P2013)),
    ] {
        let world = TestWorld::debian().with_identity(name, Value::Secret(Secret::new(text)));
        let (world, result) = run_in(world, "ssh::host_keys()");
        match code {
            None => {
                result.unwrap();
                assert_eq!(world.text("/etc/ssh/ssh_host_ecdsa_key"), key);
            }
            Some(code) => {
                let error = result.unwrap_err();
                assert_eq!(error.code, code, "{name}");
                assert!(!format!("{error:?}").contains("BEGIN"));
            }
        }
    }
}

#[test]
fn host_keys_have_the_access_of_their_distribution() {
    for layout in names() {
        let mut world = TestWorld::layout(layout);
        world
            .tree
            .make_dirs(
                "/etc/ssh",
                mintage_volume::filesystem::Ownership::root(0o755),
            )
            .unwrap();
        let (world, result) = run_in(world, "ssh::host_keys()");
        result.unwrap();
        let has_readers = world.text("/etc/group").contains("ssh_keys:");
        let found = world
            .tree
            .metadata("/etc/ssh/ssh_host_ed25519_key")
            .unwrap();
        assert_eq!(
            found.mode,
            if has_readers { 0o640 } else { 0o600 },
            "{layout}"
        );
        assert_eq!(found.gid != 0, has_readers, "{layout}");
    }
}

#[test]
fn types_are_checked() {
    for script in [
        r#"ssh::host_keys(#{ types: ["dsa"] })"#,
        r#"ssh::host_keys(#{ types: ["rsa"] })"#,
        r#"ssh::host_keys(#{ type: [] })"#,
    ] {
        let (world, result) = run_in(TestWorld::debian(), script);
        assert_eq!(result.unwrap_err().code, Code::P2013, "{script}");
        assert_eq!(world.text("/etc/ssh/ssh_host_ed25519_key"), "not a key\n");
    }
}

#[test]
fn keys_of_other_types_go_with_their_certificates() {
    let stale = ["", ".pub", "-cert.pub"].map(|end| format!("/etc/ssh/ssh_host_rsa_key{end}"));
    let mut world = TestWorld::debian();
    for path in &stale {
        world = world.with_file(path, "stale\n");
    }
    let (world, result) = run_in(world, "ssh::host_keys()");
    result.unwrap();
    for path in stale {
        assert!(!world.tree.exists(&path).unwrap(), "{path}");
    }
}
