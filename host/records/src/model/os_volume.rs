//! `OsVolume`: a server's own volume, made by a deployment plan.

use super::{BootTest, State};
use crate::id::Id;
use crate::resource::{Field, Kind, Reference, Resource};
use crate::seal::Sealed;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// An OS volume. Its blocks are a file that is named by the resource's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OsVolume {
    /// Unique among OS volumes.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether it is complete.
    pub state: State,
    /// Length in bytes.
    pub size: u64,
    /// The plan that made it.
    pub deployment_plan: Id,
    /// The golden image that it is a clone of.
    pub golden_image: Option<Id>,
    /// The versions of everything that made it.
    pub pins: Vec<Pin>,
    /// From what everything unique on it was derived.
    #[serde(default)]
    pub seed: Option<Sealed>,
    /// What the run did: file-level diff, transcript, timings; secrets masked.
    pub outcome: Option<Json>,
    /// For which server it is; none for a volume without a server profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub export: Option<VolumeExport>,
    /// Whether it booted when that was last tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_test: Option<BootTest>,
}

/// How the server of a volume finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeExport {
    /// The server profile: it names the volume, and goes after it.
    pub server_profile: Id,
    /// Its iSCSI target.
    pub target: String,
    /// The only initiator that may log in.
    pub initiator: String,
}

/// A version that a deployment used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pin {
    /// The artifact's kind.
    pub kind: Kind,
    /// Its id.
    pub id: Id,
    /// Its name then.
    pub name: String,
    /// The version that was used.
    pub version: u64,
}

impl Resource for OsVolume {
    const KIND: Kind = Kind::OsVolumes;
    const FIELDS: &'static [Field] = &[
        Field::text("description"),
        Field::text("state"),
        Field::number("size"),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn references(&self) -> Vec<Reference> {
        let plan = Reference {
            role: "deploymentPlan",
            kind: Kind::DeploymentPlans,
            id: self.deployment_plan.clone(),
        };
        let golden_image = self.golden_image.clone().map(|id| Reference {
            role: "goldenVolumeUri",
            kind: Kind::GoldenImages,
            id,
        });
        [plan].into_iter().chain(golden_image).collect()
    }
}
