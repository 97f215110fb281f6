//! `PlanScript`: a program that reads and edits the filesystems in a volume.

use crate::resource::{Field, Kind, Resource};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A plan script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanScript {
    /// Unique among plan scripts.
    pub name: String,
    /// What it does.
    pub description: Option<String>,
    /// In which plans it may be a step.
    pub plan_type: PlanType,
    /// What it is written in.
    pub language: Language,
    /// The program.
    pub content: String,
    /// The templates that it renders, by file name.
    pub templates: BTreeMap<String, String>,
    /// Whether it came read-only with a bundle.
    pub hp_provided: bool,
}

/// In which plans a script may be a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlanType {
    /// In deploy plans.
    Deploy,
    /// In capture plans.
    Capture,
    /// In both.
    General,
}

/// What a plan script is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Rhai with the plan standard library.
    Rhai,
    /// Commands of guestfish: kept, shown and exported, not run.
    Guestfish,
}

impl Resource for PlanScript {
    const KIND: Kind = Kind::PlanScripts;
    const FIELDS: &'static [Field] = &[
        Field::text("description"),
        Field::text("planType"),
        Field::text("language"),
        Field::text("hpProvided"),
    ];

    fn name(&self) -> &str {
        &self.name
    }
}
