//! Networks in the words of scripts, and the files that each stack gets for them.

mod image;

use super::model::Model;
use crate::test_world::{TestWorld, run_in};
use mintage_engine::{Code, PlanWorld};
use mintage_volume::filesystem::{FileKind, Ownership};

const STACKS: [&str; 6] = [
    "ifcfg",
    "networkmanager",
    "netplan",
    "networkd",
    "wicked",
    "ifupdown",
];

/// A script of `tests/fixtures/network`, with its name.
macro_rules! network {
    ($name:literal) => {
        (
            $name,
            include_str!(concat!("../../../tests/fixtures/network/", $name, ".rhai")),
        )
    };
}

/// What every stack must be able to say; its own parser is shown it in `tests/suite`.
const NETWORKS: [(&str, &str); 8] = [
    network!("static"),
    network!("dhcp"),
    network!("families"),
    network!("routes"),
    network!("vlan"),
    network!("lacp"),
    network!("backup"),
    network!("bridge"),
];

/// The small Debian with the packages that ifupdown needs for bonds and bridges.
fn world() -> TestWorld {
    let mut world = TestWorld::debian();
    let folder = "/etc/network/if-pre-up.d";
    world
        .tree
        .make_dirs(folder, Ownership::root(0o755))
        .unwrap();
    for script in ["ifenslave", "bridge"] {
        world = world.with_file(format!("{folder}/{script}"), "#!/bin/sh\n");
    }
    world
}

fn ran(world: TestWorld, script: &str) -> TestWorld {
    let (world, result) = run_in(world, script);
    if let Err(diagnostic) = result {
        panic!("{script}\n{diagnostic:#?}");
    }
    world
}

/// The files that a script wrote, with their modes.
fn written(script: &str) -> String {
    let before = world();
    let world = ran(world(), script);
    let mut text = String::new();
    for path in world.tree.touched().keys() {
        let Ok(found) = world.tree.metadata(path.as_bytes()) else {
            continue;
        };
        if found.kind == FileKind::File && !before.tree.exists(path.as_bytes()).unwrap() {
            let content = world.text(std::str::from_utf8(path.as_bytes()).unwrap());
            text += &format!("--- {path} {:04o}\n{content}", found.mode);
        }
    }
    text
}

fn shown(stack: &str) -> String {
    let networks = NETWORKS.iter().map(|(name, script)| {
        let files = written(&format!("network::renderer(\"{stack}\");\n{script}"));
        format!("=== {name}\n{files}\n")
    });
    networks.collect()
}

#[test]
fn every_stack_gets_every_network() {
    for stack in STACKS {
        insta::assert_snapshot!(stack, shown(stack));
    }
}

#[test]
fn a_second_run_of_the_same_calls_changes_nothing() {
    for stack in STACKS {
        for (name, script) in NETWORKS {
            let script = format!("network::renderer(\"{stack}\");\n{script}");
            let once = ran(world(), &script);
            let files = |world: &TestWorld| {
                let walk = world.tree.walk("/etc", 10_000).unwrap();
                let files = walk
                    .into_iter()
                    .filter(|e| e.metadata.kind == FileKind::File);
                let read = |path: &[u8]| world.tree.read(path, 1 << 20).unwrap();
                let files =
                    files.map(|e| (e.path.to_string(), e.metadata.mode, read(e.path.as_bytes())));
                files.collect::<Vec<_>>()
            };
            let before = files(&once);
            let repeated = script
                .replace("network::", "false == network::")
                .replace(");", ") || fail(\"changed\");");
            let twice = ran(once, &repeated);
            assert_eq!(files(&twice), before, "{stack}: {name}");
            let mut again = twice;
            again.memory().keep(Model::default());
            let again = ran(again, &script);
            assert_eq!(files(&again), before, "{stack}: {name}, by another run");
        }
    }
}

