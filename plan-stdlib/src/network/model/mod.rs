//! The neutral model of a network: what scripts declared, in no format.
//!
//! Every part of it is a type that only takes what can stand in every format as it is, so that no
//! value of a script breaks out of its place in a file.

pub(super) mod address;
pub(super) mod bond;
pub(super) mod bridge;
pub(super) mod name;
pub(super) mod network;
pub(super) mod resolve;

use super::detect::Stack;
use address::{Cidr, Mac, Route};
use bond::BondOptions;
use bridge::BridgeOptions;
use mintage_engine::{Code, PlanError};
use name::InterfaceName;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;

/// All that the scripts of a run said of the network so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    pub(super) interfaces: BTreeMap<Key, Declared>,
    /// Routes that were said apart from their interface.
    pub(super) routes: BTreeMap<Key, Vec<Route>>,
    pub(super) dns: Dns,
    /// The ports that carry the boot volume, with their names where those are known.
    pub(super) boot: BTreeMap<Mac, Option<InterfaceName>>,
    /// The format, where a script chose one.
    pub(super) stack: Option<Stack>,
    /// The files that this run wrote for all that.
    pub(super) written: BTreeSet<String>,
}

/// What an interface is known by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// A port, by its hardware address.
    Mac(Mac),
    /// Any interface, by its name.
    Name(InterfaceName),
}

impl Key {
    /// # Errors
    /// `P2013` for what is neither.
    pub(super) fn parse(text: &str) -> Result<Self, PlanError> {
        if Mac::is_meant(text) {
            return Ok(Self::Mac(Mac::parse(text)?));
        }
        Ok(Self::Name(InterfaceName::parse(text)?))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Mac(mac) => mac.fmt(f),
            Self::Name(name) => name.fmt(f),
        }
    }
}

/// An interface as a script declared it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) kind: DeclaredKind,
    pub(super) addressing: Addressing,
    pub(super) mtu: Option<u32>,
}

/// What kind of interface it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DeclaredKind {
    /// A port of the machine.
    Ethernet {
        /// The name that it is given.
        name: Option<InterfaceName>,
        wake_on_lan: bool,
    },
    Bond {
        ports: Vec<Key>,
        primary: Option<Key>,
        options: BondOptions,
    },
    Bridge {
        ports: Vec<Key>,
        options: BridgeOptions,
    },
    Vlan {
        parent: Key,
        id: u16,
    },
}

/// How an interface gets its addresses, and what goes with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Addressing {
    pub(super) addresses: Vec<Cidr>,
    pub(super) dhcp4: bool,
    pub(super) dhcp6: bool,
    /// Addresses and routes by the advertisements of routers.
    pub(super) slaac: bool,
    pub(super) gateway4: Option<IpAddr>,
    pub(super) gateway6: Option<IpAddr>,
    pub(super) routes: Vec<Route>,
    pub(super) dns: Dns,
}

impl Addressing {
    pub(super) fn of_family(&self, v4: bool) -> impl Iterator<Item = &Cidr> {
        self.addresses.iter().filter(move |a| a.is_v4() == v4)
    }

    pub(super) fn routes_of(&self, v4: bool) -> impl Iterator<Item = &Route> {
        self.routes.iter().filter(move |route| route.is_v4() == v4)
    }

    /// Whether advertisements of routers are taken. With DHCPv6 too: it tells no routes, they do.
    pub(super) fn takes_advertisements(&self) -> bool {
        self.slaac || self.dhcp6
    }

    pub(super) fn has_v4(&self) -> bool {
        self.dhcp4 || self.of_family(true).next().is_some()
    }

    pub(super) fn has_v6(&self) -> bool {
        self.takes_advertisements() || self.of_family(false).next().is_some()
    }

    /// # Errors
    /// `P2013` for what contradicts itself, or needs what is not there.
    pub(super) fn check(&self) -> Result<(), PlanError> {
        let is_static = |v4| self.of_family(v4).next().is_some();
        for (is_wrong, message) in [
            (
                self.dhcp4 && is_static(true),
                "an interface has IPv4 addresses or takes them from DHCP, not both",
            ),
            (
                self.dhcp6 && is_static(false),
                "an interface has IPv6 addresses or takes them from DHCPv6, not both",
            ),
            (
                self.gateway4.is_some() && !is_static(true),
                "an IPv4 gateway needs an IPv4 address of the same interface",
            ),
            (
                self.gateway6.is_some() && !is_static(false),
                "an IPv6 gateway needs an IPv6 address of the same interface",
            ),
            (
                self.routes_of(true).next().is_some() && !self.has_v4(),
                "an IPv4 route needs an IPv4 address of the same interface",
            ),
            (
                self.routes_of(false).next().is_some() && !self.has_v6(),
                "an IPv6 route needs an IPv6 address of the same interface",
            ),
            (
                !self.dns.is_empty() && !self.has_v4() && !self.has_v6(),
                "name servers of an interface need an address of it",
            ),
        ] {
            if is_wrong {
                return Err(PlanError::new(Code::P2013, message));
            }
        }
        Ok(())
    }
}

/// Who is asked for names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Dns {
    pub(super) servers: Vec<IpAddr>,
    pub(super) search: Vec<String>,
}

impl Dns {
    pub(super) fn is_empty(&self) -> bool {
        self.servers.is_empty() && self.search.is_empty()
    }

    /// Takes in what `other` has besides.
    pub(super) fn add(&mut self, other: &Self) {
        for server in &other.servers {
            if !self.servers.contains(server) {
                self.servers.push(*server);
            }
        }
        for domain in &other.search {
            if !self.search.contains(domain) {
                self.search.push(domain.clone());
            }
        }
    }
}
