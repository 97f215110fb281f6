//! netplan: one YAML file for the whole network (netplan(5)).
//!
//! The writer puts every text in double quotes; what it writes has no character that YAML would
//! read in them.

use super::Rendered;
use super::networkmanager;
use crate::network::model::Dns;
use crate::network::model::address::Route;
use crate::network::model::bond::BondOptions;
use crate::network::model::bridge::BridgeOptions;
use crate::network::model::network::{BootPort, Interface, Kind, Network};
use std::fmt::{Display, Write as _};

/// Read behind the installer's and cloud-init's files (`00-`, `50-`), whose keys it adds to.
const FILE: &str = "/etc/netplan/60-mintage.yaml";

/// The kinds, in the order of the file; a port of the boot volume is an Ethernet.
const KINDS: [&str; 4] = ["ethernets", "bonds", "bridges", "vlans"];

pub(super) fn render(network: &Network) -> Vec<Rendered> {
    let mut yaml = Yaml::default();
    yaml.open("network").number("version", 2);
    for kind in KINDS {
        let of_kind: Vec<&Interface> = network
            .interfaces
            .iter()
            .filter(|i| section(i) == kind)
            .collect();
        let boot = network.boot.iter().filter(|_| kind == "ethernets");
        let boot: Vec<&BootPort> = boot.collect();
        if of_kind.is_empty() && boot.is_empty() {
            continue;
        }
        yaml.open(kind);
        for interface in of_kind {
            write(&mut yaml, interface);
        }
        for port in boot {
            write_boot(&mut yaml, port);
        }
        yaml.close();
    }
    let mut files = vec![Rendered::private(FILE, yaml.0)];
    // Where NetworkManager does the work, netplan cannot tell it to keep what is there.
    let only_boot = Network {
        interfaces: Vec::new(),
        dns: Dns::default(),
        boot: network.boot.clone(),
    };
    files.extend(networkmanager::settings(&only_boot));
    files
}

fn section(interface: &Interface) -> &'static str {
    match interface.kind {
        Kind::Ethernet { .. } => "ethernets",
        Kind::Bond { .. } => "bonds",
        Kind::Bridge { .. } => "bridges",
        Kind::Vlan { .. } => "vlans",
    }
}

fn write(yaml: &mut Yaml, interface: &Interface) {
    yaml.open(&interface.id);
    if let Some(mac) = interface.mac {
        yaml.open("match").text("macaddress", mac).close();
        if let Some(name) = &interface.name {
            yaml.text("set-name", name);
        }
    }
    match &interface.kind {
        Kind::Ethernet { wake_on_lan } => {
            if *wake_on_lan {
                yaml.flag("wakeonlan", true);
            }
        }
        Kind::Bond {
            ports,
            primary,
            options,
        } => {
            yaml.list("interfaces", ports);
            bond(yaml, options, primary.as_deref());
        }
        Kind::Bridge { ports, options } => {
            yaml.list("interfaces", ports);
            bridge(yaml, options);
        }
        Kind::Vlan { parent, id } => {
            yaml.number("id", u32::from(*id)).text("link", parent);
        }
    }
    if let Some(mtu) = interface.mtu {
        yaml.number("mtu", mtu);
    }
    if interface.controller.is_none() {
        addressing(yaml, interface);
    }
    yaml.close();
}

fn addressing(yaml: &mut Yaml, interface: &Interface) {
    let of = &interface.addressing;
    yaml.flag("dhcp4", of.dhcp4)
        .flag("dhcp6", of.dhcp6)
        .flag("accept-ra", of.takes_advertisements());
    if !of.addresses.is_empty() {
        yaml.list("addresses", &of.addresses);
    }
    let gateways = [of.gateway4, of.gateway6].into_iter().flatten();
    let gateways = gateways.map(|via| Route {
        to: None,
        via: Some(via),
        metric: None,
    });
    let routes: Vec<Route> = gateways.chain(of.routes.iter().copied()).collect();
    if !routes.is_empty() {
        yaml.open("routes");
        for route in &routes {
            yaml.item("to", route.destination_or_default());
            match route.via {
                Some(via) => yaml.more("via", via),
                None => yaml.more("scope", "link"),
            };
            if let Some(metric) = route.metric {
                yaml.more_number("metric", metric);
            }
        }
        yaml.close();
    }
    if !of.dns.is_empty() {
        yaml.open("nameservers");
        if !of.dns.servers.is_empty() {
            yaml.list("addresses", &of.dns.servers);
        }
        if !of.dns.search.is_empty() {
            yaml.list("search", &of.dns.search);
        }
        yaml.close();
    }
}