#[test]
fn the_order_of_calls_does_not_matter() {
    let [bridge, vlan, bond] = [
        r#"network::bridge("br0", #{ ports: ["bond0.100"], addresses: "192.0.2.10/24" });"#,
        r#"network::vlan("bond0.100", #{});"#,
        r#"network::bond("bond0", #{ ports: ["left", "52:54:00:00:00:02"], primary: "left" });
           network::interface("52:54:00:00:00:01", #{ name: "left" });"#,
    ];
    for stack in STACKS {
        let renderer = format!("network::renderer(\"{stack}\");");
        let expected = written(&[&renderer, bridge, vlan, bond].concat());
        for order in [
            [bridge, bond, vlan],
            [vlan, bridge, bond],
            [bond, vlan, bridge],
        ] {
            let script = format!("{}{renderer}", order.concat());
            assert_eq!(written(&format!("{renderer}{script}")), expected, "{stack}");
        }
    }
}

#[test]
fn a_nic_attribute_is_an_interface() {
    let nic = r#"let nic = #{ mac: "52:54:00:00:00:01", name: (), mode: "static", dhcp: false,
        address: "192.0.2.10", prefix: 24, cidr: "192.0.2.10/24", netmask: "255.255.255.0",
        network: "192.0.2.0/24", gateway: "192.0.2.1", dns: ["192.0.2.53"], domain: "example.com",
        vlan: () };"#;
    let world = ran(
        world(),
        &format!("{nic} network::renderer(\"networkd\"); network::interface(nic);"),
    );
    insta::assert_snapshot!(world.text("/etc/systemd/network/05-port-525400000001.network"), @r"
    [Match]
    PermanentMACAddress=52:54:00:00:00:01

    [Network]
    DHCP=no
    IPv6AcceptRA=no
    Address=192.0.2.10/24
    Gateway=192.0.2.1
    DNS=192.0.2.53
    Domains=example.com
    ");
    for (change, path, expected) in [
        (
            "nic.mode = \"dhcp\"; nic.dhcp = true; nic.cidr = ();",
            "port-525400000001",
            "DHCP=ipv4",
        ),
        (
            "nic.mode = \"disabled\"; nic.cidr = ();",
            "port-525400000001",
            "DHCP=no",
        ),
        (
            "nic.vlan = 100; nic.name = \"mgmt0\";",
            "mgmt0.100",
            "Address=192.0.2.10/24",
        ),
        (
            "nic.vlan = 100; nic.name = \"mgmt0\";",
            "mgmt0",
            "VLAN=mgmt0.100",
        ),
        ("nic.vlan = 100;", "vlan100", "Address=192.0.2.10/24"),
    ] {
        let script =
            format!("{nic} {change} network::renderer(\"networkd\"); network::interface(nic);");
        let world = ran(self::world(), &script);
        let text = world.text(&format!("/etc/systemd/network/05-{path}.network"));
        assert!(text.contains(expected), "{change}\n{text}");
    }
}

fn refused(script: &str) -> (Code, String) {
    let script = format!("network::renderer(\"networkd\");\n{script}");
    let (_, result) = run_in(world(), &script);
    let error = result.expect_err(&script);
    (error.code, error.message.clone())
}

#[test]
fn what_contradicts_is_refused() {
    for (script, expected) in [
        (
            r#"network::interface("eth0", #{ adresses: "192.0.2.1/24" });"#,
            "unknown key `adresses`, did you mean `addresses`?",
        ),
        (
            r#"network::interface("eth0", #{ addresses: "192.0.2.1/24", dhcp4: true });"#,
            "an interface has IPv4 addresses or takes them from DHCP, not both",
        ),
        (
            r#"network::interface("eth0", #{ gateway: "192.0.2.1" });"#,
            "an IPv4 gateway needs an IPv4 address of the same interface",
        ),
        (
            r#"network::interface("eth0", #{ addresses: "2001:db8::1/64", mtu: 1000 });"#,
            "an MTU of 1000 is too small: it is at least 1280 here",
        ),
        (
            r#"network::vlan("storage", #{ id: 5 });"#,
            "a VLAN needs `parent`: the interface that it is on",
        ),
        (
            r#"network::vlan("eth0.4095", #{});"#,
            "a VLAN needs `id`: its number, from 1 to 4094",
        ),
        (
            r#"network::bond("bond0", #{ ports: [] });"#,
            "a bond needs at least one port",
        ),
        (
            r#"network::bond("bond0", #{ ports: ["eth0"], lacp_rate: "fast" });"#,
            "the option `lacp_rate` of a bond does not go with its mode `active-backup` and its other options",
        ),
        (
            r#"network::bond("bond0", #{ ports: ["eth0"], primary: "eth1" });"#,
            "the primary port `eth1` is no port of `bond0`",
        ),
        (
            r#"network::interface("eth0", #{ dhcp4: true }); network::bond("bond0", #{ ports: ["eth0"] });"#,
            "`eth0` is a port of `bond0` and cannot have addresses or routes",
        ),
        (
            r#"network::bond("bond0", #{ ports: ["eth0"] }); network::bridge("br0", #{ ports: ["eth0"] });"#,
            "`eth0` would be a port of `bond0` and of `br0`",
        ),
        (
            r#"network::bridge("br0", #{ ports: ["br1"] }); network::bridge("br1", #{});"#,
            "`br1` is of no kind that can be a port of `br0`",
        ),
        (
            r#"network::vlan("a.1", #{ parent: "a.1" });"#,
            "`a.1` would be made of itself",
        ),
        (
            r#"network::interface("eth0", #{}); network::interface("52:54:00:00:00:01", #{ name: "eth0" });"#,
            "two interfaces would be named `eth0`",
        ),
    ] {
        assert_eq!(
            refused(script),
            (Code::P2013, expected.to_owned()),
            "{script}"
        );
    }
}

#[test]
fn hostile_values_do_not_come_near_a_file() {
    for value in [
        "eth0\n[Network]",
        "eth0'",
        "eth0\"; reboot",
        "../../passwd",
        "$(id)",
        "eth0: {}",
        "a\0",
        "{{ x }}",
        "192.0.2.1\nup reboot",
        "192.0.2.1/24\n",
        "example.com\nnameserver 6.6.6.6",
        "a=b",
        "#",
        "*",
    ] {
        let value = format!("{value:?}").replace("\\0", "\\x00");
        for call in [
            "network::interface(V, #{})",
            "network::interface(\"eth0\", #{ name: V })",
            "network::interface(\"eth0\", #{ addresses: V })",
            "network::interface(\"eth0\", #{ addresses: \"192.0.2.1/24\", gateway: V })",
            "network::interface(\"eth0\", #{ dhcp4: true, dns: V })",
            "network::interface(\"eth0\", #{ dhcp4: true, search: V })",
            "network::bond(V, #{ ports: \"eth0\" })",
            "network::bond(\"bond0\", #{ ports: V })",
            "network::bond(\"bond0\", #{ ports: \"eth0\", mode: V })",
            "network::vlan(V, #{ parent: \"eth0\", id: 1 })",
            "network::route(\"eth0\", #{ to: V, via: \"192.0.2.1\" })",
            "network::boot_interface(V)",
            "network::remove(V)",
            "network::renderer(V)",
        ] {
            let (code, _) = refused(&format!("{};", call.replace('V', &value)));
            assert_eq!(code, Code::P2013, "{call} {value}");
        }
    }
}

#[test]
fn what_a_stack_cannot_say_is_an_error() {
    for (stack, script, expected) in [
        (
            "ifcfg",
            "network::bridge(\"br0\", #{ stp: true, hello_time: 2 });",
            "hello_time",
        ),
        (
            "ifupdown",
            "network::bond(\"bond0\", #{ ports: [\"eth0\"], mode: 4, min_links: 1 });",
            "min_links",
        ),
    ] {
        let (_, result) = run_in(world(), &format!("network::renderer(\"{stack}\");{script}"));
        let error = result.unwrap_err();
        assert_eq!(error.code, Code::P2013);
        assert!(error.message.contains(expected), "{}", error.message);
    }
    let script =
        "network::renderer(\"ifupdown\"); network::bond(\"bond0\", #{ ports: [\"eth0\"] });";
    let (_, result) = run_in(TestWorld::debian(), script);
    assert!(result.unwrap_err().message.contains("package `ifenslave`"));
}

#[test]
fn a_bond_looks_after_its_ports() {
    for (options, expected) in [
        ("", "MIIMonitorSec=100ms"),
        ("miimon: 50", "MIIMonitorSec=50ms"),
        (
            "arp_interval: 200, arp_targets: \"192.0.2.1\"",
            "ARPIntervalSec=200ms",
        ),
    ] {
        let script = format!(
            "network::renderer(\"networkd\"); network::bond(\"bond0\", #{{ ports: \"eth0\", {options} }});"
        );
        let text = ran(world(), &script).text("/etc/systemd/network/05-bond0.netdev");
        assert!(text.contains(expected), "{text}");
        assert_eq!(text.matches("Sec=").count(), 1, "{text}");
    }
}

#[test]
fn a_failing_call_leaves_what_was_before() {
    let script = r#"
        network::renderer("networkd");
        network::interface("eth0", #{ dhcp4: true });
        try { network::bond("bond0", #{ ports: ["eth0"] }); fail("taken"); } catch (error) {}
        network::interface("eth1", #{});
    "#;
    let world = ran(world(), script);
    assert!(
        world
            .text("/etc/systemd/network/05-eth0.network")
            .contains("DHCP=ipv4")
    );
    assert!(
        !world
            .tree
            .exists("/etc/systemd/network/05-bond0.netdev")
            .unwrap()
    );
}

#[test]
fn the_layouts_of_distributions_have_their_stacks() {
    for (layout, expected) in [
        ("debian-12", "ifupdown"),
        ("rhel-9", "networkmanager"),
        ("sles-15", "wicked"),
        ("ubuntu-24.04", "netplan"),
    ] {
        let script = format!("assert(os::network_stack() == \"{expected}\", os::network_stack());");
        let world = ran(TestWorld::layout(layout), &script);
        ran(
            world,
            "network::interface(attribute(\"ManagementNIC\")); network::clear();",
        );
    }
}
