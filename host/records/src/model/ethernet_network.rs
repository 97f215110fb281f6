//! `EthernetNetwork`: a network that servers are connected to.

use crate::id::Id;
use crate::resource::{Field, Kind, Reference, Resource};
use serde::{Deserialize, Serialize};

/// A network. Addresses on it come from its subnet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EthernetNetwork {
    /// Unique among networks.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Its VLAN, 1 to 4094; 0: none.
    pub vlan_id: u16,
    /// `General`, `Management`, `ISCSI`, …: any word.
    pub purpose: String,
    /// `Tagged`, `Untagged`, `Tunnel`.
    pub ethernet_network_type: String,
    /// Whether the ports of servers on it may not reach each other.
    pub private_network: bool,
    /// Whether a server's port goes down when all uplinks do.
    pub smart_link: bool,
    /// The wire's type, as the client gave it: `ethernet-networkV4`.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Where its addresses come from.
    pub subnet: Option<Id>,
}

impl Resource for EthernetNetwork {
    const KIND: Kind = Kind::EthernetNetworks;
    const FIELDS: &'static [Field] = &[
        Field::text("description"),
        Field::number("vlanId"),
        Field::text("purpose"),
        Field::text("ethernetNetworkType"),
        Field::text("privateNetwork"),
        Field::text("smartLink"),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn references(&self) -> Vec<Reference> {
        let subnet = self.subnet.iter().map(|id| Reference {
            role: "subnetUri",
            kind: Kind::Ipv4Subnets,
            id: id.clone(),
        });
        subnet.collect()
    }
}
