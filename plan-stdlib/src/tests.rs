//! The library as scripts see it: documented, its examples run, its errors readable.

mod catalogue;
mod coverage;
mod errors;
mod layouts;

use crate::test_world::{TestWorld, run, run_in};
use mintage_volume::path::VolumePath;

#[test]
fn a_personalization_in_the_words_of_a_plan() {
    let world = run(r#"
        let nic = attribute("ManagementNIC");
        hostname::set(attribute("HostName"));
        hosts::ensure("192.0.2.1", ["gateway.example.com", "gateway"]);
        file::write("/etc/ops.secret", attribute("OpsPassword"));
        file::ensure_line("/etc/ssh/sshd_config", "PermitRootLogin no", #{
            replacing: "*PermitRootLogin *",
        });
        file::render("/etc/motd", "motd.j2", #{ rack: profile::label("rack") });
        ini::set("/etc/systemd/timesyncd.conf", "Time", "NTP", "192.0.2.1");
        shell_vars::set("/etc/default/grub", "GRUB_CMDLINE_LINUX_DEFAULT", "quiet panic=30");
        if os::family() == "debian" {
            log::info(`${profile::name()} has ${nic.cidr}`);
        }
    "#);
    insta::assert_snapshot!(world.text("/etc/hosts"), @r"
    127.0.0.1	localhost
    127.0.1.1	web01.example.com web01
    192.0.2.1	gateway.example.com gateway

    # IPv6
    ::1	localhost ip6-localhost ip6-loopback
    ");
    insta::assert_snapshot!(world.text("/etc/default/grub"), @r#"
    GRUB_DEFAULT=0
    GRUB_TIMEOUT=5
    GRUB_DISTRIBUTOR=`lsb_release -i -s`
    GRUB_CMDLINE_LINUX_DEFAULT="quiet panic=30"
    "#);
    assert_eq!(world.text("/etc/motd"), "Rack r12\n");
    assert_eq!(world.lines[0].text, "web01 has 192.0.2.10/24");
    let secret = VolumePath::parse("/etc/ops.secret").unwrap();
    assert_eq!(world.tree.touched().get(&secret), Some(&true));
}

#[test]
fn edits_keep_line_endings_and_bytes_of_any_encoding() {
    let world = TestWorld::debian().with_file("/etc/dos.conf", b"a=caf\xe9\r\nb=2");
    let (world, result) = run_in(world, r#"file::ensure_line("/etc/dos.conf", "c=3")"#);
    result.unwrap();
    let content = world.tree.read("/etc/dos.conf", 100).unwrap();
    assert_eq!(content, b"a=caf\xe9\r\nb=2\r\nc=3");
}
