//! systemd-networkd: `.link`, `.netdev` and `.network` files (systemd.link(5), systemd.netdev(5),
//! systemd.network(5)).

use super::Rendered;
use super::lines::{Sections, joined, yes_no};
use crate::network::model::address::{Mac, Route};
use crate::network::model::bond::BondOptions;
use crate::network::model::bridge::BridgeOptions;
use crate::network::model::network::{Interface, Kind, Network};

/// Read before files that match more, as `20-wired.network` with `Name=en*`.
const FOLDER: &str = "/etc/systemd/network/05-";

pub(super) fn render(network: &Network) -> Vec<Rendered> {
    let mut files = Vec::new();
    for interface in &network.interfaces {
        files.extend(link(interface));
        files.extend(netdev(interface));
        let path = format!("{FOLDER}{}.network", interface.id);
        files.push(Rendered::new(path, network_file(interface)));
    }
    for port in &network.boot {
        let path = format!("{FOLDER}boot-{}.network", port.mac.digits());
        files.push(Rendered::new(path, kept(port.mac)));
    }
    files
}

/// The file that gives a port its name or wakes the machine by it; udev of systemd reads it
/// whatever sets up the network.
///
/// The permanent address tells the port from bonds, bridges and VLANs, which take over its current
/// one.
pub(super) fn link(interface: &Interface) -> Option<Rendered> {
    let wakes = matches!(interface.kind, Kind::Ethernet { wake_on_lan: true });
    if !interface.is_renamed() && !wakes {
        return None;
    }
    let mut text = Sections::default();
    match (interface.mac, &interface.name) {
        (Some(mac), _) => match_port(&mut text, mac),
        (None, name) => {
            text.section("Match").maybe("OriginalName", name.as_ref());
        }
    }
    text.section("Link");
    match interface.name.as_ref().filter(|_| interface.is_renamed()) {
        Some(name) => {
            text.set("Name", name);
        }
        // What `99-default.link` of systemd has, which this file takes the place of.
        None => {
            text.set("NamePolicy", "keep kernel database onboard slot path");
            text.set("MACAddressPolicy", "persistent");
        }
    }
    if wakes {
        text.set("WakeOnLan", "magic");
    }
    let path = format!("{FOLDER}{}.link", interface.id);
    Some(Rendered::new(path, text.into_text()))
}

fn match_port(text: &mut Sections, mac: Mac) {
    text.section("Match").set("PermanentMACAddress", mac);
}

fn netdev(interface: &Interface) -> Option<Rendered> {
    let kind = match &interface.kind {
        Kind::Ethernet { .. } => return None,
        Kind::Bond { .. } => "bond",
        Kind::Bridge { .. } => "bridge",
        Kind::Vlan { .. } => "vlan",
    };
    let mut text = Sections::default();
    text.section("NetDev")
        .set("Name", &interface.id)
        .set("Kind", kind);
    match &interface.kind {
        Kind::Bond { options, .. } => bond(&mut text, options),
        Kind::Bridge { options, .. } => bridge(&mut text, options),
        Kind::Vlan { id, .. } => {
            text.section("VLAN").set("Id", id);
        }
        Kind::Ethernet { .. } => {}
    }
    let path = format!("{FOLDER}{}.netdev", interface.id);
    Some(Rendered::new(path, text.into_text()))
}

fn bond(text: &mut Sections, options: &BondOptions) {
    let milliseconds = |value: Option<u32>| value.map(|value| format!("{value}ms"));
    text.section("Bond")
        .set("Mode", options.mode.as_str())
        .maybe("MIIMonitorSec", milliseconds(options.miimon))
        .maybe("UpDelaySec", milliseconds(options.updelay))
        .maybe("DownDelaySec", milliseconds(options.downdelay))
        .maybe("MinLinks", options.min_links)
        .maybe(
            "LACPTransmitRate",
            options.lacp_rate.map(|rate| rate.as_str()),
        )
        .maybe(
            "TransmitHashPolicy",
            options.xmit_hash_policy.map(|policy| policy.as_str()),
        )
        .maybe("AdSelect", options.ad_select.map(|select| select.as_str()))
        .maybe(
            "FailOverMACPolicy",
            options.fail_over_mac.map(|policy| policy.as_str()),
        )
        .maybe(
            "PrimaryReselectPolicy",
            options.primary_reselect.map(|policy| policy.as_str()),
        );
    if let Some((interval, _)) = &options.arp {
        text.set("ARPIntervalSec", format_args!("{interval}ms"))
            .set("ARPIPTargets", options.arp_targets(" "));
    }
}

fn bridge(text: &mut Sections, options: &BridgeOptions) {
    text.section("Bridge")
        .set("STP", yes_no(options.stp))
        .maybe("ForwardDelaySec", options.forward_delay)
        .maybe("HelloTimeSec", options.hello_time)
        .maybe("MaxAgeSec", options.max_age)
        .maybe("AgeingTimeSec", options.ageing_time)
        .maybe("Priority", options.priority);
}

fn network_file(interface: &Interface) -> String {
    let mut text = Sections::default();
    match interface.mac {
        Some(mac) => match_port(&mut text, mac),
        None => {
            text.section("Match").set("Name", &interface.id);
        }
    }
    if let Some(mtu) = interface.mtu {
        text.section("Link").set("MTUBytes", mtu);
    }
    text.section("Network");
    if let Some(controller) = &interface.controller {
        text.set(
            if controller.is_bond { "Bond" } else { "Bridge" },
            &controller.id,
        );
        if controller.is_primary {
            text.set("PrimarySlave", "yes");
        }
    }
    for vlan in &interface.vlans {
        text.set("VLAN", vlan);
    }
    if interface.controller.is_none() {
        addressing(&mut text, interface);
    }
    text.into_text()
}

fn addressing(text: &mut Sections, interface: &Interface) {
    let of = &interface.addressing;
    let dhcp = match (of.dhcp4, of.dhcp6) {
        (true, true) => "yes",
        (true, false) => "ipv4",
        (false, true) => "ipv6",
        (false, false) => "no",
    };
    text.set("DHCP", dhcp)
        .set("IPv6AcceptRA", yes_no(of.takes_advertisements()));
    for address in &of.addresses {
        text.set("Address", address);
    }
    text.maybe("Gateway", of.gateway4)
        .maybe("Gateway", of.gateway6);
    for server in &of.dns.servers {
        text.set("DNS", server);
    }
    if !of.dns.search.is_empty() {
        text.set("Domains", joined(&of.dns.search, " "));
    }
    for route in &of.routes {
        add_route(text, route);
    }
}

fn add_route(text: &mut Sections, route: &Route) {
    text.section("Route")
        .set("Destination", route.destination())
        .maybe("Gateway", route.via)
        .maybe("Metric", route.metric);
}

/// What the firmware and the initramfs set up stays, for as long as the system runs.
fn kept(mac: Mac) -> String {
    let mut text = Sections::default();
    match_port(&mut text, mac);
    text.section("Network")
        .set("KeepConfiguration", "yes")
        .set("DHCP", "no")
        .set("IPv6AcceptRA", "no")
        .set("LinkLocalAddressing", "no");
    text.into_text()
}
