//! `ServerProfileTemplate`: what server profiles are made from.

use super::os_deployment::OsDeployment;
use crate::resource::{Field, Kind, Reference, Resource};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

/// A template of server profiles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerProfileTemplate {
    /// Unique among templates.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// What its profiles are deployed with, where they do not say otherwise.
    pub deployment: Option<OsDeployment>,
    /// The wire's other members, as they were given; secrets among them are sealed.
    pub other: Map<String, Json>,
}

impl Resource for ServerProfileTemplate {
    const KIND: Kind = Kind::ServerProfileTemplates;
    const FIELDS: &'static [Field] = &[Field::text("description")];

    fn name(&self) -> &str {
        &self.name
    }

    fn references(&self) -> Vec<Reference> {
        let plan = self.deployment.iter().map(|deployment| Reference {
            role: "osDeploymentPlanUri",
            kind: Kind::DeploymentPlans,
            id: deployment.deployment_plan.clone(),
        });
        plan.collect()
    }
}
