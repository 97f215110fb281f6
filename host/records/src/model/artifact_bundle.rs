//! `ArtifactBundle`: a zip of artifacts.

use super::State;
use crate::id::Id;
use crate::resource::{Field, Kind, Resource};
use serde::{Deserialize, Serialize};

/// An artifact bundle. Its zip is a file that is named by the resource's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactBundle {
    /// Unique among bundles.
    pub name: String,
    /// What is in it.
    pub description: Option<String>,
    /// Whether its zip is complete.
    pub state: State,
    /// Length of the zip in bytes.
    pub size: u64,
    /// SHA-256 of the zip, lower-case hex.
    pub checksum: Option<String>,
    /// Whether it was uploaded, not made here.
    pub importbundle: bool,
    /// Whether what is extracted from it cannot be changed.
    pub read_only: bool,
    /// The plan scripts in it.
    pub plan_scripts: Vec<BundleEntry>,
    /// The build plans in it.
    pub build_plans: Vec<BundleEntry>,
    /// The deployment plans in it.
    pub deployment_plans: Vec<BundleEntry>,
    /// The golden images in it.
    pub golden_images: Vec<BundleEntry>,
}

/// An artifact in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BundleEntry {
    /// The artifact's id where it was exported.
    pub id: Id,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// Whether it cannot be changed where it is extracted.
    pub read_only: bool,
    /// What it needs, by name: the scripts of a build plan; the build plan of a deployment plan,
    /// and its golden image.
    pub needs: Vec<String>,
}

impl Resource for ArtifactBundle {
    const KIND: Kind = Kind::ArtifactBundles;
    const FIELDS: &'static [Field] = &[
        Field::text("description"),
        Field::text("state"),
        Field::number("size"),
        Field::text("importbundle"),
        Field::text("readOnly"),
    ];

    fn name(&self) -> &str {
        &self.name
    }
}
