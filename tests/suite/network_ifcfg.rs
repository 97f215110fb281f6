//! ifcfg files, of the RHEL family and of SUSE: a shell reads them, and they have no variable that
//! their manual pages do not. No Debian package has a parser of its own for either.

use crate::network::{guest, scripts};
use mintage_test_support::environment::succeed;
use mintage_test_support::{Environment, Need, lane};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// sysconfig.txt of initscripts 10 and nm-settings-ifcfg-rh(5).
const RHEL: [&str; 38] = [
    "BONDING_MASTER",
    "BONDING_OPTS",
    "BOOTPROTO",
    "BRIDGE",
    "BRIDGING_OPTS",
    "DELAY",
    "DEVICE",
    "DHCPV6C",
    "DNS1",
    "DNS2",
    "DOMAIN",
    "ETHTOOL_OPTS",
    "GATEWAY",
    "HWADDR",
    "IPADDR",
    "IPADDR1",
    "IPV6ADDR",
    "IPV6ADDR_SECONDARIES",
    "IPV6INIT",
    "IPV6_AUTOCONF",
    "IPV6_DEFAULTGW",
    "MASTER",
    "MTU",
    "NAME",
    "NETMASK",
    "ONBOOT",
    "PHYSDEV",
    "PREFIX",
    "PREFIX1",
    "SLAVE",
    "STP",
    "TYPE",
    "UUID",
    "VLAN",
    "VLAN_ID",
    "DEFROUTE",
    "PEERDNS",
    "VLAN_FLAGS",
];

/// ifcfg(5), ifcfg-bonding(5), ifcfg-bridge(5) and ifcfg-vlan(5) of wicked.
const SUSE: [&str; 21] = [
    "BONDING_MASTER",
    "BONDING_MODULE_OPTS",
    "BONDING_SLAVE_0",
    "BONDING_SLAVE_1",
    "BOOTPROTO",
    "BRIDGE",
    "BRIDGE_AGEINGTIME",
    "BRIDGE_FORWARDDELAY",
    "BRIDGE_HELLOTIME",
    "BRIDGE_MAXAGE",
    "BRIDGE_PORTS",
    "BRIDGE_PRIORITY",
    "BRIDGE_STP",
    "ETHERDEVICE",
    "ETHTOOL_OPTIONS",
    "IPADDR",
    "IPADDR_1",
    "IPADDR_2",
    "MTU",
    "STARTMODE",
    "VLAN_ID",
];

/// The variables that a shell sets when it reads the file, and nothing else that it would do.
fn sourced(environment: &Environment, file: &Path) -> BTreeMap<String, String> {
    succeed(environment.program("bash").arg("-n").arg(file));
    let mut shell = environment.program("env");
    shell
        .args(["-i", "bash", "-c", "set -aeu; PATH=; . \"$1\"; while read -r name; do echo \"$name=${!name}\"; done < <(compgen -e)", "-"])
        .arg(file);
    let text = succeed(&mut shell);
    let shells = ["PATH", "PWD", "SHLVL", "_", "OLDPWD"];
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    let pairs = pairs.filter(|(name, _)| !shells.contains(name));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// All ifcfg files of all networks, by network and file.
fn all(layout: &str, stack: &str, folder: &str) -> BTreeMap<String, BTreeMap<String, String>> {
    let mut all = BTreeMap::new();
    for (name, script) in scripts() {
        let environment = Environment::new();
        let root = guest(layout, stack, &script).export(environment.path("root"));
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let file = path.file_name().unwrap().to_str().unwrap().to_owned();
            if file.starts_with("ifcfg-") && file != "ifcfg-lo" {
                all.insert(format!("{name} {file}"), sourced(&environment, &path));
            }
        }
    }
    assert!(all.len() > 20);
    all
}

fn check(all: &BTreeMap<String, BTreeMap<String, String>>, known: &[&str]) {
    for (file, variables) in all {
        for name in variables.keys() {
            assert!(known.contains(&name.as_str()), "{file}: {name}");
        }
    }
}

#[test]
fn a_shell_reads_the_files_of_rhel() {
    if !lane::can_run("ifcfg", &[Need::Program("bash")]) {
        return;
    }
    let all = all("rhel-9", "ifcfg", "etc/sysconfig/network-scripts");
    check(&all, &RHEL);
    for (file, name, value) in [
        ("static ifcfg-mgmt0", "IPADDR", "192.0.2.10"),
        (
            "static ifcfg-mgmt0",
            "DOMAIN",
            "example.com lab.example.com",
        ),
        (
            "lacp ifcfg-bond0",
            "BONDING_OPTS",
            "mode=802.3ad miimon=100 updelay=200 downdelay=200 lacp_rate=fast xmit_hash_policy=layer3+4 ad_select=bandwidth",
        ),
        ("lacp ifcfg-port-525400000001", "MASTER", "bond0"),
        ("bridge ifcfg-bond0.100", "BRIDGE", "br0"),
    ] {
        assert_eq!(
            all[file].get(name).map(String::as_str),
            Some(value),
            "{file}"
        );
    }
}

#[test]
fn a_shell_reads_the_files_of_suse() {
    if !lane::can_run("wicked", &[Need::Program("bash")]) {
        return;
    }
    let all = all("sles-15", "wicked", "etc/sysconfig/network");
    check(&all, &SUSE);
    for (file, name, value) in [
        ("static ifcfg-mgmt0", "IPADDR", "192.0.2.10/24"),
        ("families ifcfg-eth0", "IPADDR_2", "2001:db8::11/64"),
        ("backup ifcfg-bond0", "BONDING_SLAVE_0", "left"),
        ("bridge ifcfg-br0", "BRIDGE_PORTS", "bond0.100 eth3"),
    ] {
        assert_eq!(
            all[file].get(name).map(String::as_str),
            Some(value),
            "{file}"
        );
    }
}

#[test]
fn name_servers_of_suse_go_where_netconfig_looks() {
    if !lane::can_run("netconfig", &[Need::Program("bash")]) {
        return;
    }
    let environment = Environment::new();
    let (_, script) = scripts()
        .into_iter()
        .find(|(name, _)| name == "static")
        .unwrap();
    let root = guest("sles-15", "wicked", &script).export(environment.path("root"));
    let settings = sourced(&environment, &root.join("etc/sysconfig/network/config"));
    assert_eq!(
        settings["NETCONFIG_DNS_STATIC_SERVERS"],
        "192.0.2.53 192.0.2.54"
    );
    assert_eq!(
        settings["NETCONFIG_DNS_STATIC_SEARCHLIST"],
        "example.com lab.example.com"
    );
}
