//! Users on every layout, and what is refused.

use crate::test_world::{TestWorld, run_in};
use mintage_engine::Code;
use mintage_trees::names;
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::LastLink;

const PEOPLE: &str = r#"
    let make = || user::ensure("web", #{
        comment: "Web team",
        groups: ["root"],
        password: attribute("OpsPassword"),
        expires: "2030-01-01",
        authorized_keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c"],
    });
    assert(make.call(), "first");
    assert(!make.call(), "second");
    assert(user::ensure("daemon1", #{ system: true }), "system");
    assert(!user::ensure("daemon1", #{ system: true }), "system again");
    assert(user::lock("web") && !user::lock("web"), "locked");
    assert(user::unlock("web") && !user::unlock("web"), "unlocked");
    assert(user::ensure("web", #{ locked: true }), "locked by ensure");
    assert(!user::ensure("web", #{ locked: true }), "locked already");
    assert(user::set_password("web", attribute("OpsPassword")), "set again, which unlocks");
"#;

#[test]
fn users_are_made_once_on_every_layout() {
    for layout in names() {
        let (world, result) = run_in(TestWorld::layout(layout), PEOPLE);
        result.unwrap_or_else(|error| panic!("{layout}: {error:#?}"));
        let passwd = world.text("/etc/passwd");
        assert!(
            passwd.contains(":Web team:/home/web:/"),
            "{layout}: {passwd}"
        );
        assert!(passwd.contains("nologin\n"), "{layout}: {passwd}");
        let shadow = world.text("/etc/shadow");
        // The day of the run, 2026-01-01, and the day of the expiry.
        assert!(
            shadow.contains(":20454:") && shadow.contains(":21915:\n"),
            "{layout}: {shadow}"
        );
        let line = shadow
            .lines()
            .find(|line| line.starts_with("web:"))
            .unwrap();
        assert!(
            line.starts_with("web:$y$j9T$") || line.starts_with("web:$6$"),
            "{layout}: {line}"
        );
        assert!(world.tree.holds_secret("/etc/shadow"));
        let home = world.tree.metadata("/home/web").unwrap();
        assert!(home.uid >= 1000 && world.tree.exists("/home/web/.ssh/authorized_keys").unwrap());
        assert!(!world.tree.exists("/home/daemon1").unwrap());
    }
}

#[test]
fn a_removed_user_leaves_nothing_on_any_layout() {
    let script = r#"
        user::ensure("web", #{ groups: ["root"], password: attribute("OpsPassword") });
        file::make_dir("/etc/sudoers.d");
        file::write("/etc/sudoers.d/web", "web ALL=(ALL) ALL\n");
        file::make_dir("/var/lib/systemd/linger");
        file::write("/var/lib/systemd/linger/web", "");
        assert(user::remove("web", #{ home: true }), "first");
        assert(!user::remove("web", #{ home: true }), "second");
    "#;
    let files = ["passwd", "shadow", "group", "gshadow", "subuid", "subgid"];
    for layout in names() {
        let before = TestWorld::layout(layout);
        let (world, result) = run_in(TestWorld::layout(layout), script);
        result.unwrap_or_else(|error| panic!("{layout}: {error:#?}"));
        for file in files.map(|file| format!("/etc/{file}")) {
            if before.tree.exists(&file).unwrap() {
                assert_eq!(world.text(&file), before.text(&file), "{layout} {file}");
            }
        }
        for path in [
            "/home/web",
            "/etc/sudoers.d/web",
            "/var/lib/systemd/linger/web",
            "/var/spool/mail/web",
        ] {
            assert!(!world.tree.exists(path).unwrap(), "{layout} {path}");
        }
    }
}

#[test]
fn the_skeleton_becomes_the_users() {
    let mut world = TestWorld::debian();
    world
        .tree
        .make_dirs("/etc/skel/.config", Ownership::root(0o755))
        .unwrap();
    world
        .tree
        .symlink("/etc/skel/link", "/etc/shadow", Ownership::root(0o777))
        .unwrap();
    let world = world
        .with_file("/etc/skel/.bashrc", "x\n")
        .with_file("/etc/login.defs", "HOME_MODE 0700\n");
    let (world, result) = run_in(world, r#"user::ensure("web")"#);
    result.unwrap();
    for (path, mode) in [
        ("/home/web", 0o700),
        ("/home/web/.config", 0o755),
        ("/home/web/.bashrc", 0o644),
    ] {
        let found = world.tree.metadata(path).unwrap();
        assert_eq!(
            (found.mode, found.uid, found.gid),
            (mode, 1001, 1001),
            "{path}"
        );
    }
    assert_eq!(
        world.tree.symlink_metadata("/home/web/link").unwrap().uid,
        1001
    );
    assert_eq!(world.tree.metadata("/etc/shadow").unwrap().uid, 0);
}

#[test]
fn suse_gives_everybody_the_group_users() {
    let world = TestWorld::debian()
        .with_file("/etc/group", "root:x:0:\nusers:x:100:\n")
        .with_file("/etc/login.defs", "USERGROUPS_ENAB no\n")
        .with_file(
            "/etc/default/useradd",
            "GROUP=100\nSHELL=/bin/bash\nCREATE_MAIL_SPOOL=yes\n",
        );
    let (world, result) = run_in(world, r#"user::ensure("web")"#);
    result.unwrap();
    assert!(
        world
            .text("/etc/passwd")
            .contains("web:x:1001:100::/home/web:/bin/bash\n")
    );
    assert_eq!(world.text("/etc/group"), "root:x:0:\nusers:x:100:\n");
}

#[test]
fn subordinate_numbers_are_given_where_the_volume_has_them() {
    let world = TestWorld::debian().with_file("/etc/subuid", "ops:100000:65536\n");
    let (world, result) = run_in(
        world,
        r#"user::ensure("web"); user::ensure("app", #{ system: true })"#,
    );
    result.unwrap();
    assert_eq!(
        world.text("/etc/subuid"),
        "ops:100000:65536\nweb:165536:65536\n"
    );
    assert!(!world.tree.exists("/etc/subgid").unwrap());
}

#[test]
fn what_cannot_be_is_refused_before_anything_changes() {
    for script in [
        r#"user::ensure("a:b")"#,
        r#"user::ensure("x\nroot::0:0::/:/bin/sh")"#,
        r#"user::ensure("web", #{ comment: "a\nroot2::0:0::/:/bin/sh" })"#,
        r#"user::ensure("web", #{ comment: "a:b" })"#,
        r#"user::ensure("web", #{ home: "/home/a:b" })"#,
        r#"user::ensure("web", #{ shell: "/bin/none" })"#,
        r#"user::ensure("web", #{ uid: 1000 })"#,
        r#"user::ensure("web", #{ uid: -1 })"#,
        r#"user::ensure("ops", #{ uid: 1001 })"#,
        r#"user::ensure("web", #{ group: "nogroup" })"#,
        r#"user::ensure("web", #{ groups: ["nogroup"] })"#,
        r#"user::ensure("web", #{ password: "hunter22" })"#,
        r#"user::ensure("web", #{ pasword: "x" })"#,
        r#"user::ensure("web", #{ expires: "tomorrow" })"#,
        r#"user::ensure("web", #{ locked: false })"#,
        r#"user::ensure("web", #{ authorized_keys: ["ssh-ed25519 x\ny"] })"#,
        r#"user::set_password("nobody", attribute("OpsPassword"))"#,
        r#"user::set_password("ops", "hunter22")"#,
        r#"user::unlock("ops")"#,
        r#"user::lock("nobody")"#,
        r#"user::remove("root")"#,
        r#"user::remove("../etc")"#,
    ] {
        let (world, result) = run_in(TestWorld::debian(), script);
        let error = result.unwrap_err();
        assert_eq!(error.code, Code::P2013, "{script}");
        assert!(!format!("{error:?}").contains("hunter22 "), "{script}");
        for file in ["/etc/passwd", "/etc/shadow", "/etc/group"] {
            assert_eq!(world.text(file), TestWorld::debian().text(file), "{script}");
        }
    }
}

#[test]
fn only_a_home_of_ones_own_is_removed() {
    for (passwd, uid) in [
        (
            "root:x:0:0::/root:/bin/sh\nops:x:1000:1000::/:/bin/sh\n",
            1000,
        ),
        (
            "root:x:0:0::/root:/bin/sh\nops:x:1000:1000::/etc:/bin/sh\n",
            1000,
        ),
        (
            "root:x:0:0::/root:/bin/sh\nops:x:1000:1000::/home/../etc:/bin/sh\n",
            1000,
        ),
        (
            "root:x:0:0::/root:/bin/sh\nops:x:1000:1000::/home:/bin/sh\nb:x:1001:1001::/home/b:\n",
            1000,
        ),
        (
            "root:x:0:0::/root:/bin/sh\nops:x:0:0::/home/ops:/bin/sh\n",
            0,
        ),
        (
            "root:x:0:0::/root:/bin/sh\nops:x:1000:1000::/home/ops:/bin/sh\n",
            1001,
        ),
    ] {
        let mut world = TestWorld::debian().with_file("/etc/passwd", passwd);
        for path in ["/home", "/home/ops"] {
            world
                .tree
                .set_owner(path, uid, uid, LastLink::Keep)
                .unwrap();
        }
        let (world, result) = run_in(world, r#"user::remove("ops", #{ home: true })"#);
        assert_eq!(result.unwrap_err().code, Code::P2013, "{passwd}");
        assert_eq!(world.text("/etc/passwd"), passwd);
        assert!(world.tree.exists("/etc/shadow").unwrap());
    }
}

#[test]
fn the_copies_of_the_files_forget_a_user_too() {
    let world = TestWorld::debian().with_file("/etc/shadow-", "root:*:1\nops:$6$old:1\n");
    let (world, result) = run_in(world, r#"user::remove("ops")"#);
    result.unwrap();
    assert_eq!(world.text("/etc/shadow-"), "root:*:1\n");
    assert!(world.tree.exists("/home/ops").unwrap());
}

#[test]
fn hashes_can_be_given_as_they_are() {
    let hash = format!("$6$saltsalt${}", "a".repeat(86));
    let (world, result) = run_in(
        TestWorld::debian(),
        &format!(
            r#"
        assert(user::set_password("ops", "{hash}"), "first");
        assert(!user::set_password("ops", "{hash}"), "second");
        assert(user::set_password("root", attribute("OpsPassword").crypt("sha512")), "crypt");
    "#
        ),
    );
    result.unwrap();
    assert!(
        world
            .text("/etc/shadow")
            .contains(&format!("ops:{hash}:20454:"))
    );
    assert!(world.text("/etc/shadow").contains("root:$6$"));
}

#[test]
fn a_home_of_another_by_a_link_is_seen() {
    let passwd =
        "root:x:0:0::/root:/bin/sh\nops:x:1000:1000::/data:/bin/sh\nb:x:1001:1001::/people/b:\n";
    let mut world = TestWorld::debian().with_file("/etc/passwd", passwd);
    let new = Ownership::root(0o755);
    world.tree.make_dirs("/data/b", new).unwrap();
    world
        .tree
        .set_owner("/data", 1000, 1000, LastLink::Follow)
        .unwrap();
    world.tree.symlink("/people", "/data", new).unwrap();
    let (world, result) = run_in(world, r#"user::remove("ops", #{ home: true })"#);
    assert_eq!(result.unwrap_err().code, Code::P2013);
    assert!(world.tree.exists("/data/b").unwrap());
}
