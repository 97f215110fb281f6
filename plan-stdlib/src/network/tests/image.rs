//! What the image brings: the port of the boot volume, which stays, and its own interfaces, which
//! can go.

use super::{STACKS, ran, refused, world, written};
use crate::test_world::run_in;
use mintage_engine::{Code, Value};
use mintage_volume::filesystem::Ownership;

#[test]
fn the_port_of_the_boot_volume_is_left_alone() {
    let boot = "network::boot_interface(\"52:54:00:00:00:09\", \"eth9\");";
    let mut shown = String::new();
    for stack in STACKS {
        let files = written(&format!("network::renderer(\"{stack}\"); {boot}"));
        shown += &format!("=== {stack}\n{files}\n");
    }
    insta::assert_snapshot!("boot", shown);
    for script in [
        "network::interface(\"52:54:00:00:00:09\", #{ name: \"san0\" });",
        "network::interface(\"52:54:00:00:00:09\", #{});",
        "network::interface(\"eth9\", #{ dhcp4: true });",
        "network::bond(\"bond0\", #{ ports: [\"52:54:00:00:00:09\"] });",
        "network::bridge(\"br0\", #{ ports: [\"eth9\"] });",
        "network::route(\"eth9\", #{ to: \"10.0.0.0/8\" });",
        "network::remove(\"eth9\");",
        "network::vlan(\"eth9.5\", #{});",
    ] {
        for order in [
            format!("{boot}{script}"),
            format!("network::dns(#{{}});{boot}{script}"),
        ] {
            assert_eq!(refused(&order).0, Code::P2013, "{order}");
        }
    }
    // The other way round, it is the boot port that comes too late.
    let late = format!("network::interface(\"eth9\", #{{ dhcp4: true }}); {boot}");
    assert_eq!(refused(&late).0, Code::P2013);
}

#[test]
fn the_profile_names_the_ports_of_the_boot_volume() {
    let mac = Value::Text("52:54:00:00:00:01".to_owned());
    let world = world().with_profile("bootMacs", Value::List(vec![mac]));
    let script =
        "network::renderer(\"networkd\"); network::interface(attribute(\"ManagementNIC\"));";
    let (_, result) = run_in(world, script);
    let error = result.unwrap_err();
    assert_eq!(
        error.message,
        "`52:54:00:00:00:01` would change a port that carries the boot volume"
    );
}

#[test]
fn the_image_loses_its_own_interfaces_and_nothing_else() {
    for (stack, gone, kept) in [
        (
            "networkd",
            "/etc/systemd/network/20-dhcp.network",
            "/etc/systemd/network/README",
        ),
        (
            "networkmanager",
            "/etc/NetworkManager/system-connections/eth0.nmconnection",
            "/etc/NetworkManager/system-connections/lo.nmconnection",
        ),
        (
            "netplan",
            "/etc/netplan/50-cloud-init.yaml",
            "/etc/netplan/README",
        ),
        (
            "wicked",
            "/etc/sysconfig/network/ifcfg-eth0",
            "/etc/sysconfig/network/config",
        ),
        (
            "wicked",
            "/etc/sysconfig/network/ifroute-eth0",
            "/etc/sysconfig/network/ifcfg-lo",
        ),
        (
            "ifcfg",
            "/etc/sysconfig/network-scripts/route-eth0",
            "/etc/sysconfig/network-scripts/ifcfg-lo",
        ),
        (
            "ifupdown",
            "/etc/network/interfaces.d/eth0",
            "/etc/network/interfaces",
        ),
    ] {
        let mut world = world();
        for path in [gone, kept] {
            let (folder, _) = path.rsplit_once('/').unwrap();
            world
                .tree
                .make_dirs(folder, Ownership::root(0o755))
                .unwrap();
            let content = if path.contains("lo.nm") {
                "[connection]\ninterface-name=lo\n"
            } else {
                "x=1\n"
            };
            world = world.with_file(path, content);
        }
        let script = format!(
            "network::renderer(\"{stack}\"); network::interface(\"eth7\", #{{ dhcp4: true }}); \
             if !network::clear() {{ fail(\"nothing\"); }} if network::clear() {{ fail(\"again\"); }}"
        );
        let world = ran(world, &script);
        assert!(!world.tree.exists(gone).unwrap(), "{gone}");
        assert!(world.tree.exists(kept).unwrap(), "{kept}");
        let own = world.tree.touched().keys().any(|path| {
            world
                .tree
                .read(path.as_bytes(), 1 << 20)
                .is_ok_and(|c| String::from_utf8_lossy(&c).contains("eth7"))
        });
        assert!(own, "{stack} lost what the script declared");
    }
}

#[test]
fn files_that_speak_of_the_boot_port_stay() {
    let path = "/etc/NetworkManager/system-connections/san.nmconnection";
    let mut world = world();
    world
        .tree
        .make_dirs(
            "/etc/NetworkManager/system-connections",
            Ownership::root(0o755),
        )
        .unwrap();
    let world = world.with_file(path, "[ethernet]\nmac-address=52:54:00:AA:00:09\n");
    let script = "network::renderer(\"networkmanager\"); network::boot_interface(\"52:54:00:aa:00:09\"); network::clear();";
    assert!(ran(world, script).tree.exists(path).unwrap());
}

#[test]
fn cloud_init_does_not_bring_back_what_was_cleared() {
    let mut world = world();
    let folder = "/etc/cloud/cloud.cfg.d";
    world
        .tree
        .make_dirs(folder, Ownership::root(0o755))
        .unwrap();
    let world = ran(world, "network::renderer(\"netplan\"); network::clear();");
    let text = world.text("/etc/cloud/cloud.cfg.d/99-mintage-network.cfg");
    assert_eq!(text, "network: {config: disabled}\n");
}
