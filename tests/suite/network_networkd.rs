//! systemd-networkd itself loads what is written for it, in a network namespace of its own.

use crate::network::{guest, scripts};
use mintage_test_support::environment::run;
use mintage_test_support::{Environment, Need, lane};
use std::path::Path;

const DAEMON: &str = "/lib/systemd/systemd-networkd";

const NEEDS: [Need; 3] = [
    Need::Root,
    Need::Program("unshare"),
    Need::Program("timeout"),
];

/// What networkd says while it loads the files of a folder, for as long as that takes.
fn load(environment: &Environment, folder: &Path) -> String {
    let script = format!(
        "mount --bind '{}' /etc/systemd/network && mkdir -p /run/systemd/netif \
         && mount -t tmpfs none /run/systemd/netif \
         && mkdir /run/systemd/netif/links /run/systemd/netif/leases /run/systemd/netif/lldp \
         && chown -R systemd-network /run/systemd/netif \
         && exec timeout 3 {DAEMON}",
        folder.display()
    );
    let mut command = environment.program("unshare");
    command
        .args([
            "--net",
            "--mount",
            "--propagation",
            "private",
            "sh",
            "-c",
            &script,
        ])
        .env("SYSTEMD_LOG_LEVEL", "debug")
        .env("SYSTEMD_LOG_TARGET", "console");
    let output = run(&mut command);
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn complaints(said: &str) -> Vec<&str> {
    let about_files = said
        .lines()
        .filter(|line| line.contains("/etc/systemd/network/05-"));
    about_files.collect()
}

#[test]
fn networkd_loads_every_file_without_a_complaint() {
    if !lane::can_run("networkd", &NEEDS) || !Path::new(DAEMON).exists() {
        return;
    }
    let mut all = String::new();
    for (name, script) in scripts() {
        all += &format!("// {name}\n");
        let environment = Environment::new();
        let boot = "network::boot_interface(\"52:54:00:00:00:09\");";
        let guest = guest("debian-12", "networkd", &format!("{boot}\n{script}"));
        let root = guest.export(environment.path("root"));
        let said = load(&environment, &root.join("etc/systemd/network"));
        assert!(said.contains("Enumeration completed"), "{name}: {said}");
        assert_eq!(complaints(&said), Vec::<&str>::new(), "{name}");
        for netdev in ["bond0", "br0", "storage", "eth0.100"] {
            let is_declared = guest
                .tree()
                .exists(format!("/etc/systemd/network/05-{netdev}.netdev"))
                .unwrap();
            assert_eq!(
                said.contains(&format!("{netdev}: loaded ")),
                is_declared,
                "{name}: {netdev}"
            );
        }
    }
}

#[test]
fn networkd_would_complain() {
    if !lane::can_run("networkd, a wrong file", &NEEDS) || !Path::new(DAEMON).exists() {
        return;
    }
    let environment = Environment::new();
    let guest = guest(
        "debian-12",
        "networkd",
        "network::interface(\"eth0\", #{ mtu: 9000 });",
    );
    let path = "/etc/systemd/network/05-eth0.network";
    let broken = guest
        .read(path)
        .replace("MTUBytes=9000", "MTUBytes=large\nMTUBits=7");
    let root = guest
        .with_file(path, broken)
        .export(environment.path("root"));
    let said = load(&environment, &root.join("etc/systemd/network"));
    assert_eq!(complaints(&said).len(), 2, "{said}");
}
