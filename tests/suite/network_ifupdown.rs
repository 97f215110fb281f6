//! ifupdown reads the stanzas through its own main file, and would run what is meant.

use crate::network::{guest, scripts};
use mintage_test_support::environment::{run, succeed};
use mintage_test_support::{Environment, Need, lane};
use std::path::Path;
use std::process::Command;

const NEEDS: [Need; 3] = [
    Need::Root,
    Need::Program("unshare"),
    Need::Program("ifquery"),
];

/// A command that sees the volume's `/etc/network` as its own.
fn inside(environment: &Environment, root: &Path, command: &str) -> Command {
    let mut unshare = environment.program("unshare");
    let network = root.join("etc/network");
    let script = format!(
        "mount --bind '{}' /etc/network && {command}",
        network.display()
    );
    unshare.args(["--mount", "--propagation", "private", "sh", "-c", &script]);
    unshare
}

#[test]
fn ifupdown_knows_every_interface() {
    if !lane::can_run("ifupdown", &NEEDS) {
        return;
    }
    for (name, script) in scripts() {
        let environment = Environment::new();
        let guest = guest("debian-12", "ifupdown", &script);
        let root = guest.export(environment.path("root"));
        let file = guest.read("/etc/network/interfaces.d/mintage");
        let mut declared: Vec<&str> = file
            .lines()
            .filter_map(|line| line.strip_prefix("auto "))
            .collect();
        declared.push("lo");
        declared.sort_unstable();
        let list = succeed(&mut inside(
            &environment,
            &root,
            "ifquery --list --allow auto",
        ));
        let mut list: Vec<&str> = list.lines().collect();
        list.sort_unstable();
        assert_eq!(list, declared, "{name}");
        let output = run(&mut inside(
            &environment,
            &root,
            "ifup --no-act --verbose --force --all",
        ));
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {said}");
        // What it does not understand it names with file and line.
        assert!(!said.contains("interfaces.d/mintage:"), "{name}: {said}");
    }
}

#[test]
fn ifupdown_would_run_what_is_meant() {
    if !lane::can_run("ifupdown, commands", &NEEDS) {
        return;
    }
    let commands = |name: &str| {
        let environment = Environment::new();
        let (_, script) = scripts()
            .into_iter()
            .find(|(found, _)| found == name)
            .unwrap();
        let root = guest("debian-12", "ifupdown", &script).export(environment.path("root"));
        let output = run(&mut inside(
            &environment,
            &root,
            "ifup --no-act --verbose --force --all",
        ));
        format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        )
    };
    for (name, expected) in [
        ("static", "addr add 192.0.2.10/255.255.255.0"),
        ("static", "addr add 198.51.100.10/255.255.255.128"),
        ("static", "route add default via 192.0.2.1"),
        ("families", "addr add 2001:db8::10/64"),
        ("families", "net.ipv6.conf.eth0.accept_ra=0"),
        (
            "routes",
            "ip route replace 10.0.0.0/8 via 192.0.2.254 metric 100 dev $IFACE",
        ),
        ("routes", "ip link set dev eth0 mtu 9000"),
    ] {
        let said = commands(name);
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    let environment = Environment::new();
    let (_, lacp) = scripts()
        .into_iter()
        .find(|(name, _)| name == "lacp")
        .unwrap();
    let root = guest("debian-12", "ifupdown", &lacp).export(environment.path("root"));
    let bond = succeed(&mut inside(&environment, &root, "ifquery bond0"));
    for line in [
        "bond-mode: 802.3ad",
        "bond-lacp-rate: fast",
        "address: 192.0.2.10",
        "netmask: 255.255.255.0",
    ] {
        assert!(bond.contains(line), "{line}\n{bond}");
    }
}

#[test]
fn ifupdown_would_complain() {
    if !lane::can_run("ifupdown, a wrong file", &NEEDS) {
        return;
    }
    let environment = Environment::new();
    let guest = guest(
        "debian-12",
        "ifupdown",
        "network::interface(\"eth0\", #{ dhcp4: true });",
    );
    let path = "/etc/network/interfaces.d/mintage";
    let broken = guest.read(path).replace("inet dhcp", "inet dhcp6");
    let root = guest
        .with_file(path, broken)
        .export(environment.path("root"));
    let output = run(&mut inside(
        &environment,
        &root,
        "ifup --no-act --verbose --force --all",
    ));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("interfaces.d/mintage:"), "{said}");
}
