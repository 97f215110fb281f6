//! `ServerProfile`: what one server is to be, and what makes it that server whatever it is deployed
//! with: its identity.

use super::os_deployment::OsDeployment;
use crate::id::Id;
use crate::resource::{Field, Kind, Reference, Resource};
use crate::seal::Sealed;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A server profile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerProfile {
    /// Unique among server profiles.
    pub name: String,
    /// What the server is for.
    pub description: Option<String>,
    /// Whether a task works at it.
    pub state: ProfileState,
    /// The hardware that it is assigned to.
    pub server_hardware: Option<Id>,
    /// The template that it was made from.
    pub template: Option<Id>,
    /// What it is deployed with; none for a server without an OS volume.
    pub deployment: Option<OsDeployment>,
    /// The volume that the server boots from.
    pub os_volume: Option<Id>,
    /// Volumes that it had before, the oldest first.
    pub earlier_volumes: Vec<EarlierVolume>,
    /// Who the server is.
    pub identity: ServerIdentity,
    /// The wire's other members, as they were given; secrets among them are sealed.
    pub other: Map<String, Json>,
}

/// Whether a task works at a server profile.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProfileState {
    /// A task makes it.
    Creating,
    /// None does.
    #[default]
    Normal,
    /// A task changes it; until that has ended, the profile is as it was.
    Updating,
    /// A task deletes it.
    Deleting,
}

impl ProfileState {
    /// As the wire writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Creating => "Creating",
            Self::Normal => "Normal",
            Self::Updating => "Updating",
            Self::Deleting => "Deleting",
        }
    }
}

/// A volume that a server had before, kept so that it can be rolled back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EarlierVolume {
    /// The volume.
    pub os_volume: Id,
    /// Until when it is kept.
    pub until: Time,
    /// What it was deployed with.
    pub deployment: OsDeployment,
    /// Who the server was then.
    pub identity: ServerIdentity,
}

/// What makes a server that server: kept across redeploys, and nobody else's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerIdentity {
    /// From what its machine-id, its SSH host keys and everything else unique are derived.
    pub seed: Sealed,
    /// The iSCSI name under which it logs in to its volume.
    pub initiator: String,
    /// The secret with which it proves itself to the target.
    pub chap_secret: Sealed,
    /// The secret with which the target proves itself to it, where that is wished.
    pub mutual_secret: Option<Sealed>,
}

impl ServerProfile {
    /// The volumes that belong to it.
    pub fn volumes(&self) -> impl Iterator<Item = &Id> {
        let earlier = self.earlier_volumes.iter();
        let earlier = earlier.map(|earlier| &earlier.os_volume);
        self.os_volume.iter().chain(earlier)
    }
}

impl Resource for ServerProfile {
    const KIND: Kind = Kind::ServerProfiles;
    const FIELDS: &'static [Field] = &[Field::text("description"), Field::text("state")];

    fn name(&self) -> &str {
        &self.name
    }

    fn references(&self) -> Vec<Reference> {
        let plan = self.deployment.iter().map(|deployment| Reference {
            role: "osDeploymentPlanUri",
            kind: Kind::DeploymentPlans,
            id: deployment.deployment_plan.clone(),
        });
        let template = self.template.iter().map(|id| Reference {
            role: "serverProfileTemplateUri",
            kind: Kind::ServerProfileTemplates,
            id: id.clone(),
        });
        let volumes = self.volumes().map(|id| Reference {
            role: "osVolumeUri",
            kind: Kind::OsVolumes,
            id: id.clone(),
        });
        let hardware = self.server_hardware.iter().map(|id| Reference {
            role: "serverHardwareUri",
            kind: Kind::ServerHardware,
            id: id.clone(),
        });
        plan.chain(template)
            .chain(hardware)
            .chain(volumes)
            .collect()
    }
}
