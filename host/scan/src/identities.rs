//! `Identities`: what a scan looks for, and what it will not look for because it says nothing.

use crate::kind::Kind;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Values that must not travel. They are secrets: nothing prints them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Identities {
    values: BTreeMap<Kind, BTreeSet<Vec<u8>>>,
    skipped: BTreeSet<String>,
}

/// Names that say nothing of a host, and stand in thousands of files.
const COMMON_NAMES: &[&str] = &[
    "almalinux",
    "archlinux",
    "centos",
    "cloud",
    "debian",
    "default",
    "fedora",
    "host",
    "hostname",
    "image",
    "linux",
    "linuxmint",
    "local",
    "localdomain",
    "localhost",
    "localhost4",
    "localhost6",
    "none",
    "opensuse",
    "oracle",
    "raspberrypi",
    "redhat",
    "rhel",
    "rocky",
    "root",
    "server",
    "sles",
    "suse",
    "template",
    "test",
    "ubuntu",
    "unassigned",
    "unknown",
    "vm",
];

/// Shorter values of these kinds would be found everywhere by chance.
const MIN_NAME: usize = 3;
/// The shortest text that a caller may ask for, in bytes.
const MIN_GIVEN: usize = 4;

impl Identities {
    /// Adds a value, unless it is empty or says nothing of one host; see [`Self::skipped`].
    pub fn add(&mut self, kind: Kind, value: impl AsRef<[u8]>) {
        let value = value.as_ref().trim_ascii();
        if value.is_empty() {
            return;
        }
        match kind {
            Kind::HostName => self.add_name(value),
            Kind::IpAddress => self.add_address(value),
            Kind::MacAddress => self.add_mac(value),
            Kind::MachineId if !is_machine_id(value) => {}
            Kind::Given if value.len() < MIN_GIVEN => {
                let why = format!("a given text of less than {MIN_GIVEN} bytes is too short");
                self.skipped.insert(why);
            }
            _ => self.insert(kind, value),
        }
    }

    /// Adds all that `other` has.
    pub fn merge(&mut self, other: Self) {
        for (kind, values) in other.values {
            self.values.entry(kind).or_default().extend(values);
        }
        self.skipped.extend(other.skipped);
    }

    /// Leaves out all values of a kind.
    pub fn forget(&mut self, kind: Kind) {
        self.values.remove(&kind);
    }

    /// How many values of each kind there are.
    pub fn counts(&self) -> BTreeMap<Kind, usize> {
        let values = self.values.iter();
        values.map(|(kind, values)| (*kind, values.len())).collect()
    }

    /// What was not taken, and why, for people. No value of one host is in it.
    pub fn skipped(&self) -> impl Iterator<Item = &str> {
        self.skipped.iter().map(String::as_str)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Kind, &[u8])> {
        let values = self.values.iter();
        values.flat_map(|(kind, values)| values.iter().map(|value| (*kind, value.as_slice())))
    }

    fn insert(&mut self, kind: Kind, value: &[u8]) {
        self.values.entry(kind).or_default().insert(value.to_vec());
    }

    /// A name and, of one with a domain, its first part.
    fn add_name(&mut self, name: &[u8]) {
        let name = name.to_ascii_lowercase();
        let name = name.strip_suffix(b".").unwrap_or(&name);
        let short = name.split(|b| *b == b'.').next().unwrap_or_default();
        // `localhost4.localdomain4` is Red Hat's.
        let is_local = matches!(short, b"localhost" | b"localhost4" | b"localhost6");
        for part in [name, short] {
            let text = String::from_utf8_lossy(part);
            if COMMON_NAMES.contains(&text.as_ref()) || is_local {
                let why = format!("the host name `{text}` is too common to be looked for");
                self.skipped.insert(why);
            } else if part.len() < MIN_NAME {
                let why = format!("a host name of less than {MIN_NAME} letters is too short");
                self.skipped.insert(why);
            } else if text.parse::<IpAddr>().is_err() {
                self.insert(Kind::HostName, part);
            }
        }
    }

