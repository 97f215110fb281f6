//! The functions of `file` over a small tree.

use super::*;
use crate::test_world::{TIME, TestWorld, run, run_in};
use mintage_engine::Code;

/// The code that a script fails with, in a volume with odd things in it.
fn code(source: &str) -> Option<Code> {
    let (_, result) = run_in(odd(), source);
    result.err().map(|diagnostic| diagnostic.code)
}

fn odd() -> TestWorld {
    let mut world = TestWorld::debian()
        .with_file("/srv/latin1", b"caf\xe9\n")
        .with_file(b"/srv/caf\xe9".as_slice(), b"x")
        .with_file("/etc/large", vec![b'x'; 5 * 1024 * 1024])
        .with_file("/etc/open.ini", "[open\n");
    let owner = mintage_volume::filesystem::Ownership::root(0o777);
    for (path, target) in [
        ("/etc/loop", "loop"),
        ("/etc/outside", "/../../../../etc/hostname"),
        ("/etc/nowhere", "/nowhere"),
        ("/etc/back", "."),
    ] {
        world.tree.symlink(path, target, owner).unwrap();
    }
    world
}

#[test]
fn what_cannot_be_has_its_code() {
    for (source, expected) in [
        (r#"file::read("/etc/none")"#, Code::P3001),
        (r#"file::read("etc/hosts")"#, Code::P3008),
        (r#"file::read("/etc/a\x00b")"#, Code::P3008),
        (r#"file::read("/etc")"#, Code::P3004),
        (r#"file::read("/etc/loop")"#, Code::P3007),
        (r#"file::read("/etc/hosts/x")"#, Code::P3003),
        (r#"file::read("/etc/large")"#, Code::P2003),
        (r#"file::read("/srv/latin1")"#, Code::P2016),
        (r#"file::read_bytes("/etc/large")"#, Code::P2003),
        (r#"file::write("/none/x", "")"#, Code::P3001),
        (r#"file::write("/etc", "")"#, Code::P3004),
        (r#"file::write("/etc/x", 7)"#, Code::P2006),
        (r#"file::write("/etc/x", "", #{ mdoe: 0 })"#, Code::P2013),
        (
            r#"file::write("/etc/x", "", #{ mode: 0o17777 })"#,
            Code::P2013,
        ),
        (
            r#"file::write("/etc/x", "", #{ owner: "nobody-here" })"#,
            Code::P2013,
        ),
        (r#"file::write("/etc/x", "", #{ owner: -1 })"#, Code::P2013),
        (r#"file::write("/etc/x", "", #{ group: [] })"#, Code::P2006),
        (r#"file::ensure_line("/etc/large", "x")"#, Code::P2003),
        (r#"file::ensure_line("/etc/hosts", "a\nb")"#, Code::P2013),
        (
            r#"file::ensure_line("/etc/hosts", "a", #{ replacing: "[" })"#,
            Code::P2013,
        ),
        (
            r#"file::ensure_line("/etc/x", "a", #{ create: false })"#,
            Code::P3001,
        ),
        (r#"file::replace("/etc/hosts", "", "x")"#, Code::P2013),
        (
            r#"file::ensure_block("/etc/hosts", "a\nb", "")"#,
            Code::P2013,
        ),
        (r#"file::remove("/etc")"#, Code::P3006),
        (r#"file::remove_all("/")"#, Code::P3010),
        (r#"file::copy("/etc/none", "/etc/x")"#, Code::P3001),
        (r#"file::copy("/etc/hosts", "/srv")"#, Code::P3002),
        (r#"file::move("/etc", "/etc/x")"#, Code::P3009),
        (r#"file::symlink("/etc/hosts", "x")"#, Code::P3002),
        (r#"file::symlink("/etc/x", "")"#, Code::P2013),
        (r#"file::read_link("/etc/hosts")"#, Code::P3009),
        (r#"file::make_dir("/etc/hosts")"#, Code::P3003),
        (r#"file::make_dir("/etc/hosts/x")"#, Code::P3003),
        (r#"file::list("/srv")"#, Code::P2016),
        (r#"file::walk("/srv")"#, Code::P2016),
        (r#"file::glob("/srv/*")"#, Code::P2016),
        (r#"file::glob("etc/*")"#, Code::P2013),
        (r#"file::glob("/etc/../*")"#, Code::P2013),
        (r#"file::xattr("/etc/hosts", "user.x")"#, Code::P3001),
        (
            r#"file::set_xattr("/etc/hosts", "user.x", attribute("OpsPassword"))"#,
            Code::P2013,
        ),
        (r#"file::set_mode("/etc/hosts", "u+x")"#, Code::P2013),
        (r#"file::mode("/etc/nowhere")"#, Code::P3001),
    ] {
        assert_eq!(code(source), Some(expected), "{source}");
    }
}

#[test]
fn hostile_links_stay_in_the_volume() {
    let source = r#"
        assert(file::read("/etc/outside") == "golden\n", "resolved inside");
        assert(!file::exists("/etc/nowhere") && file::is_link("/etc/nowhere"), "dangling");
        assert(!file::exists("/etc/hosts/x"), "through a file");
        file::write("/etc/outside", "web01\n");
        assert(file::remove("/etc/nowhere") && file::remove("/etc/loop"), "links go themselves");
    "#;
    let (world, result) = run_in(odd(), source);
    result.unwrap();
    assert_eq!(world.text("/etc/hostname"), "web01\n");
}

#[test]
fn globs_find_what_a_shell_finds() {
    let paths = |pattern: &str| -> Vec<String> {
        let mut world = odd();
        let owner = mintage_volume::filesystem::Ownership::root(0o644);
        world.tree.write("/etc/.hidden", b"", owner).unwrap();
        let found = glob::paths(&world.tree, pattern, 1000).unwrap();
        found
            .into_iter()
            .map(|path| String::from_utf8(path).unwrap())
            .collect()
    };
    for (pattern, expected) in [
        ("/", &["/"][..]),
        ("/etc/host*", &["/etc/hostname", "/etc/hosts"]),
        ("/etc/.h*", &["/etc/.hidden"]),
        ("/*/hostname", &["/etc/hostname"]),
        ("/etc/hosts/*", &[]),
        ("/bin/pi?g", &["/bin/ping"]),
        ("/etc/back/hostname", &["/etc/back/hostname"]),
        (
            "/**/apt/*.log",
            &["/var/log/apt/history.log", "/var/log/apt/term.log"],
        ),
        (
            "/var/**",
            &[
                "/var",
                "/var/log",
                "/var/log/apt",
                "/var/log/apt/history.log",
                "/var/log/apt/term.log",
            ],
        ),
        ("/etc/nowhere", &["/etc/nowhere"]),
        ("/etc/loop/*", &[]),
    ] {
        assert_eq!(paths(pattern), expected, "{pattern}");
    }
}

#[test]
fn searches_are_bounded() {
    let world = odd();
    for pattern in [
        "/**/**/**/**/**/**/**/**/**/**/**/**",
        "/etc/back/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*/*",
    ] {
        match glob::paths(&world.tree, pattern, 100_000) {
            Ok(paths) => assert!(paths.len() < 1000, "{pattern}"),
            Err(error) => assert_eq!(error.code, Code::P2003, "{pattern}"),
        }
    }
    assert_eq!(
        glob::paths(&world.tree, "/**", 5).unwrap_err().code,
        Code::P2003
    );
}

#[test]
fn what_is_so_already_is_not_written_again() {
    let world = run(r#"
        let first = [
            file::write("/etc/a", "x", #{ mode: 0o600, owner: "ops" }),
            file::make_dir("/srv/a/b", #{ mode: 0o700 }),
            file::symlink("/etc/l", "a"),
            file::set_owner("/etc/motd", "ops", "ops"),
            file::ensure_block("/etc/a", "b", "y"),
        ];
        let second = [
            file::write("/etc/motd", file::read("/etc/motd")),
            file::make_dir("/srv/a/b", #{ mode: 0o700 }),
            file::symlink("/etc/l", "a"),
            file::set_owner("/etc/motd", 1000, 1000),
            file::ensure_block("/etc/a", "b", "y"),
        ];
        assert(first == [true, true, true, true, true], "first");
        assert(second == [false, false, false, false, false], "second");
    "#);
    let found = world.tree.metadata("/etc/a").unwrap();
    assert_eq!((found.mode, found.uid, found.gid), (0o600, 1000, 0));
    assert_eq!(world.tree.metadata("/srv/a").unwrap().mode, 0o755);
}

#[test]
fn secrets_in_files_are_marked_and_for_their_owner_only() {
    let world = run(r#"
        file::write("/etc/secret", attribute("OpsPassword"));
        file::append("/etc/motd", attribute("OpsPassword"));
        file::render("/etc/rendered", "motd.j2", #{ rack: attribute("OpsPassword") });
    "#);
    for (path, mode) in [
        ("/etc/secret", 0o600),
        ("/etc/motd", 0o644),
        ("/etc/rendered", 0o600),
    ] {
        let key = mintage_volume::path::VolumePath::parse(path).unwrap();
        assert_eq!(world.tree.touched().get(&key), Some(&true), "{path}");
        assert_eq!(world.tree.metadata(path).unwrap().mode, mode, "{path}");
    }
}

#[test]
fn times_come_from_the_run() {
    let world = run(r#"file::touch("/etc/hosts"); file::touch("/etc/new")"#);
    for path in ["/etc/hosts", "/etc/new"] {
        assert_eq!(world.tree.metadata(path).unwrap().modified, TIME, "{path}");
    }
}
