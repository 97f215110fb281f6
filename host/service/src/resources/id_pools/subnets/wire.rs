//! A subnet on the wire.

use crate::error::ApiError;
use crate::resources::artifact::{NamedUri, OK, missing, name, nullable};
use mintage_deploy::networks::{Block, Pool};
use mintage_records::model::Ipv4Subnet;
use mintage_records::{Kind, Stored, Use};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use utoipa::ToSchema;

const CATEGORY: &str = "id-range-IPV4-subnet";
const TYPE: &str = "Subnet";

/// What is the same in all subnets.
pub(super) const CONSTANTS: [(&str, &str); 4] = [
    ("category", CATEGORY),
    ("type", TYPE),
    ("state", OK),
    ("status", OK),
];

/// A subnet.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Subnet)]
pub(super) struct Wire {
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    id: String,
    name: String,
    state: &'static str,
    status: &'static str,
    created: String,
    modified: String,
    e_tag: String,
    /// Its first address.
    network_id: String,
    subnetmask: String,
    gateway: Option<String>,
    dns_servers: Vec<String>,
    domain: Option<String>,
    range_uris: Vec<String>,
    /// The networks on it.
    associated_resources: Vec<NamedUri>,
    allocator_uri: String,
    collector_uri: String,
}

impl Wire {
    pub(super) fn new(stored: Stored<Ipv4Subnet>, pool: &Pool, users: Vec<Use>) -> Self {
        let uri = Kind::Ipv4Subnets.uri(&stored.id);
        let subnet = stored.body;
        let ranges = pool.ranges.iter();
        let networks = users.into_iter();
        let networks = networks.filter(|user| user.kind == Kind::EthernetNetworks);
        Self {
            type_name: TYPE,
            category: CATEGORY,
            id: stored.id.to_string(),
            name: subnet.name,
            state: OK,
            status: OK,
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            network_id: subnet.network_id.to_string(),
            subnetmask: subnet.subnetmask.to_string(),
            gateway: subnet.gateway.map(|address| address.to_string()),
            dns_servers: subnet.dns_servers.iter().map(Ipv4Addr::to_string).collect(),
            domain: subnet.domain,
            range_uris: ranges
                .map(|range| Kind::Ipv4Ranges.uri(&range.id))
                .collect(),
            associated_resources: networks.map(NamedUri::from).collect(),
            allocator_uri: format!("{uri}/allocator"),
            collector_uri: format!("{uri}/collector"),
            uri,
        }
    }
}

/// A subnet that is sent. Other members are taken and not looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schema(as = SubnetInput)]
pub(super) struct Input {
    /// A new one without it is called by its addresses: `10.0.0.0/24`.
    name: Option<String>,
    /// Its first address.
    network_id: Option<String>,
    subnetmask: Option<String>,
    /// Null or empty: none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    gateway: Option<Option<String>>,
    /// The first is asked first.
    #[schema(value_type = Option<Vec<String>>)]
    dns_servers: Option<Vec<Option<String>>>,
    /// Null or empty: none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    domain: Option<Option<String>>,
    e_tag: Option<String>,
}

impl Input {
    /// The version that the change is meant for.
    pub(super) fn e_tag(&self) -> Option<&str> {
        self.e_tag.as_deref()
    }

    /// The subnet: what is not given is as in the old one.
    pub(super) fn subnet(self, old: Option<&Ipv4Subnet>) -> Result<Ipv4Subnet, ApiError> {
        let needed = |given: Option<String>, old: Option<Ipv4Addr>, member: &str| match given {
            Some(text) => address(&text, member),
            None => old.ok_or_else(|| missing(member)),
        };
        let gateway = match self.gateway {
            None => old.and_then(|old| old.gateway),
            Some(given) => given
                .filter(|text| !text.trim().is_empty())
                .map(|text| address(&text, "gateway"))
                .transpose()?,
        };
        let dns_servers = match self.dns_servers {
            None => old.map(|old| old.dns_servers.clone()).unwrap_or_default(),
            Some(given) => {
                let given = given.into_iter().flatten();
                let given = given.filter(|text| !text.trim().is_empty());
                let given = given.map(|text| address(&text, "dnsServers"));
                given.collect::<Result<_, _>>()?
            }
        };
        let domain = match self.domain {
            None => old.and_then(|old| old.domain.clone()),
            Some(given) => given.filter(|text| !text.trim().is_empty()),
        };
        let mut subnet = Ipv4Subnet {
            name: String::new(),
            network_id: needed(self.network_id, old.map(|old| old.network_id), "networkId")?,
            subnetmask: needed(self.subnetmask, old.map(|old| old.subnetmask), "subnetmask")?,
            gateway,
            dns_servers,
            domain,
        };
        let given = self.name.filter(|name| !name.is_empty());
        let by_default = match old {
            Some(old) => old.name.clone(),
            None => Block::of(&subnet).to_string(),
        };
        subnet.name = name(given, Some(&by_default))?;
        Ok(subnet)
    }
}

/// An IPv4 address that stands in a member.
pub(in crate::resources::id_pools) fn address(
    text: &str,
    member: &str,
) -> Result<Ipv4Addr, ApiError> {
    text.trim().parse().map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        let message = format!("`{}` is no IPv4 address", shown.escape_debug());
        ApiError::bad_request("INVALID_ADDRESS", message)
            .source(member)
            .action("Write it like 10.0.0.1.")
    })
}
