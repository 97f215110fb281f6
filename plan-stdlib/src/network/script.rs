//! From the maps of scripts to the model.

use super::model::address::{self, Cidr, Route};
use super::model::bond::{
    AdSelect, BondOptions, FailOverMac, HashPolicy, LacpRate, Mode, PrimaryReselect,
};
use super::model::bridge::BridgeOptions;
use super::model::name::InterfaceName;
use super::model::{Addressing, Declared, DeclaredKind, Dns, Key};
use crate::hosts::name;
use crate::options::Options;
use crate::values::{shorten, type_name};
use mintage_engine::{Code, PlanError};
use rhai::{Array, Dynamic, Map};
use std::net::{IpAddr, Ipv4Addr};

/// The options that every interface has.
const COMMON: [&str; 9] = [
    "addresses",
    "dhcp4",
    "dhcp6",
    "slaac",
    "gateway",
    "routes",
    "dns",
    "search",
    "mtu",
];
/// The most items of a list.
const MAX_ITEMS: usize = 64;

/// A port with the options that a script gave.
///
/// # Errors
/// `P2006`, `P2013`.
pub(super) fn ethernet(function: &'static str, map: Map) -> Result<Declared, PlanError> {
    let options = checked(function, map, &["name", "wake_on_lan"])?;
    let name = options.text("name")?;
    let kind = DeclaredKind::Ethernet {
        name: name.map(|name| InterfaceName::parse(&name)).transpose()?,
        wake_on_lan: options.flag("wake_on_lan", false)?,
    };
    declared(kind, &options)
}

/// # Errors
/// `P2006`, `P2013`.
pub(super) fn bond(function: &'static str, map: Map) -> Result<Declared, PlanError> {
    const KEYS: [&str; 14] = [
        "ports",
        "mode",
        "miimon",
        "updelay",
        "downdelay",
        "min_links",
        "lacp_rate",
        "xmit_hash_policy",
        "ad_select",
        "fail_over_mac",
        "primary",
        "primary_reselect",
        "arp_interval",
        "arp_targets",
    ];
    let options = checked(function, map, &KEYS)?;
    let primary = options.text("primary")?;
    let primary = primary.map(|primary| Key::parse(&primary)).transpose()?;
    let bond = BondOptions {
        mode: word(&options, "mode", Mode::parse)?.unwrap_or(Mode::ActiveBackup),
        miimon: number(&options, "miimon", 600_000)?,
        updelay: number(&options, "updelay", 600_000)?,
        downdelay: number(&options, "downdelay", 600_000)?,
        min_links: number(&options, "min_links", 256)?,
        lacp_rate: word(&options, "lacp_rate", LacpRate::parse)?,
        xmit_hash_policy: word(&options, "xmit_hash_policy", HashPolicy::parse)?,
        ad_select: word(&options, "ad_select", AdSelect::parse)?,
        fail_over_mac: word(&options, "fail_over_mac", FailOverMac::parse)?,
        primary_reselect: word(&options, "primary_reselect", PrimaryReselect::parse)?,
        arp: arp(&options)?,
    };
    // Without any look at its ports a bond would go on sending into a cut cable.
    let looks = bond.miimon.is_some() || bond.arp.is_some();
    let bond = BondOptions {
        miimon: if looks { bond.miimon } else { Some(100) },
        ..bond
    };
    bond.check(primary.is_some())?;
    let ports = ports(&options)?;
    if ports.is_empty() {
        return Err(
            PlanError::new(Code::P2013, "a bond needs at least one port").help(
                "name its ports by hardware address or name: `ports: [\"52:54:00:00:00:01\"]`",
            ),
        );
    }
    declared(
        DeclaredKind::Bond {
            ports,
            primary,
            options: bond,
        },
        &options,
    )
}

fn arp(options: &Options) -> Result<Option<(u32, Vec<Ipv4Addr>)>, PlanError> {
    let interval = number(options, "arp_interval", 600_000)?.filter(|interval| *interval > 0);
    let mut targets = Vec::new();
    for text in texts(options, "arp_targets")? {
        match address::host(&text, "a machine to ask by ARP")? {
            IpAddr::V4(target) => targets.push(target),
            IpAddr::V6(_) => {
                return Err(PlanError::new(Code::P2013, "ARP asks IPv4 addresses alone"));
            }
        }
    }
    match (interval, targets.len()) {
        (None, 0) => Ok(None),
        // The kernel's array has this many.
        (Some(interval), 1..=16) => Ok(Some((interval, targets))),
        _ => Err(PlanError::new(
            Code::P2013,
            "`arp_interval` of a bond goes with 1 to 16 `arp_targets`",
        )),
    }
}

