//! netplan reads what is written for it, and makes of it what is written for networkd.

use crate::network::{guest, scripts};
use mintage_test_support::environment::{run, succeed};
use mintage_test_support::{Environment, Need, lane};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const NETPLAN: Need = Need::Program("netplan");

/// What networkd's files say of the network, whoever wrote them: sections of devices, and what
/// interfaces get, as lines that both writers have in common.
fn said(folder: &Path) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let (stem, kind) = name.rsplit_once('.').unwrap();
        let stem = stem
            .trim_start_matches("10-netplan-")
            .trim_start_matches("05-");
        let mut section = String::new();
        for line in fs::read_to_string(&path).unwrap().lines() {
            if line.starts_with('[') {
                section = line.to_owned();
            } else if let Some((key, value)) = line.split_once('=')
                && compared(kind, &section, key)
            {
                for value in values(key, value) {
                    said.insert(format!("{stem} {section} {key}={value}"));
                }
            }
        }
    }
    said
}

/// Gateways are routes for netplan and a key of their own for us; RA and DHCP have more words
/// there.
fn compared(kind: &str, section: &str, key: &str) -> bool {
    match (kind, section) {
        ("netdev", _) => key != "MTUBytes",
        ("network", "[Network]") => [
            "Address",
            "DNS",
            "Bond",
            "Bridge",
            "VLAN",
            "PrimarySlave",
            "Domains",
        ]
        .contains(&key),
        ("network", "[Link]") => key == "MTUBytes",
        ("link", "[Link]") => key == "Name",
        _ => false,
    }
}

fn values(key: &str, value: &str) -> Vec<String> {
    match key {
        "Domains" | "ARPIPTargets" => {
            let mut values: Vec<String> = value.split([' ', ',']).map(str::to_owned).collect();
            values.sort();
            values
        }
        "STP" | "PrimarySlave" => vec![value.replace("yes", "true")],
        _ => vec![value.to_owned()],
    }
}

#[test]
fn netplan_generates_what_is_written_for_networkd() {
    if !lane::can_run("netplan", &[NETPLAN]) {
        return;
    }
    for (name, script) in scripts() {
        let environment = Environment::new();
        let root = guest("ubuntu-24.04", "netplan", &script).export(environment.path("root"));
        let mut generate = environment.program("netplan");
        generate.arg("generate").arg("--root-dir").arg(&root);
        succeed(&mut generate);
        let output = run(&mut generate);
        let complaints = String::from_utf8_lossy(&output.stderr);
        assert_eq!(complaints, "", "{name}");
        let ours = guest("debian-12", "networkd", &script).export(environment.path("networkd"));
        assert_eq!(
            said(&root.join("run/systemd/network")),
            said(&ours.join("etc/systemd/network")),
            "{name}"
        );
    }
}

#[test]
fn netplan_keeps_the_port_of_the_boot_volume() {
    if !lane::can_run("netplan, boot port", &[NETPLAN]) {
        return;
    }
    let environment = Environment::new();
    let script = "network::boot_interface(\"52:54:00:00:00:09\");";
    let root = guest("ubuntu-24.04", "netplan", script).export(environment.path("root"));
    succeed(
        environment
            .program("netplan")
            .arg("generate")
            .arg("--root-dir")
            .arg(&root),
    );
    let file = root.join("run/systemd/network/10-netplan-boot-525400000009.network");
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains("MACAddress=52:54:00:00:00:09"), "{text}");
    // The older name of `KeepConfiguration=yes`.
    assert!(text.contains("CriticalConnection=true"), "{text}");
}

#[test]
fn netplan_is_not_taken_in_by_anything() {
    if !lane::can_run("netplan, a wrong file", &[NETPLAN]) {
        return;
    }
    let environment = Environment::new();
    let guest = guest(
        "ubuntu-24.04",
        "netplan",
        "network::interface(\"eth0\", #{ dhcp4: true });",
    );
    let path = "/etc/netplan/60-mintage.yaml";
    let broken = guest.read(path).replace("dhcp4: true", "dhcp4: perhaps");
    let root = guest
        .with_file(path, broken)
        .export(environment.path("root"));
    let output = run(environment
        .program("netplan")
        .arg("generate")
        .arg("--root-dir")
        .arg(&root));
    assert!(!output.status.success());
}
