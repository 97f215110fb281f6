//! ifupdown: one file of stanzas (interfaces(5), with the options of the packages ifenslave,
//! bridge-utils and ethtool).

use super::lines::on_off;
use super::{Rendered, networkd};
use crate::network::model::address::Route;
use crate::network::model::network::{Interface, Kind, Network};
use mintage_engine::{Code, PlanError};
use std::fmt::{Display, Write as _};

/// The name has no dot: `source-directory` takes no file with one.
const FILE: &str = "/etc/network/interfaces.d/mintage";

pub(super) fn render(network: &Network) -> Result<Vec<Rendered>, PlanError> {
    let mut files: Vec<Rendered> = network
        .interfaces
        .iter()
        .filter(|interface| interface.is_renamed())
        .filter_map(networkd::link)
        .map(without_wake)
        .collect();
    let mut text = Stanzas::default();
    for interface in &network.interfaces {
        refuse_min_links(interface)?;
        stanzas(&mut text, interface);
    }
    // A port that no stanza is about is not touched; one whose name is known is said to be kept.
    for name in network.boot.iter().filter_map(|port| port.name.as_ref()) {
        text.start(name.as_str(), "inet manual");
    }
    files.push(Rendered::new(FILE, text.0));
    Ok(files)
}

/// The one option of a bond that ifenslave does not know.
fn refuse_min_links(interface: &Interface) -> Result<(), PlanError> {
    match &interface.kind {
        Kind::Bond { options, .. } if options.min_links.is_some() => {
            let id = &interface.id;
            let message = format!("ifupdown cannot set the option `min_links` of the bond `{id}`");
            Err(PlanError::new(Code::P2013, message)
                .help("leave it out, or use another network stack"))
        }
        _ => Ok(()),
    }
}

/// ifupdown sets it itself, when it brings the port up.
fn without_wake(mut file: Rendered) -> Rendered {
    file.text = file.text.replace("WakeOnLan=magic\n", "");
    file
}

fn stanzas(text: &mut Stanzas, interface: &Interface) {
    let of = &interface.addressing;
    text.auto(&interface.id);
    if of.dhcp4 {
        text.start(&interface.id, "inet dhcp");
        link(text, interface);
        // `mtu` is no option of this method.
        if let Some(mtu) = interface.mtu {
            text.option("up", format_args!("ip link set dev $IFACE mtu {mtu}"));
        }
        routes(text, interface, true);
        dns(text, interface, true);
    } else {
        let mut addresses = of.of_family(true);
        match addresses.next() {
            Some(first) => {
                text.start(&interface.id, "inet static");
                text.option("address", first);
                text.maybe("gateway", of.gateway4);
            }
            None => text.start(&interface.id, "inet manual"),
        }
        link(text, interface);
        text.maybe("mtu", interface.mtu);
        routes(text, interface, true);
        dns(text, interface, true);
        for other in addresses {
            text.start(&interface.id, "inet static");
            text.option("address", other);
        }
    }
    v6(text, interface);
}

fn v6(text: &mut Stanzas, interface: &Interface) {
    let of = &interface.addressing;
    let mut addresses = of.of_family(false);
    match (addresses.next(), of.dhcp6, of.slaac) {
        (Some(first), ..) => {
            text.start(&interface.id, "inet6 static");
            text.option("address", first);
            text.maybe("gateway", of.gateway6);
            let (taken, used) = if of.slaac { (2, 1) } else { (0, 0) };
            text.option("accept_ra", taken);
            text.option("autoconf", used);
        }
        (None, true, _) => {
            text.start(&interface.id, "inet6 dhcp");
            text.option("accept_ra", 1);
            text.option("autoconf", 1);
        }
        (None, false, true) => text.start(&interface.id, "inet6 auto"),
        (None, false, false) => return,
    }
    routes(text, interface, false);
    dns(text, interface, false);
    for other in addresses {
        text.start(&interface.id, "inet6 static");
        text.option("address", other);
    }
}

/// What the interface is, in the first of its stanzas.
fn link(text: &mut Stanzas, interface: &Interface) {
    if let Some(controller) = interface
        .controller
        .as_ref()
        .filter(|controller| controller.is_bond)
    {
        text.option("bond-master", &controller.id);
    }
    match &interface.kind {
        Kind::Ethernet { wake_on_lan } => {
            if *wake_on_lan {
                text.option("ethernet-wol", "g");
            }
        }
        Kind::Bond {
            ports,
            primary,
            options,
        } => {
            text.option("bond-slaves", ports.join(" "));
            for (name, value) in options.kernel(primary.as_deref()) {
                let name = name.replace('_', "-");
                // A list has blanks between its items here.
                text.option(&format!("bond-{name}"), value.replace(',', " "));
            }
        }
        Kind::Bridge { ports, options } => {
            let ports = if ports.is_empty() {
                "none".to_owned()
            } else {
                ports.join(" ")
            };
            text.option("bridge_ports", ports);
            text.option("bridge_stp", on_off(options.stp));
            text.maybe("bridge_fd", options.forward_delay);
            text.maybe("bridge_hello", options.hello_time);
            text.maybe("bridge_maxage", options.max_age);
            text.maybe("bridge_ageing", options.ageing_time);
            text.maybe("bridge_bridgeprio", options.priority);
        }
        Kind::Vlan { parent, id } => {
            text.option("vlan-raw-device", parent);
            text.option("vlan-id", id);
        }
    }
}

fn routes(text: &mut Stanzas, interface: &Interface, v4: bool) {
    for route in interface.addressing.routes_of(v4) {
        let route = words(route);
        text.option("up", format_args!("ip route replace {route} dev $IFACE"));
    }
}

fn words(route: &Route) -> String {
    let mut words = route.destination();
    if let Some(via) = route.via {
        words += &format!(" via {via}");
    }
    if let Some(metric) = route.metric {
        words += &format!(" metric {metric}");
    }
    words
}

/// For resolvconf, where it is there.
fn dns(text: &mut Stanzas, interface: &Interface, v4: bool) {
    let of = &interface.addressing;
    // Once, in the first stanza that has an address.
    if of.dns.is_empty() || v4 != of.has_v4() {
        return;
    }
    if !of.dns.servers.is_empty() {
        text.option(
            "dns-nameservers",
            super::lines::joined(&of.dns.servers, " "),
        );
    }
    if !of.dns.search.is_empty() {
        text.option("dns-search", of.dns.search.join(" "));
    }
}

/// A text of stanzas.
#[derive(Debug, Default)]
struct Stanzas(String);

impl Stanzas {
    fn line(&mut self, line: impl Display) {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{line}");
    }

    fn auto(&mut self, id: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.line(format_args!("auto {id}"));
    }

    fn start(&mut self, id: &str, method: &str) {
        self.line(format_args!("iface {id} {method}"));
    }

    fn option(&mut self, name: &str, value: impl Display) {
        self.line(format_args!("    {name} {value}"));
    }

    fn maybe(&mut self, name: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.option(name, value);
        }
    }
}