    fn add_address(&mut self, address: &[u8]) {
        let text = String::from_utf8_lossy(address);
        let says_something = match text.parse() {
            Ok(IpAddr::V4(address)) => is_of_one_host_v4(address),
            Ok(IpAddr::V6(address)) => is_of_one_host_v6(address),
            Err(_) => false,
        };
        if says_something {
            self.insert(Kind::IpAddress, text.to_ascii_lowercase().as_bytes());
        }
    }

    fn add_mac(&mut self, mac: &[u8]) {
        let Some(bytes) = crate::forms::pairs(mac) else {
            return;
        };
        // All zeros, broadcast, and group addresses are of no port.
        let is_group = bytes.first().is_none_or(|first| first & 1 == 1);
        if bytes.len() == 6 && !is_group && bytes.iter().any(|byte| *byte != 0) {
            self.insert(Kind::MacAddress, &bytes);
        }
    }
}

fn is_machine_id(value: &[u8]) -> bool {
    value.len() == 32 && value.iter().all(u8::is_ascii_hexdigit) && value.iter().any(|b| *b != b'0')
}

/// Not an address of every host, a netmask, or one of those kept for documentation (RFC 5737).
fn is_of_one_host_v4(address: Ipv4Addr) -> bool {
    let [first, ..] = address.octets();
    let is_mask = {
        let bits = u32::from(address);
        bits.count_ones() == bits.leading_ones()
    };
    !(first == 0
        || address.is_loopback()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation()
        || first >= 240
        || is_mask)
}

/// Not an address of every host, or one of those kept for documentation (RFC 3849, RFC 9637).
fn is_of_one_host_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let is_documentation = segments[..2] == [0x2001, 0xdb8] || segments[0] == 0x3fff;
    // `fe80::`, `2000::`: a prefix and not an address.
    let is_prefix = segments[1..].iter().all(|segment| *segment == 0);
    let is_tiny = segments[..7].iter().all(|segment| *segment == 0);
    !(address.is_multicast() || is_documentation || is_prefix || is_tiny)
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identities").field(&self.counts()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_nothing_of_one_host_is_left_out() {
        for (kind, value, expected) in [
            (
                Kind::HostName,
                "Web01.example.COM.",
                &["web01", "web01.example.com"][..],
            ),
            (Kind::HostName, "debian", &[]),
            (Kind::HostName, "localhost.localdomain", &[]),
            (Kind::HostName, "localhost4.localdomain4", &[]),
            (Kind::HostName, "db", &[]),
            (Kind::HostName, " \n", &[]),
            (Kind::IpAddress, "10.1.2.3", &["10.1.2.3"]),
            (Kind::IpAddress, "127.0.1.1", &[]),
            (Kind::IpAddress, "255.255.255.0", &[]),
            (Kind::IpAddress, "128.0.0.0", &[]),
            (Kind::IpAddress, "192.0.2.7", &[]),
            (Kind::IpAddress, "224.0.0.251", &[]),
            (Kind::IpAddress, "FD00::12", &["fd00::12"]),
            (Kind::IpAddress, "::1", &[]),
            (Kind::IpAddress, "fe80::", &[]),
            (Kind::IpAddress, "2001:db8::1", &[]),
            (Kind::MacAddress, "00:00:00:00:00:00", &[]),
            (Kind::MacAddress, "ff:ff:ff:ff:ff:ff", &[]),
            (Kind::MachineId, "uninitialized", &[]),
            (Kind::Given, "abc", &[]),
            (Kind::Given, "SN-1234", &["SN-1234"]),
        ] {
            let mut identities = Identities::default();
            identities.add(kind, value);
            let found: Vec<_> = identities.iter().map(|(_, value)| value.to_vec()).collect();
            assert_eq!(
                found,
                expected.iter().map(|v| v.as_bytes()).collect::<Vec<_>>(),
                "{value}"
            );
        }
    }

    #[test]
    fn what_is_skipped_is_said_and_nothing_is_shown() {
        let mut identities = Identities::default();
        identities.add(Kind::HostName, "debian.secret.example");
        let skipped: Vec<_> = identities.skipped().collect();
        assert_eq!(
            skipped,
            ["the host name `debian` is too common to be looked for"]
        );
        assert_eq!(format!("{identities:?}"), "Identities({HostName: 1})");
    }
}
