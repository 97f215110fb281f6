//! NetworkManager: a keyfile for each interface (nm-settings-keyfile(5)).

use super::lines::{Sections, joined};
use super::{Rendered, networkd};
use crate::network::model::Addressing;
use crate::network::model::bridge::BridgeOptions;
use crate::network::model::network::{BootPort, Interface, Kind, Network};

const CONNECTIONS: &str = "/etc/NetworkManager/system-connections";
const SETTINGS: &str = "/etc/NetworkManager/conf.d";
/// `NM_SETTING_WIRED_WAKE_ON_LAN_MAGIC`.
const WAKE_BY_MAGIC_PACKET: u32 = 0x40;

pub(super) fn render(network: &Network) -> Vec<Rendered> {
    let mut files = Vec::new();
    for interface in &network.interfaces {
        files.extend(networkd::link(interface).filter(|_| interface.is_renamed()));
        let path = format!("{CONNECTIONS}/{}.nmconnection", interface.id);
        files.push(Rendered::private(path, connection(interface, network)));
    }
    files.extend(settings(network));
    files
}

/// The files of NetworkManager itself, also for connections in other formats.
pub(super) fn settings(network: &Network) -> Vec<Rendered> {
    let mut files = Vec::new();
    if !network.dns.is_empty() {
        let mut text = Sections::default();
        text.section("global-dns");
        if !network.dns.search.is_empty() {
            text.set("searches", joined(&network.dns.search, ","));
        }
        // Without servers for all domains NetworkManager takes no notice of the section.
        text.section("global-dns-domain-*")
            .set("servers", joined(&network.dns.servers, ","));
        files.push(Rendered::new(
            format!("{SETTINGS}/90-dns.conf"),
            text.into_text(),
        ));
    }
    if !network.boot.is_empty() {
        files.push(Rendered::new(
            format!("{SETTINGS}/90-boot-interface.conf"),
            boot(&network.boot),
        ));
    }
    files
}

/// What the initramfs set up is taken over as it is: no connection is made up for the port, it is
/// not taken down when the cable blinks, and what it has is kept when NetworkManager starts.
///
/// It is not unmanaged: a lease that the firmware took must be renewed.
fn boot(ports: &[BootPort]) -> String {
    let devices = joined(ports.iter().map(|port| format!("mac:{}", port.mac)), ",");
    let mut text = Sections::default();
    text.section("main").set(
        "no-auto-default",
        joined(ports.iter().map(|port| port.mac), ","),
    );
    text.section("device-boot-interface")
        .set("match-device", devices)
        .set("keep-configuration", "yes")
        .set("ignore-carrier", "yes");
    text.into_text()
}

fn connection(interface: &Interface, network: &Network) -> String {
    let mut text = Sections::default();
    let kind = match interface.kind {
        Kind::Ethernet { .. } => "ethernet",
        Kind::Bond { .. } => "bond",
        Kind::Bridge { .. } => "bridge",
        Kind::Vlan { .. } => "vlan",
    };
    text.section("connection")
        .set("id", &interface.id)
        .set("uuid", &interface.uuid)
        .set("type", kind);
    if interface.mac.is_none() {
        text.set("interface-name", &interface.id);
    }
    if matches!(interface.kind, Kind::Bond { .. } | Kind::Bridge { .. }) {
        text.set("autoconnect-slaves", 1);
    }
    if let Some(controller) = &interface.controller {
        text.set("master", &controller.id).set(
            "slave-type",
            if controller.is_bond { "bond" } else { "bridge" },
        );
    }
    link(&mut text, interface, network);
    if interface.controller.is_none() {
        family(&mut text, &interface.addressing, true);
        family(&mut text, &interface.addressing, false);
    }
    text.into_text()
}

/// The sections that say what the interface is.
fn link(text: &mut Sections, interface: &Interface, network: &Network) {
    let wakes = matches!(interface.kind, Kind::Ethernet { wake_on_lan: true });
    if interface.mac.is_some() || interface.mtu.is_some() || wakes {
        text.section("ethernet")
            .maybe("mac-address", interface.mac)
            .maybe("mtu", interface.mtu)
            .maybe("wake-on-lan", wakes.then_some(WAKE_BY_MAGIC_PACKET));
    }
    match &interface.kind {
        Kind::Bond {
            primary, options, ..
        } => {
            text.section("bond");
            for (name, value) in options.kernel(primary.as_deref()) {
                text.set(name, value);
            }
        }
        Kind::Bridge { options, .. } => bridge(text, options),
        Kind::Vlan { parent, id } => {
            let port = network.interfaces.iter().find(|other| other.id == *parent);
            // A port without a name is known by its connection.
            let parent = port
                .filter(|port| port.name.is_none())
                .map_or(parent, |port| &port.uuid);
            text.section("vlan").set("id", id).set("parent", parent);
        }
        Kind::Ethernet { .. } => {}
    }
}

fn bridge(text: &mut Sections, options: &BridgeOptions) {
    text.section("bridge")
        .set("stp", options.stp)
        .maybe("forward-delay", options.forward_delay)
        .maybe("hello-time", options.hello_time)
        .maybe("max-age", options.max_age)
        .maybe("ageing-time", options.ageing_time)
        .maybe("priority", options.priority);
}

fn family(text: &mut Sections, of: &Addressing, v4: bool) {
    let is_automatic = if v4 {
        of.dhcp4
    } else {
        of.takes_advertisements()
    };
    let is_static = of.of_family(v4).next().is_some();
    let method = match (is_automatic, is_static) {
        (true, _) => "auto",
        (false, true) => "manual",
        (false, false) if v4 => "disabled",
        (false, false) => "link-local",
    };
    text.section(if v4 { "ipv4" } else { "ipv6" })
        .set("method", method);
    for (number, address) in (1..).zip(of.of_family(v4)) {
        text.set(&format!("address{number}"), address);
    }
    text.maybe("gateway", if v4 { of.gateway4 } else { of.gateway6 });
    for (number, route) in (1..).zip(of.routes_of(v4)) {
        let mut parts = vec![route.destination()];
        match (route.via, route.metric) {
            (None, None) => {}
            (via, metric) => {
                let any = if v4 { "0.0.0.0" } else { "::" };
                parts.push(via.map_or(any.to_owned(), |via| via.to_string()));
                parts.extend(metric.map(|metric| metric.to_string()));
            }
        }
        text.set(&format!("route{number}"), parts.join(","));
    }
    let servers: Vec<_> = of
        .dns
        .servers
        .iter()
        .filter(|s| s.is_ipv4() == v4)
        .collect();
    if !servers.is_empty() {
        text.set("dns", joined(servers, ";"));
    }
    if !of.dns.search.is_empty() && v4 == of.has_v4() {
        text.set("dns-search", joined(&of.dns.search, ";"));
    }
}
