//! Rules, their files, and what is refused.

use super::*;
use crate::test_world::{TestWorld, run_in};

/// Rules that sudo takes.
pub(super) const GOOD: &[&str] = &[
    "ops ALL=(ALL:ALL) NOPASSWD: ALL",
    "ops ALL=(ALL) ALL",
    "ops ALL = ALL",
    "%wheel ALL=(ALL:ALL) ALL",
    "%domain\\ admins ALL=(ALL) ALL",
    "ops, dev web01,web02=(root) NOPASSWD: /usr/bin/systemctl restart nginx, /usr/bin/journalctl",
    "ops ALL=(www-data) NOPASSWD:SETENV: /usr/bin/php /srv/app/run *",
    "ops ALL=(:adm) /usr/bin/tail",
    "ops ALL=NOEXEC: /usr/bin/less, !/usr/bin/vi",
    "ops ALL=sudoedit /etc/motd",
    "#1000 ALL=(ALL) ALL",
    "ops 192.0.2.0/24=(root) /usr/bin/id",
    "ops ALL=RESTART",
    "Cmnd_Alias RESTART = /usr/bin/systemctl restart nginx, /usr/bin/systemctl restart ssh",
    "User_Alias ADMINS = ops, dev",
    "Defaults !lecture",
    "Defaults:ops !requiretty",
    "Defaults env_keep += \"LANG LC_ALL\"",
    "Defaults secure_path=\"/usr/sbin:/usr/bin\"",
];

/// Lines that sudo does not take, or that would do more than one line says.
pub(super) const BAD: &[&str] = &[
    "",
    "   ",
    "# comment",
    "@include /tmp/x",
    "#includedir /tmp",
    "ops",
    "ops ALL",
    "ops ALL=",
    "ops=ALL",
    "ops ALL=(ALL ALL",
    "ops ALL=(ALL) NOPASWD: ALL",
    "ops ALL=(ALL) systemctl",
    "ops ALL=(ALL) ALL,",
    "ops ALL=(ALL) , ALL",
    "ops ALL=(ALL) ALL\nroot ALL=(ALL) NOPASSWD: ALL",
    "ops ALL=(ALL) ALL \\",
    "ops ALL=(ALL) /usr/bin/x \"a",
    "Cmnd_Alias restart = /usr/bin/x",
    "Cmnd_Alias RESTART",
    "Cmnd_Alias RESTART =",
    "Defaults",
    "Defaultsx y",
    "ops ALL=(ALL) ALL\0",
];

fn with_sudo() -> TestWorld {
    TestWorld::debian().with_file(
        "/etc/sudoers",
        "root ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n",
    )
}

#[test]
fn rules_are_written_once() {
    let (world, result) = run_in(
        with_sudo(),
        r#"
        assert(sudo::ensure("ops", "ops ALL=(ALL) NOPASSWD: ALL"), "first");
        assert(!sudo::ensure("ops", "ops ALL=(ALL) NOPASSWD: ALL"), "second");
        assert(sudo::ensure("dev", ["Defaults:dev !requiretty", "dev ALL=(ALL) ALL"]), "array");
        assert(sudo::ensure("gone", "dev ALL=(ALL) ALL") && sudo::remove("gone") && !sudo::remove("gone"), "removed");
        "#,
    );
    result.unwrap();
    assert_eq!(
        world.text("/etc/sudoers.d/ops"),
        "ops ALL=(ALL) NOPASSWD: ALL\n"
    );
    assert_eq!(
        world.text("/etc/sudoers.d/dev"),
        "Defaults:dev !requiretty\ndev ALL=(ALL) ALL\n"
    );
    assert_eq!(
        world.tree.metadata("/etc/sudoers.d/ops").unwrap().mode,
        0o440
    );
    assert!(!world.tree.exists("/etc/sudoers.d/gone").unwrap());
}

#[test]
fn names_that_sudo_skips_and_broken_rules_are_refused() {
    let rule = "ops ALL=(ALL) ALL";
    for name in ["", "ops.conf", "ops~", "../ops", "a/b", "..", "a b", "a\n"] {
        let error = ensure(&mut with_sudo().tree, name, &rule.into()).unwrap_err();
        assert_eq!(error.code, Code::P2013, "{name}");
        assert_eq!(
            remove(&mut with_sudo().tree, name).unwrap_err().code,
            Code::P2013
        );
    }
    for rule in BAD {
        let mut tree = with_sudo().tree;
        let error = ensure(&mut tree, "ops", &(*rule).into()).unwrap_err();
        assert_eq!(error.code, Code::P2013, "{rule}");
        assert!(!tree.exists(DIRECTORY).unwrap());
    }
    let none = ensure(&mut with_sudo().tree, "ops", &rhai::Array::new().into()).unwrap_err();
    assert_eq!(none.code, Code::P2013);
}

#[test]
fn a_directory_that_sudo_does_not_read_is_no_place_for_rules() {
    let rule: Dynamic = "ops ALL=(ALL) ALL".into();
    let mut without = TestWorld::debian().tree;
    assert_eq!(
        ensure(&mut without, "ops", &rule).unwrap_err().code,
        Code::P3001
    );
    let mut alone = TestWorld::debian()
        .with_file("/etc/sudoers", "root ALL=(ALL) ALL\n")
        .tree;
    assert_eq!(
        ensure(&mut alone, "ops", &rule).unwrap_err().code,
        Code::P2016
    );
    let old = "root ALL=(ALL) ALL\n#includedir /etc/sudoers.d\n";
    let mut old = TestWorld::debian().with_file("/etc/sudoers", old).tree;
    assert!(ensure(&mut old, "ops", &rule).unwrap());
}
