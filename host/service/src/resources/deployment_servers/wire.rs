//! A deployment server on the wire.

use crate::error::ApiError;
use crate::resources::artifact::{OK, existing, name, nullable};
use crate::resources::os_deployment_plans::Appliance;
use mintage_records::model::DeploymentServer;
use mintage_records::{Kind, Stored, View};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The wire's category, which is not the last part of the URI here.
pub(super) const CATEGORY: &str = "deployment-managers";
const STATE: &str = "Connected";
const DEPLOYMENT_TYPE: &str = "Image Streamer";
const TYPE: &str = "DeploymentManager";

/// What is the same in all deployment servers.
pub(super) const CONSTANTS: [(&str, &str); 4] = [
    ("category", CATEGORY),
    ("deploymentManagersType", DEPLOYMENT_TYPE),
    ("state", STATE),
    ("status", OK),
];

/// A deployment server.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeploymentServer)]
pub(super) struct Wire {
    #[serde(rename = "type")]
    type_name: &'static str,
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
    deployment_managers_type: &'static str,
    mgmt_network_uri: Option<String>,
    appliance_uri: Option<String>,
    /// Under which address this service was asked.
    #[serde(rename = "primaryIPv4")]
    primary_ipv4: Option<String>,
    primary_cluster_name: Option<String>,
    primary_active_appliance: Option<String>,
}

impl Wire {
    pub(super) fn new(stored: Stored<DeploymentServer>, appliance: &Appliance) -> Self {
        let server = stored.body;
        let network = server.management_network.as_ref();
        Self {
            type_name: TYPE,
            category: CATEGORY,
            uri: Kind::DeploymentServers.uri(&stored.id),
            id: stored.id.to_string(),
            name: server.name,
            description: server.description,
            state: STATE,
            status: OK,
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            deployment_managers_type: DEPLOYMENT_TYPE,
            mgmt_network_uri: network.map(|id| Kind::EthernetNetworks.uri(id)),
            appliance_uri: server.appliance_uri,
            primary_ipv4: appliance.ipv4().map(str::to_owned),
            primary_cluster_name: appliance.address().map(str::to_owned),
            primary_active_appliance: appliance.address().map(str::to_owned),
        }
    }
}

/// A deployment server that is sent. Other members are taken and not looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schema(as = DeploymentServerInput)]
pub(super) struct Input {
    name: Option<String>,
    description: Option<String>,
    /// Null or empty: none.
    #[serde(default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    mgmt_network_uri: Option<Option<String>>,
    appliance_uri: Option<String>,
    e_tag: Option<String>,
}

impl Input {
    /// The version that the change is meant for.
    pub(super) fn e_tag(&self) -> Option<&str> {
        self.e_tag.as_deref()
    }

    /// The deployment server: what is not given is as in the old one.
    pub(super) fn server(
        self,
        view: &mut View<'_>,
        old: Option<&DeploymentServer>,
    ) -> Result<DeploymentServer, ApiError> {
        let management_network = match self.mgmt_network_uri {
            None => old.and_then(|old| old.management_network.clone()),
            Some(uri) => match uri.filter(|uri| !uri.trim().is_empty()) {
                Some(uri) => {
                    let kind = Kind::EthernetNetworks;
                    Some(existing(view, "mgmtNetworkUri", kind, &uri)?)
                }
                None => None,
            },
        };
        Ok(DeploymentServer {
            name: name(self.name, old.map(|old| old.name.as_str()))?,
            description: self.description.or_else(|| old?.description.clone()),
            management_network,
            appliance_uri: self.appliance_uri.or_else(|| old?.appliance_uri.clone()),
        })
    }
}