/// # Errors
/// `P2006`, `P2013`.
pub(super) fn bridge(function: &'static str, map: Map) -> Result<Declared, PlanError> {
    const KEYS: [&str; 7] = [
        "ports",
        "stp",
        "forward_delay",
        "hello_time",
        "max_age",
        "ageing_time",
        "priority",
    ];
    let options = checked(function, map, &KEYS)?;
    let bridge = BridgeOptions {
        stp: options.flag("stp", false)?,
        forward_delay: number(&options, "forward_delay", u32::MAX)?,
        hello_time: number(&options, "hello_time", u32::MAX)?,
        max_age: number(&options, "max_age", u32::MAX)?,
        ageing_time: number(&options, "ageing_time", u32::MAX)?,
        priority: number(&options, "priority", u32::MAX)?,
    };
    bridge.check()?;
    let ports = ports(&options)?;
    declared(
        DeclaredKind::Bridge {
            ports,
            options: bridge,
        },
        &options,
    )
}

/// # Errors
/// `P2006`, `P2013`.
pub(super) fn vlan(
    function: &'static str,
    name: &InterfaceName,
    map: Map,
) -> Result<Declared, PlanError> {
    let options = checked(function, map, &["parent", "id"])?;
    // `bond0.100` says both.
    let said = name.as_str().rsplit_once('.');
    let parent = match (options.text("parent")?, said) {
        (Some(parent), _) => Key::parse(&parent)?,
        (None, Some((parent, _))) => Key::parse(parent)?,
        (None, None) => return Err(needed("parent", "the interface that it is on")),
    };
    let id = match (number(&options, "id", 4094)?, said) {
        (Some(id), _) => Some(id),
        (None, Some((_, id))) => id.parse().ok(),
        (None, None) => None,
    };
    let id = id
        .and_then(|id| u16::try_from(id).ok())
        .filter(|id| (1..=4094).contains(id));
    let id = id.ok_or_else(|| needed("id", "its number, from 1 to 4094"))?;
    declared(DeclaredKind::Vlan { parent, id }, &options)
}

fn needed(option: &str, what: &str) -> PlanError {
    PlanError::new(Code::P2013, format!("a VLAN needs `{option}`: {what}"))
        .help("a name like `bond0.100` says both; else give `#{ parent: \"bond0\", id: 100 }`")
}

/// # Errors
/// `P2006`, `P2013`.
pub(super) fn dns(function: &'static str, map: Map) -> Result<Dns, PlanError> {
    dns_of(
        &Options::checked(function, map, &["servers", "search"])?,
        "servers",
    )
}

/// One route of a map.
///
/// # Errors
/// `P2006`, `P2013`.
pub(super) fn route(function: &'static str, map: Map) -> Result<Route, PlanError> {
    let options = Options::checked(function, map, &["to", "via", "metric"])?;
    let to = options.text("to")?.ok_or_else(|| {
        PlanError::new(
            Code::P2013,
            "a route needs `to`: the network that it leads to",
        )
    })?;
    let via = options.text("via")?;
    let via = via
        .map(|via| address::host(&via, "a gateway"))
        .transpose()?;
    Route::new(&to, via, number(&options, "metric", u32::MAX)?)
}

fn checked(function: &'static str, map: Map, own: &[&str]) -> Result<Options, PlanError> {
    Options::checked(function, map, &[own, &COMMON].concat())
}

fn declared(kind: DeclaredKind, options: &Options) -> Result<Declared, PlanError> {
    let addressing = addressing(options)?;
    addressing.check()?;
    let mtu = number(options, "mtu", 65_535)?;
    let least = if addressing.has_v6() { 1280 } else { 68 };
    if let Some(mtu) = mtu.filter(|mtu| *mtu < least) {
        let message = format!("an MTU of {mtu} is too small: it is at least {least} here");
        return Err(PlanError::new(Code::P2013, message));
    }
    Ok(Declared {
        kind,
        addressing,
        mtu,
    })
}

