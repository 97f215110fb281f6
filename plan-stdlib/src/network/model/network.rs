//! A network as the renderers get it: every interface with what it is made of and a part of.

use super::address::Mac;
use super::bond::BondOptions;
use super::bridge::BridgeOptions;
use super::name::InterfaceName;
use super::{Addressing, Dns};

/// A network as a format writes it.
#[derive(Debug, Clone)]
pub(in crate::network) struct Network {
    /// Every interface behind those that it is made of.
    pub(in crate::network) interfaces: Vec<Interface>,
    /// What goes for all interfaces.
    pub(in crate::network) dns: Dns,
    pub(in crate::network) boot: Vec<BootPort>,
}

/// A port that carries the boot volume.
#[derive(Debug, Clone)]
pub(in crate::network) struct BootPort {
    pub(in crate::network) mac: Mac,
    pub(in crate::network) name: Option<InterfaceName>,
}

/// An interface, and what it is a part of.
#[derive(Debug, Clone)]
pub(in crate::network) struct Interface {
    /// What a file or a section for it is called: its name where it has one.
    pub(in crate::network) id: String,
    /// Its name, where it is known.
    pub(in crate::network) name: Option<InterfaceName>,
    /// The port that it is; one with a name too gets that name.
    pub(in crate::network) mac: Option<Mac>,
    pub(in crate::network) kind: Kind,
    pub(in crate::network) controller: Option<Controller>,
    /// The VLANs on it, by name.
    pub(in crate::network) vlans: Vec<String>,
    pub(in crate::network) addressing: Addressing,
    pub(in crate::network) mtu: Option<u32>,
    pub(in crate::network) uuid: String,
}

/// What kind of interface it is; others are named by their `id`.
#[derive(Debug, Clone)]
pub(in crate::network) enum Kind {
    Ethernet {
        wake_on_lan: bool,
    },
    Bond {
        ports: Vec<String>,
        primary: Option<String>,
        options: BondOptions,
    },
    Bridge {
        ports: Vec<String>,
        options: BridgeOptions,
    },
    Vlan {
        parent: String,
        id: u16,
    },
}

/// The bond or bridge that an interface is a port of.
#[derive(Debug, Clone)]
pub(in crate::network) struct Controller {
    pub(in crate::network) id: String,
    pub(in crate::network) is_bond: bool,
    pub(in crate::network) is_primary: bool,
}

impl Network {
    /// All name servers and domains, those of interfaces too.
    pub(in crate::network) fn all_dns(&self) -> Dns {
        let mut dns = self.dns.clone();
        for interface in &self.interfaces {
            dns.add(&interface.addressing.dns);
        }
        dns
    }
}

impl Interface {
    /// Whether it is a port of the machine that is given its name here.
    pub(in crate::network) fn is_renamed(&self) -> bool {
        self.mac.is_some() && self.name.is_some()
    }
}
