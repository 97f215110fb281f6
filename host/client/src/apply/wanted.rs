//! `Wanted`: an artifact as it is to be.

use super::kind::ArtifactKind;
use serde_json::{Map, Value as Json};

/// The member of a deployment plan with the name of its build plan; the service has a URI.
pub(super) const BUILD_PLAN: &str = "buildPlan";
/// The member of a deployment plan with the name of its golden image; the service has a URI.
pub(super) const GOLDEN_IMAGE: &str = "goldenImage";
/// The member of a golden image with the SHA-256 of its disk; null where that is not known.
pub(super) const DISK: &str = "disk";
/// The member of a golden image that says whether its file is there.
pub(super) const HAS_FILE: &str = "hasFile";

/// An artifact as it is to be.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// Its kind.
    pub kind: ArtifactKind,
    /// Its name.
    pub name: String,
    /// Its members as the API takes them, but with names where the API has URIs: a step has a
    /// `planScriptName`, a deployment plan a `buildPlan` and a `goldenImage`. Of a golden image there
    /// are `description`, `disk` (the SHA-256 of its disk, if it is known) and `hasFile`.
    pub body: Map<String, Json>,
}

impl Wanted {
    /// The artifacts that it needs.
    pub fn needs(&self) -> Vec<(ArtifactKind, String)> {
        let text = |member: &str| self.body.get(member).and_then(Json::as_str);
        let named = |kind, name: Option<&str>| name.map(|name| (kind, name.to_owned()));
        match self.kind {
            ArtifactKind::GoldenImage | ArtifactKind::PlanScript => Vec::new(),
            ArtifactKind::BuildPlan => {
                let steps = self.body.get("buildStep").and_then(Json::as_array);
                let names = steps.into_iter().flatten().filter_map(|step| {
                    let name = step.get("planScriptName").and_then(Json::as_str);
                    named(ArtifactKind::PlanScript, name)
                });
                names.collect()
            }
            ArtifactKind::DeploymentPlan => [
                named(ArtifactKind::BuildPlan, text(BUILD_PLAN)),
                named(ArtifactKind::GoldenImage, text(GOLDEN_IMAGE)),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    }
}
