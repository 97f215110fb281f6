//! `Ipv4Subnet`: addresses that can reach each other without a router.

use crate::resource::{Field, Kind, Resource};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// A subnet, and what else a server on it must know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ipv4Subnet {
    /// Unique among subnets.
    pub name: String,
    /// Its first address.
    pub network_id: Ipv4Addr,
    /// Which bits of an address name the subnet: ones, then zeros.
    pub subnetmask: Ipv4Addr,
    /// The router that leads out of it.
    pub gateway: Option<Ipv4Addr>,
    /// Who answers questions of names, the first asked first.
    pub dns_servers: Vec<Ipv4Addr>,
    /// What is added to short names.
    pub domain: Option<String>,
}

impl Resource for Ipv4Subnet {
    const KIND: Kind = Kind::Ipv4Subnets;
    const FIELDS: &'static [Field] = &[
        Field::text("networkId"),
        Field::text("subnetmask"),
        Field::text("gateway"),
        Field::text("domain"),
    ];

    fn name(&self) -> &str {
        &self.name
    }
}
