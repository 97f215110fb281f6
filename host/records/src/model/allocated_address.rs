//! `AllocatedAddress`: an IPv4 address that somebody has.

use crate::id::Id;
use crate::resource::{Field, Kind, Reference, Resource};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;

/// An address that somebody has, until it is released. Its id and its name are made of the subnet and
/// the address alone, so the store itself refuses to give one twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AllocatedAddress {
    /// `SUBNET/ADDRESS`, the subnet by its id.
    name: String,
    /// The address.
    address: Ipv4Addr,
    /// The subnet that it is part of.
    subnet: Id,
    /// The range that it was taken from; none for one that was asked for outside of all ranges.
    pub range: Option<Id>,
    /// What has it, as `KIND/ID`; none for an address that a client of the API took.
    owner: Option<String>,
    /// For what of its owner it is: the name of a custom attribute of type nic.
    nic: Option<String>,
}

impl AllocatedAddress {
    /// An address that nobody has yet.
    pub fn new(subnet: Id, address: Ipv4Addr, range: Option<Id>) -> Self {
        Self {
            name: format!("{subnet}/{address}"),
            address,
            subnet,
            range,
            owner: None,
            nic: None,
        }
    }

    /// The same, as what `nic` of a resource has. The resource need not be stored yet.
    #[must_use]
    pub fn owned_by(self, kind: Kind, id: &Id, nic: &str) -> Self {
        Self {
            owner: Some(Self::owner_key(kind, id)),
            nic: Some(nic.to_owned()),
            ..self
        }
    }

    /// The id under which an address is stored; none for a subnet whose id is too long for it.
    pub fn id_of(subnet: &Id, address: Ipv4Addr) -> Option<Id> {
        let [a, b, c, d] = address.octets();
        Id::parse(&format!("{subnet}-{a}-{b}-{c}-{d}"))
    }

    /// What the field `owner` is for a resource.
    pub fn owner_key(kind: Kind, id: &Id) -> String {
        format!("{kind}/{id}")
    }

    /// The address.
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// The subnet that it is part of.
    pub fn subnet(&self) -> &Id {
        &self.subnet
    }

    /// What has it.
    pub fn owner(&self) -> Option<(Kind, Id)> {
        let (kind, id) = self.owner.as_deref()?.split_once('/')?;
        Some((Kind::parse(kind)?, Id::parse(id)?))
    }

    /// For what of its owner it is.
    pub fn nic(&self) -> Option<&str> {
        self.nic.as_deref()
    }
}

impl Resource for AllocatedAddress {
    const KIND: Kind = Kind::Ipv4Addresses;
    const FIELDS: &'static [Field] = &[
        Field::text("address"),
        Field::text("subnet"),
        Field::text("range"),
        Field::text("owner"),
        Field::text("nic"),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn references(&self) -> Vec<Reference> {
        let subnet = Reference {
            role: "subnetUri",
            kind: Kind::Ipv4Subnets,
            id: self.subnet.clone(),
        };
        let range = self.range.iter().map(|id| Reference {
            role: "rangeUri",
            kind: Kind::Ipv4Ranges,
            id: id.clone(),
        });
        [subnet].into_iter().chain(range).collect()
    }
}