fn bond(yaml: &mut Yaml, options: &BondOptions, primary: Option<&str>) {
    yaml.open("parameters").text("mode", options.mode.as_str());
    for (key, value) in [
        ("mii-monitor-interval", options.miimon),
        ("up-delay", options.updelay),
        ("down-delay", options.downdelay),
        ("min-links", options.min_links),
        (
            "arp-interval",
            options.arp.as_ref().map(|(interval, _)| *interval),
        ),
    ] {
        if let Some(value) = value {
            yaml.number(key, value);
        }
    }
    if let Some((_, targets)) = &options.arp {
        yaml.list("arp-ip-targets", targets);
    }
    for (key, value) in [
        ("lacp-rate", options.lacp_rate.map(|value| value.as_str())),
        (
            "transmit-hash-policy",
            options.xmit_hash_policy.map(|value| value.as_str()),
        ),
        ("ad-select", options.ad_select.map(|value| value.as_str())),
        (
            "fail-over-mac-policy",
            options.fail_over_mac.map(|value| value.as_str()),
        ),
        (
            "primary-reselect-policy",
            options.primary_reselect.map(|value| value.as_str()),
        ),
        ("primary", primary),
    ] {
        if let Some(value) = value {
            yaml.text(key, value);
        }
    }
    yaml.close();
}

fn bridge(yaml: &mut Yaml, options: &BridgeOptions) {
    yaml.open("parameters").flag("stp", options.stp);
    for (key, value) in [
        ("forward-delay", options.forward_delay),
        ("hello-time", options.hello_time),
        ("max-age", options.max_age),
        ("ageing-time", options.ageing_time),
        ("priority", options.priority),
    ] {
        if let Some(value) = value {
            yaml.number(key, value);
        }
    }
    yaml.close();
}

/// The port is netplan's, so that nothing else takes it, and keeps what it has.
fn write_boot(yaml: &mut Yaml, port: &BootPort) {
    let digits = port.mac.digits();
    yaml.open(&format!("boot-{digits}"));
    yaml.open("match").text("macaddress", port.mac).close();
    yaml.flag("critical", true)
        .flag("dhcp4", false)
        .flag("dhcp6", false)
        .flag("accept-ra", false)
        .empty_list("link-local");
    yaml.close();
}

/// A writer of mappings in block style.
#[derive(Debug, Default)]
struct Yaml(String, usize);

impl Yaml {
    fn line(&mut self, line: impl Display) -> &mut Self {
        let indent = self.1 * 2;
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{:indent$}{line}", "");
        self
    }

    fn open(&mut self, key: &str) -> &mut Self {
        let key = quoted_where_needed(key);
        self.line(format_args!("{key}:"));
        self.1 += 1;
        self
    }

    /// Ends a mapping; one that stayed empty must say so.
    fn close(&mut self) -> &mut Self {
        self.1 = self.1.saturating_sub(1);
        if self.0.ends_with(":\n") {
            self.0.truncate(self.0.len() - 1);
            self.0.push_str(" {}\n");
        }
        self
    }

    fn text(&mut self, key: &str, value: impl Display) -> &mut Self {
        self.line(format_args!("{key}: \"{value}\""))
    }

    fn number(&mut self, key: &str, value: u32) -> &mut Self {
        self.line(format_args!("{key}: {value}"))
    }

    fn flag(&mut self, key: &str, value: bool) -> &mut Self {
        self.line(format_args!("{key}: {value}"))
    }

    fn list<T: Display>(&mut self, key: &str, items: &[T]) -> &mut Self {
        if items.is_empty() {
            return self.empty_list(key);
        }
        self.line(format_args!("{key}:"));
        for item in items {
            self.line(format_args!("  - \"{item}\""));
        }
        self
    }

    fn empty_list(&mut self, key: &str) -> &mut Self {
        self.line(format_args!("{key}: []"))
    }

    /// The first entry of a mapping in a list.
    fn item(&mut self, key: &str, value: impl Display) -> &mut Self {
        self.line(format_args!("- {key}: \"{value}\""))
    }

    fn more(&mut self, key: &str, value: impl Display) -> &mut Self {
        self.line(format_args!("  {key}: \"{value}\""))
    }

    fn more_number(&mut self, key: &str, value: u32) -> &mut Self {
        self.line(format_args!("  {key}: {value}"))
    }
}

/// A key that YAML could take for something else (`on`, `e1`, `y`) is quoted; a name with a digit
/// or a hyphen behind its first letters is none of these unless it is a number.
fn quoted_where_needed(key: &str) -> String {
    let words = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"];
    if words.contains(&key.to_ascii_lowercase().as_str()) {
        format!("\"{key}\"")
    } else {
        key.to_owned()
    }
}
