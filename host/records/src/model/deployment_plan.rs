//! `DeploymentPlan`: a golden image, a build plan, and settings of attributes.

use super::attribute::SettableAttribute;
use crate::id::Id;
use crate::resource::{Field, Kind, Reference, Resource};
use serde::{Deserialize, Serialize};

/// A deployment plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentPlan {
    /// Unique among deployment plans.
    pub name: String,
    /// What it makes.
    pub description: Option<String>,
    /// The build plan.
    pub build_plan: Id,
    /// The golden image; none makes an empty volume.
    pub golden_image: Option<Id>,
    /// The build plan's attributes with this plan's settings.
    pub custom_attributes: Vec<SettableAttribute>,
    /// Whether it came read-only with a bundle.
    pub hp_provided: bool,
}

impl Resource for DeploymentPlan {
    const KIND: Kind = Kind::DeploymentPlans;
    const FIELDS: &'static [Field] = &[Field::text("description"), Field::text("hpProvided")];

    fn name(&self) -> &str {
        &self.name
    }

    fn references(&self) -> Vec<Reference> {
        let build_plan = Reference {
            role: "oeBuildPlanURI",
            kind: Kind::BuildPlans,
            id: self.build_plan.clone(),
        };
        let golden_image = self.golden_image.clone().map(|id| Reference {
            role: "goldenImageURI",
            kind: Kind::GoldenImages,
            id,
        });
        [build_plan].into_iter().chain(golden_image).collect()
    }
}
