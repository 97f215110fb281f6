//! The artifacts of a bundle as data: what a `…_planscript.json` and its like hold.
//!
//! A field that this product has a use for is a field here; every other one is kept in `more` and
//! written back as it was. Nothing here says that a reference leads anywhere or that an attribute's
//! type exists: whoever imports a bundle decides that.

mod attribute;
mod build_plan;
mod deployment_plan;
mod golden_image;
mod plan_script;

pub use attribute::CustomAttribute;
pub use build_plan::{BuildPlan, BuildStep};
pub use deployment_plan::DeploymentPlan;
pub use golden_image::GoldenImage;
pub use plan_script::{Language, PlanScript};

use super::error::{BundleError, Result};
use super::fields::Fields;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::fmt;

/// Fields that are kept though this product has no use for them.
pub type More = Map<String, Json>;

/// The kinds of artifacts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArtifactKind {
    /// A script of one step.
    PlanScript,
    /// A disk image.
    GoldenImage,
    /// Scripts in order, with attributes.
    BuildPlan,
    /// A golden image and a build plan.
    DeploymentPlan,
}

impl ArtifactKind {
    /// Every kind, in the order in which bundles have them: what is referred to comes first.
    pub const ALL: [Self; 4] = [
        Self::PlanScript,
        Self::GoldenImage,
        Self::BuildPlan,
        Self::DeploymentPlan,
    ];

    /// How the names of such entries end, `planscript`.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            Self::PlanScript => "planscript",
            Self::GoldenImage => "goldenimage",
            Self::BuildPlan => "buildplan",
            Self::DeploymentPlan => "deploymentplan",
        }
    }
}

impl fmt::Display for ArtifactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PlanScript => "plan script",
            Self::GoldenImage => "golden image",
            Self::BuildPlan => "build plan",
            Self::DeploymentPlan => "deployment plan",
        })
    }
}

/// What the four kinds have in common.
pub trait Artifact {
    /// Which kind it is.
    const KIND: ArtifactKind;

    /// The id: letters, digits and `-`; not stable between services.
    fn id(&self) -> &str;

    /// What people call it.
    fn name(&self) -> &str;

    /// The JSON object of its entry.
    fn to_json(&self) -> Map<String, Json>;
}

/// An artifact that can be read of an entry of a bundle.
pub(super) trait ReadArtifact: Artifact + Sized {
    /// Reads it; `entry_id` is the id in the entry's name, for an object that has none.
    fn read(fields: Fields<'_>, entry_id: &str) -> Result<Self>;
}

/// The longest id.
const MAX_ID: usize = 64;
/// The longest name, in bytes. Real ones have up to a hundred.
const MAX_NAME: usize = 1024;

/// Takes the id in the field `name`, or else that of the entry.
fn take_id(fields: &mut Fields<'_>, name: &str, entry_id: &str) -> Result<String> {
    let id = fields.text(name)?.unwrap_or_else(|| entry_id.to_owned());
    match is_id(&id) {
        true => Ok(id),
        false => Err(fields.error(name, "it must be an id: up to 64 letters, digits and `-`")),
    }
}

/// Whether it can be an id, which stands in the names of entries and files.
pub(super) fn is_id(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    !text.is_empty() && text.len() <= MAX_ID && text.chars().all(is_plain)
}

/// Takes the name, which must be there.
fn take_name(fields: &mut Fields<'_>) -> Result<String> {
    let name = fields.required_text("name")?;
    check_name(&name).map_err(|why| fields.error("name", &why))?;
    Ok(name)
}

/// A name is one line that is not empty and not too long.
pub(super) fn check_name(name: &str) -> Result<(), String> {
    if name.trim().is_empty() {
        return Err("it must not be empty".to_owned());
    }
    if name.len() > MAX_NAME {
        return Err(format!("it must have at most {MAX_NAME} bytes"));
    }
    match name.chars().any(char::is_control) {
        true => Err("it must be one line without control characters".to_owned()),
        false => Ok(()),
    }
}

/// Takes `type`, which must be `name` or a later form of it, `OeBuildPlanV5`.
fn take_type(fields: &mut Fields<'_>, name: &str) -> Result<()> {
    let given = fields.text("type")?;
    match given.is_none_or(|given| given.starts_with(name)) {
        true => Ok(()),
        false => Err(fields.error("type", &format!("it must be `{name}`"))),
    }
}

/// Adds fields that are null in every bundle, so that readers find what they know, and the rest.
fn finish(mut map: Map<String, Json>, nulls: &[&str], more: &More) -> Map<String, Json> {
    for name in nulls {
        map.insert((*name).to_owned(), Json::Null);
    }
    add_more(&mut map, more);
    map
}

/// Adds the rest in the order of their names, whatever order they came in.
fn add_more(map: &mut Map<String, Json>, more: &More) {
    let sorted: std::collections::BTreeMap<_, _> = more.iter().collect();
    map.extend(
        sorted
            .into_iter()
            .map(|(name, value)| (name.clone(), value.clone())),
    );
}

/// The fields of all resources that a bundle has no values of.
const RESOURCE_NULLS: &[&str] = &[
    "dependentArtifacts",
    "eTag",
    "created",
    "modified",
    "category",
    "status",
    "uri",
];

/// No two artifacts of a kind have the same id or name.
pub(super) fn check_unique<A: Artifact>(artifacts: &[A]) -> Result<()> {
    let mut ids = std::collections::BTreeSet::new();
    let mut names = std::collections::BTreeSet::new();
    for artifact in artifacts {
        if !ids.insert(artifact.id()) {
            let why = format!("two {}s have this id", A::KIND);
            return Err(BundleError::artifact(artifact.id(), why));
        }
        if !names.insert(artifact.name()) {
            let why = format!("two {}s have this name", A::KIND);
            return Err(BundleError::artifact(artifact.name(), why));
        }
    }
    Ok(())
}
