//! The library as scripts see it.

use crate::test_world::{TestWorld, run, run_in};

#[test]
fn a_personalization_in_the_words_of_a_plan() {
    let world = run(r#"
        let password = attribute("OpsPassword");
        file::write("/etc/ops.secret", password);
        file::ensure_line("/etc/ssh/sshd_config", "PermitRootLogin no", #{ replacing: "*PermitRootLogin *" });
        file::render("/etc/motd", "motd.j2", #{ rack: profile::label("rack") });
        log::info("done");
    "#);
    assert_eq!(world.text("/etc/motd"), "Rack r12\n");
    assert_eq!(world.text("/etc/ops.secret"), "correct horse");
    let secret = mintage_volume::path::VolumePath::parse("/etc/ops.secret").unwrap();
    assert_eq!(world.tree.touched().get(&secret), Some(&true));
    assert_eq!(world.lines.len(), 1);
}

#[test]
fn edits_keep_line_endings_and_bytes_of_any_encoding() {
    let world = TestWorld::debian().with_file("/etc/dos.conf", b"a=caf\xe9\r\nb=2");
    let (world, result) = run_in(world, r#"file::ensure_line("/etc/dos.conf", "c=3")"#);
    result.unwrap();
    assert_eq!(
        world.tree.read("/etc/dos.conf", 100).unwrap(),
        b"a=caf\xe9\r\nb=2\r\nc=3"
    );
}
