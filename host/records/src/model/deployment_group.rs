//! `DeploymentGroup`: the appliances that hold volumes together.

use crate::resource::{Field, Kind, Resource};
use serde::{Deserialize, Serialize};

/// A deployment group; the service makes the first one itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentGroup {
    /// Unique among deployment groups.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
}

impl Resource for DeploymentGroup {
    const KIND: Kind = Kind::DeploymentGroups;
    const FIELDS: &'static [Field] = &[Field::text("description")];

    fn name(&self) -> &str {
        &self.name
    }
}