fn addressing(options: &Options) -> Result<Addressing, PlanError> {
    let addresses = texts(options, "addresses")?;
    let addresses: Result<Vec<Cidr>, PlanError> =
        addresses.iter().map(|text| Cidr::parse(text)).collect();
    let mut of = Addressing {
        addresses: addresses?,
        dhcp4: options.flag("dhcp4", false)?,
        dhcp6: options.flag("dhcp6", false)?,
        slaac: options.flag("slaac", false)?,
        dns: dns_of(options, "dns")?,
        ..Addressing::default()
    };
    for text in texts(options, "gateway")? {
        let gateway = address::host(&text, "a gateway")?;
        let place = if gateway.is_ipv4() {
            &mut of.gateway4
        } else {
            &mut of.gateway6
        };
        if place.replace(gateway).is_some() {
            let message = "an interface has one gateway for IPv4 and one for IPv6";
            return Err(PlanError::new(Code::P2013, message).help("more ways are `routes`"));
        }
    }
    for item in items(options, "routes")? {
        let Some(map) = item.clone().try_cast::<Map>() else {
            return Err(wrong(
                "routes",
                "maps like `#{ to: \"10.0.0.0/8\", via: \"192.0.2.254\" }`",
                &item,
            ));
        };
        of.routes.push(route("routes", map)?);
    }
    Ok(of)
}

fn dns_of(options: &Options, servers: &str) -> Result<Dns, PlanError> {
    let mut dns = Dns::default();
    for text in texts(options, servers)? {
        dns.servers.push(address::host(&text, "a name server")?);
    }
    for domain in texts(options, "search")? {
        name::check(&domain, name::MAX_DOMAIN_NAME)?;
        dns.search.push(domain);
    }
    Ok(dns)
}

fn ports(options: &Options) -> Result<Vec<Key>, PlanError> {
    texts(options, "ports")?
        .iter()
        .map(|text| Key::parse(text))
        .collect()
}

fn word<T>(
    options: &Options,
    key: &str,
    parse: impl FnOnce(&str) -> Result<T, PlanError>,
) -> Result<Option<T>, PlanError> {
    // The kernel has numbers for its words.
    let number = options.value(key).and_then(|value| value.as_int().ok());
    let text = match number {
        Some(number) => Some(number.to_string().into()),
        None => options.text(key)?,
    };
    text.map(|text| parse(&text)).transpose()
}

fn number(options: &Options, key: &str, most: u32) -> Result<Option<u32>, PlanError> {
    let Some(value) = options.value(key) else {
        return Ok(None);
    };
    let given = value.as_int().map_err(|_| wrong(key, "a number", value))?;
    let number = u32::try_from(given).ok().filter(|number| *number <= most);
    number.map(Some).ok_or_else(|| {
        let message = format!("the option `{key}` goes from 0 to {most}, and is not {given}");
        PlanError::new(Code::P2013, message)
    })
}

/// A string, or an array of them.
fn texts(options: &Options, key: &str) -> Result<Vec<String>, PlanError> {
    let texts = items(options, key)?.into_iter().map(|item| {
        let text = item.clone().into_immutable_string();
        text.map(|text| text.to_string())
            .map_err(|_| wrong(key, "a string or an array of strings", &item))
    });
    texts.collect()
}

/// The items of an array, or the one that stands for it.
fn items(options: &Options, key: &str) -> Result<Vec<Dynamic>, PlanError> {
    let items = match options.value(key) {
        None => Vec::new(),
        Some(value) => match value.read_lock::<Array>() {
            Some(array) => array.to_vec(),
            None => vec![value.clone()],
        },
    };
    if items.len() > MAX_ITEMS {
        let message = format!(
            "the option `{}` has more than {MAX_ITEMS} items",
            shorten(key)
        );
        return Err(PlanError::new(Code::P2013, message));
    }
    Ok(items)
}

fn wrong(key: &str, wanted: &str, value: &Dynamic) -> PlanError {
    let found = type_name(value);
    PlanError::new(
        Code::P2006,
        format!("the option `{key}` must be {wanted}, not a value of type `{found}`"),
    )
}
