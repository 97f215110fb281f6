//! `BuildPlan`: an ordered list of plan scripts with custom attributes.

use super::attribute::CustomAttribute;
use crate::id::Id;
use crate::resource::{Field, Kind, Reference, Resource};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A build plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildPlan {
    /// Unique among build plans.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// `deploy` or `capture`, in the letter case in which the client sent it.
    pub oe_build_plan_type: String,
    /// The scripts, in order.
    pub steps: Vec<BuildStep>,
    /// What the plan asks for.
    pub custom_attributes: Vec<CustomAttribute>,
    /// What is mounted where, if the volume's own fstab is not to say: mount point and source, as
    /// in `build-plan.toml` (`partition:2`, `label:root`, …).
    pub mounts: BTreeMap<String, String>,
    /// How long all steps may take together, in seconds, where the plan sets it.
    pub deadline_seconds: Option<u64>,
    /// Whether it came read-only with a bundle.
    pub hp_provided: bool,
}

/// A step of a build plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BuildStep {
    /// The script.
    pub plan_script: Id,
    /// The wire's `parameters`; no known plan has one.
    pub parameters: Option<String>,
}

impl Resource for BuildPlan {
    const KIND: Kind = Kind::BuildPlans;
    const FIELDS: &'static [Field] = &[
        Field::text("description"),
        Field::text("oeBuildPlanType"),
        Field::text("hpProvided"),
    ];

    fn name(&self) -> &str {
        &self.name
    }

    fn references(&self) -> Vec<Reference> {
        let steps = self.steps.iter().map(|step| Reference {
            role: "buildStep",
            kind: Kind::PlanScripts,
            id: step.plan_script.clone(),
        });
        steps.collect()
    }
}
