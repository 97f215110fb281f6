//! ifcfg files of the RHEL family up to 8: read by its network scripts (sysconfig.txt of
//! initscripts) and by NetworkManager (nm-settings-ifcfg-rh(5)).

use super::lines::{Assignments, joined, pairs, yes_no};
use super::{Rendered, networkmanager};
use crate::network::model::address::Route;
use crate::network::model::bridge::BridgeOptions;
use crate::network::model::network::{Interface, Kind, Network};
use mintage_engine::{Code, PlanError};

const FOLDER: &str = "/etc/sysconfig/network-scripts";

pub(super) fn render(network: &Network) -> Result<Vec<Rendered>, PlanError> {
    let mut files = Vec::new();
    for interface in &network.interfaces {
        let id = &interface.id;
        files.push(Rendered::new(
            format!("{FOLDER}/ifcfg-{id}"),
            file(interface)?,
        ));
        for (kind, v4) in [("route", true), ("route6", false)] {
            let routes: Vec<&Route> = interface.addressing.routes_of(v4).collect();
            if !routes.is_empty() {
                let text = routes
                    .into_iter()
                    .map(|route| line(route, interface))
                    .collect();
                files.push(Rendered::new(format!("{FOLDER}/{kind}-{id}"), text));
            }
        }
    }
    // These are for NetworkManager, where it is there; the scripts leave alone what has no file.
    files.extend(networkmanager::settings(network));
    Ok(files)
}

fn file(interface: &Interface) -> Result<String, PlanError> {
    let mut text = Assignments::quoted("\"");
    text.set("NAME", &interface.id)
        .set("UUID", &interface.uuid)
        .maybe("DEVICE", interface.name.as_ref())
        .maybe("HWADDR", interface.mac)
        .set("ONBOOT", "yes");
    kind(&mut text, interface)?;
    text.maybe("MTU", interface.mtu);
    match &interface.controller {
        Some(controller) if controller.is_bond => {
            text.set("MASTER", &controller.id).set("SLAVE", "yes");
        }
        Some(controller) => {
            text.set("BRIDGE", &controller.id);
        }
        None => {
            v4(&mut text, interface);
            v6(&mut text, interface);
            dns(&mut text, interface);
        }
    }
    Ok(text.into_text())
}

fn kind(text: &mut Assignments, interface: &Interface) -> Result<(), PlanError> {
    match &interface.kind {
        Kind::Ethernet { wake_on_lan } => {
            text.set("TYPE", "Ethernet")
                .maybe("ETHTOOL_OPTS", wake_on_lan.then_some("wol g"));
        }
        Kind::Bond {
            primary, options, ..
        } => {
            text.set("TYPE", "Bond")
                .set("BONDING_MASTER", "yes")
                .set("BONDING_OPTS", pairs(&options.kernel(primary.as_deref())));
        }
        Kind::Bridge { options, .. } => bridge(text, options, &interface.id)?,
        Kind::Vlan { parent, id } => {
            text.set("TYPE", "Vlan")
                .set("VLAN", "yes")
                .set("VLAN_ID", id)
                .set("PHYSDEV", parent);
        }
    }
    Ok(())
}

fn bridge(text: &mut Assignments, options: &BridgeOptions, id: &str) -> Result<(), PlanError> {
    for (option, value) in [
        ("hello_time", options.hello_time),
        ("max_age", options.max_age),
        ("ageing_time", options.ageing_time),
    ] {
        if value.is_some() {
            let message = format!(
                "ifcfg files have no one meaning for the option `{option}` of the bridge `{id}`"
            );
            return Err(PlanError::new(Code::P2013, message).help(
                "the network scripts read it in hundredths of a second and NetworkManager in seconds; leave it out",
            ));
        }
    }
    text.set("TYPE", "Bridge")
        .set("STP", yes_no(options.stp))
        .maybe("DELAY", options.forward_delay)
        .maybe(
            "BRIDGING_OPTS",
            options
                .priority
                .map(|priority| format!("priority={priority}")),
        );
    Ok(())
}

fn v4(text: &mut Assignments, interface: &Interface) {
    let of = &interface.addressing;
    text.set("BOOTPROTO", if of.dhcp4 { "dhcp" } else { "none" });
    for (number, address) in of.of_family(true).enumerate() {
        let number = if number == 0 {
            String::new()
        } else {
            number.to_string()
        };
        text.set(format_args!("IPADDR{number}"), address.address)
            .set(format_args!("PREFIX{number}"), address.prefix);
    }
    text.maybe("GATEWAY", of.gateway4);
}

fn v6(text: &mut Assignments, interface: &Interface) {
    let of = &interface.addressing;
    text.set("IPV6INIT", yes_no(of.has_v6()))
        .set("IPV6_AUTOCONF", yes_no(of.takes_advertisements()))
        .maybe("DHCPV6C", of.dhcp6.then_some("yes"));
    let mut addresses = of.of_family(false);
    text.maybe("IPV6ADDR", addresses.next());
    let others = joined(addresses, " ");
    text.maybe(
        "IPV6ADDR_SECONDARIES",
        Some(others).filter(|others| !others.is_empty()),
    )
    .maybe("IPV6_DEFAULTGW", of.gateway6);
}

fn dns(text: &mut Assignments, interface: &Interface) {
    let dns = &interface.addressing.dns;
    for (number, server) in (1..).zip(&dns.servers) {
        text.set(format_args!("DNS{number}"), server);
    }
    if !dns.search.is_empty() {
        text.set("DOMAIN", joined(&dns.search, " "));
    }
}

/// A route in the words of ip(8).
fn line(route: &Route, interface: &Interface) -> String {
    let mut line = route.destination_or_default();
    if let Some(via) = route.via {
        line += &format!(" via {via}");
    }
    if let Some(name) = &interface.name {
        line += &format!(" dev {name}");
    }
    if let Some(metric) = route.metric {
        line += &format!(" metric {metric}");
    }
    line + "\n"
}
