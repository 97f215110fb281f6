//! A network on the wire.

use crate::error::ApiError;
use crate::resources::artifact::{Flag, OK, Text, existing, name, nullable};
use mintage_records::model::EthernetNetwork;
use mintage_records::{Kind, Stored, View};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The type of one that was made without.
const TYPE: &str = "ethernet-networkV4";
const STATE: &str = "Active";
const TAGGED: &str = "Tagged";
const UNTAGGED: &str = "Untagged";
/// How frames of a network are told from those of others.
const TYPES: [&str; 3] = [TAGGED, UNTAGGED, "Tunnel"];
/// The purpose of one that was made without.
const PURPOSE: &str = "General";
/// The VLANs that there are (IEEE 802.1Q; 0 and 4095 mean something else).
const VLANS: std::ops::RangeInclusive<u16> = 1..=4094;

/// What is the same in all networks.
pub(super) const CONSTANTS: [(&str, &str); 3] = [
    ("category", Kind::EthernetNetworks.as_str()),
    ("state", STATE),
    ("status", OK),
];

/// A network.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EthernetNetwork)]
pub(super) struct Wire {
    #[serde(rename = "type")]
    type_name: String,
    category: &'static str,
    uri: String,
    id: String,
    name: String,
    description: Option<String>,
    state: &'static str,
    status: &'static str,
    created: String,
    modified: String,
    e_tag: String,
    /// 1 to 4094; 0: none.
    vlan_id: u16,
    /// `Tagged`, `Untagged`, `Tunnel`.
    ethernet_network_type: String,
    purpose: String,
    private_network: bool,
    smart_link: bool,
    /// Where its addresses come from.
    subnet_uri: Option<String>,
    /// Always null.
    ipv6_subnet_uri: Option<String>,
    /// Always null.
    connection_template_uri: Option<String>,
    /// Always null.
    fabric_uri: Option<String>,
}

impl From<Stored<EthernetNetwork>> for Wire {
    fn from(stored: Stored<EthernetNetwork>) -> Self {
        let network = stored.body;
        Self {
            type_name: network.type_name.unwrap_or_else(|| TYPE.to_owned()),
            category: Kind::EthernetNetworks.as_str(),
            uri: Kind::EthernetNetworks.uri(&stored.id),
            id: stored.id.to_string(),
            name: network.name,
            description: network.description,
            state: STATE,
            status: OK,
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            vlan_id: network.vlan_id,
            ethernet_network_type: network.ethernet_network_type,
            purpose: network.purpose,
            private_network: network.private_network,
            smart_link: network.smart_link,
            subnet_uri: network.subnet.map(|id| Kind::Ipv4Subnets.uri(&id)),
            ipv6_subnet_uri: None,
            connection_template_uri: None,
            fabric_uri: None,
        }
    }
}

/// A network that is sent. Other members are taken and not looked at.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schema(as = EthernetNetworkInput)]
pub(super) struct Input {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    /// 1 to 4094; 0 or missing: none.
    #[schema(value_type = Option<u16>)]
    pub(super) vlan_id: Option<Text>,
    /// `Tagged`, `Untagged`, `Tunnel`; a new one without it is tagged if it has a VLAN.
    pub(super) ethernet_network_type: Option<String>,
    /// Any word: `General`, `Management`, `ISCSI`.
    pub(super) purpose: Option<String>,
    #[schema(value_type = Option<bool>)]
    pub(super) private_network: Option<Flag>,
    #[schema(value_type = Option<bool>)]
    pub(super) smart_link: Option<Flag>,
    #[serde(rename = "type")]
    pub(super) type_name: Option<String>,
    /// Null or empty: it gives no addresses.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    pub(super) subnet_uri: Option<Option<String>>,
    pub(super) e_tag: Option<String>,
}

impl Input {
    /// The version that the change is meant for.
    pub(super) fn e_tag(&self) -> Option<&str> {
        self.e_tag.as_deref()
    }

    /// The network: what is not given is as in the old one.
    pub(super) fn network(
        self,
        view: &mut View<'_>,
        old: Option<&EthernetNetwork>,
    ) -> Result<EthernetNetwork, ApiError> {
        let vlan_id = match self.vlan_id {
            Some(text) => vlan(&text.0)?,
            None => old.map_or(0, |old| old.vlan_id),
        };
        let given = self.ethernet_network_type.as_deref();
        let of_old = old.map(|old| old.ethernet_network_type.as_str());
        let ethernet_network_type = network_type(given.or(of_old), vlan_id)?;
        let subnet = match self.subnet_uri {
            None => old.and_then(|old| old.subnet.clone()),
            Some(uri) => match uri.filter(|uri| !uri.trim().is_empty()) {
                Some(uri) => Some(existing(view, "subnetUri", Kind::Ipv4Subnets, &uri)?),
                None => None,
            },
        };
        let flag = |given: Option<Flag>, old: Option<bool>| {
            given.map(|flag| flag.0).or(old).unwrap_or_default()
        };
        let purpose = self.purpose.or_else(|| Some(old?.purpose.clone()));
        Ok(EthernetNetwork {
            name: name(self.name, old.map(|old| old.name.as_str()))?,
            description: self.description.or_else(|| old?.description.clone()),
            vlan_id,
            purpose: purpose.unwrap_or_else(|| PURPOSE.to_owned()),
            ethernet_network_type,
            private_network: flag(self.private_network, old.map(|old| old.private_network)),
            smart_link: flag(self.smart_link, old.map(|old| old.smart_link)),
            type_name: self.type_name.or_else(|| old?.type_name.clone()),
            subnet,
        })
    }
}

/// The number of a VLAN; 0: none.
fn vlan(text: &str) -> Result<u16, ApiError> {
    let number = text.trim().parse().ok();
    let number = number.filter(|number| *number == 0 || VLANS.contains(number));
    number.ok_or_else(|| wrong_vlan(format!("a VLAN has a number from 1 to 4094, not `{text}`")))
}

/// How frames are told from those of other networks, as the wire writes it.
fn network_type(given: Option<&str>, vlan_id: u16) -> Result<String, ApiError> {
    let meant = match given {
        None if vlan_id == 0 => UNTAGGED,
        None => TAGGED,
        Some(given) => {
            let known = TYPES
                .into_iter()
                .find(|known| known.eq_ignore_ascii_case(given));
            known.ok_or_else(|| {
                let message = format!("`ethernetNetworkType` is one of {}", TYPES.join(", "));
                ApiError::bad_request("INVALID_NETWORK_TYPE", message).source("ethernetNetworkType")
            })?
        }
    };
    match (meant, vlan_id) {
        (TAGGED, 0) => Err(wrong_vlan("a tagged network needs a VLAN".to_owned())),
        _ => Ok(meant.to_owned()),
    }
}

pub(super) fn wrong_vlan(message: String) -> ApiError {
    ApiError::bad_request("INVALID_VLAN", message)
        .source("vlanId")
        .action("Give a number from 1 to 4094, or make the network `Untagged`.")
}
