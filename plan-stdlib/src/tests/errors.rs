//! How the library's errors read, each provoked by a script.

use crate::test_world::{TIME, TestWorld, run_in};
use mintage_engine::diagnostic::Style;
use mintage_volume::filesystem::{FileKind, Memory, Ownership};
use mintage_volume::path::VolumePath;
use mintage_volume::tree::Mount;

/// The scripts, each with the name of its snapshot: the code, and what makes it where there are
/// several.
const SCRIPTS: [(&str, &str); 39] = [
    ("P2003_string", r#"file::read("/var/large");"#),
    ("P2003_edit", r#"file::ensure_line("/var/huge", "x");"#),
    (
        "P2003_walk",
        "for n in 0..4200 { file::touch(`/tmp/${n}`); }\nfile::walk(\"/tmp\");",
    ),
    ("P2006_content", r#"file::write("/etc/motd", 42);"#),
    (
        "P2008_key",
        r#"ini::get("/etc/systemd/timesyncd.conf", "Time", "Server");"#,
    ),
    ("P2008_label", r#"profile::label("row");"#),
    (
        "P2010_fail",
        r#"fail("this image has no network stack that I know");"#,
    ),
    (
        "P2010_assert",
        r#"assert(os::id() == "fedora", "this plan is for Fedora");"#,
    ),
    (
        "P2013_option",
        r#"file::write("/etc/motd", "x", #{ modes: 0o600 });"#,
    ),
    ("P2013_mode", r#"file::set_mode("/etc/motd", 0o77777);"#),
    (
        "P2013_owner",
        r#"file::set_owner("/etc/motd", "www-data");"#,
    ),
    (
        "P2013_host_name",
        "hostname::set(\"web01\\n127.0.0.1 bank.example\");",
    ),
    (
        "P2013_address",
        r#"hosts::ensure("192.0.2.1/24", "gateway");"#,
    ),
    ("P2013_line", "file::ensure_line(\"/etc/motd\", \"a\\nb\");"),
    ("P2013_pattern", r#"file::glob("/etc/[a-");"#),
    ("P2014_missing", r#"template::render("none.j2", #{});"#),
    (
        "P2014_undefined",
        r#"file::render("/etc/motd", "motd.j2", #{ rak: "r12" });"#,
    ),
    (
        "P2014_secret",
        r#"template::render("number.j2", #{ n: attribute("OpsPassword") });"#,
    ),
    ("P2015", r#"template::render("bomb.j2", #{});"#),
    ("P2016_encoding", r#"file::read("/var/latin1");"#),
    ("P2016_ini", r#"ini::set("/var/open.ini", "a", "b", "c");"#),
    (
        "P2016_shell",
        r#"shell_vars::get("/etc/default/grub", "GRUB_DISTRIBUTOR");"#,
    ),
    ("P2016_block", r#"file::remove_block("/var/half", "ops");"#),
    ("P3001_file", r#"file::read("/etc/netplan/50-mgmt.yaml");"#),
    (
        "P3001_dangling",
        r#"file::write("/etc/netplan/50-mgmt.yaml", "x");"#,
    ),
    ("P3002", r#"file::symlink("/etc/motd", "/run/motd");"#),
    ("P3003", r#"file::list("/etc/motd");"#),
    ("P3005", r#"file::read("/run/pipe");"#),
    ("P3004", r#"file::write("/etc/ssh", "x");"#),
    ("P3006", r#"file::remove("/etc/ssh");"#),
    ("P3007", r#"file::read("/etc/loop");"#),
    ("P3009", r#"file::read_link("/etc/motd");"#),
    (
        "P3010",
        r#"file::hard_link("/etc/motd", "/mnt/small/motd");"#,
    ),
    ("P3011", r#"file::copy("/var/large", "/mnt/small/large");"#),
    ("P3012", r#"file::write("/mnt/fixed/motd", "x");"#),
    (
        "P3014",
        r#"loop { file::append("/etc/motd", file::read("/var/nearly")); }"#,
    ),
    ("P3008", r#"file::read("etc/motd");"#),
    ("P4001", r#"hostname::set(attribute("Hostname"));"#),
    (
        "P4005",
        r#"log::info(["the password is", attribute("OpsPassword")]);"#,
    ),
];

fn world() -> TestWorld {
    let mut world = TestWorld::debian()
        .with_template(
            "bomb.j2",
            "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ 'x' * 10 ** 9 }}",
        )
        .with_template("number.j2", "one\n{{ n | int }}\n")
        .with_file("/var/half", "# BEGIN ops\n")
        .with_file("/var/huge", vec![b'x'; 5 << 20])
        .with_file("/var/large", vec![b'x'; 2 << 20])
        .with_file("/var/latin1", b"caf\xe9")
        .with_file("/var/nearly", vec![b'x'; 1 << 20])
        .with_file("/var/open.ini", "[a]\n[open\n");
    let tree = &mut world.tree;
    tree.symlink("/etc/loop", "loop", Ownership::root(0o777))
        .unwrap();
    tree.make_node("/run/pipe", FileKind::Fifo, (0, 0), Ownership::root(0o600))
        .unwrap();
    for (point, capacity, read_only) in [("/mnt/small", 4096, false), ("/mnt/fixed", 1 << 20, true)]
    {
        tree.make_dirs(point, Ownership::root(0o755)).unwrap();
        let mounted = tree.mount(Mount {
            point: VolumePath::parse(point).unwrap(),
            filesystem: Box::new(Memory::with_capacity(TIME, capacity)),
            read_only,
            source: "a test".to_owned(),
        });
        mounted.unwrap();
    }
    tree.symlink("/etc/netplan", "/run/netplan", Ownership::root(0o777))
        .unwrap();
    tree.set_write_budget(32 << 20);
    world
}

#[test]
fn errors_read_well() {
    for (name, source) in SCRIPTS {
        let (_, result) = run_in(world(), source);
        let diagnostic = result.expect_err(name);
        assert!(
            name.starts_with(diagnostic.code.as_str()),
            "{name}: {diagnostic:?}"
        );
        insta::assert_snapshot!(name, diagnostic.render(Style::Plain));
    }
}

#[test]
fn scripts_can_catch_them_by_code() {
    let source = r#"
        let codes = [];
        try { file::read("/etc/none") } catch (error) { codes.push(error.code) }
        try { file::set_mode("/etc/motd", -1) } catch (error) { codes.push(error.code) }
        try { template::render("none.j2", #{}) } catch (error) { codes.push(error.code) }
        assert(codes == ["P3001", "P2013", "P2014"], "the codes");
    "#;
    run_in(TestWorld::debian(), source).1.unwrap();
}

#[test]
fn a_logged_secret_cannot_be_caught() {
    let source =
        r#"try { log::info(attribute("OpsPassword")) } catch (error) { log::info("caught") }"#;
    let (world, result) = run_in(TestWorld::debian(), source);
    assert_eq!(result.unwrap_err().code.as_str(), "P4005");
    assert!(world.lines.is_empty());
}

#[test]
fn a_secret_in_a_file_is_not_read_back_but_the_file_can_be_edited() {
    for reading in [
        r#"file::read("/etc/secret")"#,
        r#"file::read_bytes("/etc/secret")"#,
        r#"file::checksum("/etc/secret")"#,
        r#"ini::get("/etc/secret", "", "key")"#,
        r#"shell_vars::get("/etc/secret", "KEY")"#,
        r#"file::copy("/etc/secret", "/srv/copy"); file::read("/srv/copy")"#,
        r#"file::symlink("/srv/link", "/etc/secret"); file::read("/srv/link")"#,
    ] {
        let source = format!(
            r#"file::write("/etc/secret", attribute("OpsPassword"));
               file::ensure_line("/etc/secret", "KEY=value");
               try {{ {reading} }} catch (error) {{ log::info("caught") }}"#
        );
        let (world, result) = run_in(TestWorld::debian(), &source);
        assert_eq!(result.unwrap_err().code.as_str(), "P4005", "{reading}");
        assert!(world.lines.is_empty(), "{reading}");
    }
}
