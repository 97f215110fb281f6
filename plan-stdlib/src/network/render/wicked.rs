//! wicked: `ifcfg-`, `ifroute-` and `ifsysctl-` files of SUSE (ifcfg(5), ifcfg-bonding(5),
//! ifcfg-bridge(5), ifcfg-vlan(5), routes(5)).

use super::Rendered;
use super::lines::{Assignments, on_off, pairs};
use crate::network::model::address::Route;
use crate::network::model::bridge::BridgeOptions;
use crate::network::model::network::{Interface, Kind, Network};
use std::net::IpAddr;

const FOLDER: &str = "/etc/sysconfig/network";
/// Read by udev before the rule that names what has no name yet.
const NAMES: &str = "/etc/udev/rules.d/71-mintage-net.rules";

pub(super) fn render(network: &Network) -> Vec<Rendered> {
    let mut files = Vec::new();
    for interface in &network.interfaces {
        let id = &interface.id;
        files.push(Rendered::new(
            format!("{FOLDER}/ifcfg-{id}"),
            file(interface),
        ));
        let routes = routes(interface);
        if !routes.is_empty() {
            files.push(Rendered::new(format!("{FOLDER}/ifroute-{id}"), routes));
        }
        if interface.controller.is_none() {
            files.push(Rendered::new(
                format!("{FOLDER}/ifsysctl-{id}"),
                advertisements(interface),
            ));
        }
    }
    // A port without a file is not touched; one whose name is known is said to be kept.
    for name in network.boot.iter().filter_map(|port| port.name.as_ref()) {
        let mut text = Assignments::quoted("'");
        text.set("STARTMODE", "nfsroot").set("BOOTPROTO", "ibft");
        files.push(Rendered::new(
            format!("{FOLDER}/ifcfg-{name}"),
            text.into_text(),
        ));
    }
    let names: String = network.interfaces.iter().filter_map(rename).collect();
    if !names.is_empty() {
        files.push(Rendered::new(NAMES, names));
    }
    files
}

/// The rule that gives a port its name, as YaST writes it.
fn rename(interface: &Interface) -> Option<String> {
    let (mac, name) = (interface.mac?, interface.name.as_ref()?);
    Some(format!(
        "SUBSYSTEM==\"net\", ACTION==\"add\", DRIVERS==\"?*\", ATTR{{address}}==\"{mac}\", \
         ATTR{{type}}==\"1\", NAME=\"{name}\"\n"
    ))
}

fn file(interface: &Interface) -> String {
    let mut text = Assignments::quoted("'");
    let of = &interface.addressing;
    let protocol = match (of.dhcp4, of.dhcp6) {
        (true, true) => "dhcp",
        (true, false) => "dhcp4",
        (false, true) => "dhcp6",
        // Only ports of something are to have no IP set-up at all.
        (false, false) if interface.controller.is_some() => "none",
        (false, false) => "static",
    };
    // A port comes up when its bond or bridge does.
    let start = if interface.controller.is_some() {
        "hotplug"
    } else {
        "auto"
    };
    text.set("STARTMODE", start).set("BOOTPROTO", protocol);
    kind(&mut text, &interface.kind);
    text.maybe("MTU", interface.mtu);
    for (number, address) in of.addresses.iter().enumerate() {
        let suffix = if number == 0 {
            String::new()
        } else {
            format!("_{number}")
        };
        text.set(format_args!("IPADDR{suffix}"), address);
    }
    text.into_text()
}

fn kind(text: &mut Assignments, kind: &Kind) {
    match kind {
        Kind::Ethernet { wake_on_lan } => {
            text.maybe("ETHTOOL_OPTIONS", wake_on_lan.then_some("wol g"));
        }
        Kind::Bond {
            ports,
            primary,
            options,
        } => {
            text.set("BONDING_MASTER", "yes").set(
                "BONDING_MODULE_OPTS",
                pairs(&options.kernel(primary.as_deref())),
            );
            for (number, port) in ports.iter().enumerate() {
                text.set(format_args!("BONDING_SLAVE_{number}"), port);
            }
        }
        Kind::Bridge { ports, options } => bridge(text, ports, options),
        Kind::Vlan { parent, id } => {
            text.set("ETHERDEVICE", parent).set("VLAN_ID", id);
        }
    }
}

fn bridge(text: &mut Assignments, ports: &[String], options: &BridgeOptions) {
    text.set("BRIDGE", "yes")
        .set("BRIDGE_PORTS", ports.join(" "))
        .set("BRIDGE_STP", on_off(options.stp))
        .maybe("BRIDGE_FORWARDDELAY", options.forward_delay)
        .maybe("BRIDGE_HELLOTIME", options.hello_time)
        .maybe("BRIDGE_MAXAGE", options.max_age)
        .maybe("BRIDGE_AGEINGTIME", options.ageing_time)
        .maybe("BRIDGE_PRIORITY", options.priority);
}

/// Destination, gateway, netmask, interface, options.
fn routes(interface: &Interface) -> String {
    let of = &interface.addressing;
    let gateways = [of.gateway4, of.gateway6].into_iter().flatten();
    let default = |via: IpAddr| Route {
        to: None,
        via: Some(via),
        metric: None,
    };
    let all = gateways.map(default).chain(of.routes.iter().copied());
    let lines = all.map(|route| {
        let via = route.via.map_or("-".to_owned(), |via| via.to_string());
        let metric = route
            .metric
            .map_or(String::new(), |metric| format!(" metric {metric}"));
        format!(
            "{} {via} - {}{metric}\n",
            route.destination_or_default(),
            interface.id
        )
    });
    lines.collect()
}

/// Whether the kernel takes advertisements of routers, which wicked follows; names may have dots,
/// so the parts of a key have slashes between them (ifsysctl(5)).
fn advertisements(interface: &Interface) -> String {
    let id = &interface.id;
    let taken = u8::from(interface.addressing.takes_advertisements());
    format!("net/ipv6/conf/{id}/accept_ra = {taken}\nnet/ipv6/conf/{id}/autoconf = {taken}\n")
}
