//! `Ipv4Range`: addresses of a subnet that are given to servers.

use crate::id::Id;
use crate::resource::{Field, Kind, Reference, Resource};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// A range: fragments of its subnet that do not overlap, with each other or another range's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Ipv4Range {
    /// Unique among ranges.
    pub name: String,
    /// The subnet that it is part of.
    pub subnet: Id,
    /// What it holds, in ascending order.
    pub start_stop_fragments: Vec<AddressFragment>,
    /// Whether addresses of it are given out. Those that were given stay given.
    pub enabled: bool,
}

/// Addresses one after the other, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddressFragment {
    /// The first one.
    pub start_address: Ipv4Addr,
    /// The last one.
    pub end_address: Ipv4Addr,
}

impl AddressFragment {
    /// Whether an address is in it.
    pub fn contains(&self, address: Ipv4Addr) -> bool {
        (self.start_address..=self.end_address).contains(&address)
    }
}

impl Resource for Ipv4Range {
    const KIND: Kind = Kind::Ipv4Ranges;
    const FIELDS: &'static [Field] = &[Field::text("enabled"), Field::text("subnet")];

    fn name(&self) -> &str {
        &self.name
    }

    fn references(&self) -> Vec<Reference> {
        let subnet = Reference {
            role: "subnetUri",
            kind: Kind::Ipv4Subnets,
            id: self.subnet.clone(),
        };
        vec![subnet]
    }
}
