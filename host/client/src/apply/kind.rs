//! `ArtifactKind`: what can be applied.

use serde::Serialize;
use std::fmt;

/// The kinds of artifacts, in the order in which they refer to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ArtifactKind {
    /// A disk image.
    GoldenImage,
    /// A script of one step.
    PlanScript,
    /// Scripts in order, with attributes.
    BuildPlan,
    /// A golden image and a build plan.
    DeploymentPlan,
}

impl ArtifactKind {
    /// The collection of the service.
    pub fn path(self) -> &'static str {
        match self {
            Self::GoldenImage => "/rest/golden-images",
            Self::PlanScript => "/rest/plan-scripts",
            Self::BuildPlan => "/rest/build-plans",
            Self::DeploymentPlan => "/rest/deployment-plans",
        }
    }

    /// The member that says whether one is read-only.
    pub(super) fn read_only_member(self) -> &'static str {
        match self {
            Self::GoldenImage => "readOnly",
            _ => "hpProvided",
        }
    }
}

impl fmt::Display for ArtifactKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GoldenImage => "golden image",
            Self::PlanScript => "plan script",
            Self::BuildPlan => "build plan",
            Self::DeploymentPlan => "deployment plan",
        })
    }
}
