//! `DeploymentServer`: what deploys operating systems, as clients of OneView see it: this service.

use crate::id::Id;
use crate::resource::{Field, Kind, Reference, Resource};
use serde::{Deserialize, Serialize};

/// A deployment server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentServer {
    /// Unique among deployment servers.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The network on which it is managed.
    pub management_network: Option<Id>,
    /// The appliance that it was made for, as the client named it.
    pub appliance_uri: Option<String>,
}

impl Resource for DeploymentServer {
    const KIND: Kind = Kind::DeploymentServers;
    const FIELDS: &'static [Field] = &[Field::text("description")];

    fn name(&self) -> &str {
        &self.name
    }

    fn references(&self) -> Vec<Reference> {
        let network = self.management_network.iter().map(|id| Reference {
            role: "mgmtNetworkUri",
            kind: Kind::EthernetNetworks,
            id: id.clone(),
        });
        network.collect()
    }
}
