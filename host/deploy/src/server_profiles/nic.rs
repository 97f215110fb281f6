//! The settings of a nic as the wire flattens them: `NIC1.ipaddress`, `NIC1.constraint`, and so on.
//!
//! What a plan takes for a nic is `mintage_plans::attribute`'s; here is what the wire adds: which network a
//! nic is in, who chooses its address, and which values only say what holds anyway.

use std::collections::BTreeMap;

/// The fields of a nic on the wire.
const FIELDS: [&str; 14] = [
    "connectionid",
    "networkuri",
    "constraint",
    "dhcp",
    "ipv4disable",
    "ipaddress",
    "netmask",
    "gateway",
    "dns1",
    "dns2",
    "dns3",
    "vlanid",
    "mac",
    "domain",
];

/// What holds where nothing is said; `constraint` is apart, see [`Nic::source`].
const DEFAULTS: [(&str, &str); 3] = [("dhcp", "false"), ("ipv4disable", "false"), ("vlanid", "0")];

/// The fields that belong to an address: they have a sense only where the profile gives it.
pub(super) const OF_ADDRESS: [&str; 3] = ["ipaddress", "netmask", "gateway"];

/// The nic and the field that a setting is about, when it is about one.
pub fn split(name: &str) -> Option<(&str, &str)> {
    let parts = name.split_once('.');
    parts.filter(|(nic, field)| !nic.is_empty() && FIELDS.contains(field))
}

/// Whether a value says only what holds where nothing is said.
pub(super) fn is_default(field: &str, value: &str) -> bool {
    let default = DEFAULTS.iter().find(|(name, _)| *name == field);
    value.is_empty() || default.is_some_and(|(_, default)| value.eq_ignore_ascii_case(default))
}

/// Where a nic's address comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The service takes one of the network's pool.
    Pool,
    /// From a DHCP server, as the server boots.
    Dhcp,
    /// The profile says it.
    Given,
    /// It has none.
    None,
}

/// The settings of one nic, those without a value left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nic<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Nic<'a> {
    /// The nics that `settings` are about, by name; the last of two settings of a field counts.
    pub fn all(settings: impl IntoIterator<Item = (&'a str, &'a str)>) -> BTreeMap<&'a str, Self> {
        let mut nics = BTreeMap::<_, Self>::new();
        for (name, value) in settings {
            if let Some((nic, field)) = split(name).filter(|_| !value.trim().is_empty()) {
                nics.entry(nic).or_default().0.insert(field, value.trim());
            }
        }
        nics
    }

    /// A field that has a value.
    pub fn get(&self, field: &str) -> Option<&'a str> {
        self.0.get(field).copied()
    }

    /// All fields that have a value.
    pub fn fields(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().map(|(field, value)| (*field, *value))
    }

    fn is_true(&self, field: &str) -> bool {
        self.get(field)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Where its address comes from. Without a `constraint` one that has an address keeps it: the wire's
    /// default `auto` is for those that have none.
    pub fn source(&self) -> Source {
        let constraint = self.get("constraint").unwrap_or_default();
        let is = |text: &str| constraint.eq_ignore_ascii_case(text);
        if self.is_true("ipv4disable") {
            Source::None
        } else if self.is_true("dhcp") || is("dhcp") {
            Source::Dhcp
        } else if is("userspecified") || (constraint.is_empty() && self.get("ipaddress").is_some())
        {
            Source::Given
        } else {
            Source::Pool
        }
    }

    /// Its fields as a plan takes them. Which network it is in is nothing for a plan, and where the
    /// address is not the profile's, a value that was left of another time is none either.
    pub fn for_plan(&self) -> BTreeMap<&'a str, &'a str> {
        let source = self.source();
        let mut fields = self.0.clone();
        for field in [
            "connectionid",
            "networkuri",
            "constraint",
            "dhcp",
            "ipv4disable",
        ] {
            fields.remove(field);
        }
        let flag = match source {
            Source::Pool | Source::Given => None,
            Source::Dhcp => Some("dhcp"),
            Source::None => Some("ipv4disable"),
        };
        if let Some(flag) = flag {
            OF_ADDRESS.iter().for_each(|field| {
                fields.remove(field);
            });
            fields.insert(flag, "true");
        }
        fields
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nic<'a>(fields: &'a [(&'a str, &'a str)]) -> Nic<'a> {
        Nic::all(fields.iter().copied())
            .remove("NIC1")
            .unwrap_or_default()
    }

    #[test]
    fn names_are_split_where_the_wire_joins_them() {
        for (name, expected) in [
            ("NIC1.ipaddress", Some(("NIC1", "ipaddress"))),
            ("HostName", None),
            ("NIC1.address", None),
            ("a.b.mac", None),
            (".mac", None),
        ] {
            assert_eq!(split(name), expected, "{name}");
        }
    }

    #[test]
    fn the_source_of_an_address_and_what_a_plan_gets() {
        let address = ("NIC1.ipaddress", "192.0.2.7");
        let network = ("NIC1.networkuri", "/rest/ethernet-networks/1");
        for (fields, source, for_plan) in [
            (&[][..], Source::Pool, ""),
            (&[network, ("NIC1.constraint", "Auto")], Source::Pool, ""),
            (
                &[network, ("NIC1.constraint", "auto"), address],
                Source::Pool,
                "ipaddress=192.0.2.7",
            ),
            (&[address], Source::Given, "ipaddress=192.0.2.7"),
            (
                &[
                    address,
                    ("NIC1.constraint", "userspecified"),
                    ("NIC1.dhcp", "False"),
                    ("NIC1.connectionid", "3"),
                    ("NIC1.vlanid", " 7 "),
                    ("NIC1.domain", " "),
                ],
                Source::Given,
                "ipaddress=192.0.2.7 vlanid=7",
            ),
            (
                &[address, ("NIC1.dhcp", "TRUE"), ("NIC1.dns1", "192.0.2.1")],
                Source::Dhcp,
                "dhcp=true dns1=192.0.2.1",
            ),
            (&[("NIC1.constraint", "dhcp")], Source::Dhcp, "dhcp=true"),
            (
                &[address, ("NIC1.ipv4disable", "true"), ("NIC1.dhcp", "true")],
                Source::None,
                "ipv4disable=true",
            ),
        ] {
            let nic = nic(fields);
            assert_eq!(nic.source(), source, "{fields:?}");
            let fields: Vec<String> = nic
                .for_plan()
                .iter()
                .map(|(k, v)| format!("{k}={v}"))
                .collect();
            assert_eq!(fields.join(" "), for_plan);
        }
    }
}
