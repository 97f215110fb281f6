//! Artifact bundles: zip files with which plan scripts, build plans, deployment plans and golden
//! images travel between services, and folders of plain files that hold the same.
//!
//! [`BundleFile`] reads a bundle, whoever made it: everything is checked before it is used, and a
//! hostile archive ends in an error with a name. [`write()`] writes one, the same content always as
//! the same bytes. [`folder`] turns one into files that can live in git, and back. A golden image
//! goes from file to file and is never held in memory.

mod archive;
pub mod artifact;
mod diff;
mod directory;
mod disk;
mod error;
mod fields;
pub mod folder;
mod library;
mod limits;
mod manifest;
mod names;
mod sums;
#[cfg(test)]
mod tests;
mod write;

pub use archive::{BundleFile, ImageFacts};
pub use artifact::{Artifact, ArtifactKind};
pub use diff::{ArtifactChange, BundleDiff, Change, Part};
pub use disk::{DiskEntry, disk_of, volume_sum};
pub use error::{BundleError, Result};
pub use limits::{BundleLimit, BundleLimits};
pub use manifest::Manifest;
pub use write::{ImageSource, write};

use artifact::{BuildPlan, DeploymentPlan, GoldenImage, PlanScript, check_unique};

/// The artifacts of a bundle as data; golden images without their disks.
#[derive(Debug, Clone, PartialEq)]
pub struct Bundle {
    /// What the bundle says of itself.
    pub manifest: Manifest,
    /// Its plan scripts, by id.
    pub plan_scripts: Vec<PlanScript>,
    /// Its golden images, by id.
    pub golden_images: Vec<GoldenImage>,
    /// Its build plans, by id.
    pub build_plans: Vec<BuildPlan>,
    /// Its deployment plans, by id.
    pub deployment_plans: Vec<DeploymentPlan>,
}

impl Bundle {
    /// A bundle without artifacts.
    pub fn new(manifest: Manifest) -> Self {
        Self {
            manifest,
            plan_scripts: Vec::new(),
            golden_images: Vec::new(),
            build_plans: Vec::new(),
            deployment_plans: Vec::new(),
        }
    }

    /// The golden image with this id.
    pub fn golden_image(&self, id: &str) -> Option<&GoldenImage> {
        self.golden_images.iter().find(|image| image.id == id)
    }

    /// How many artifacts it has.
    pub fn len(&self) -> usize {
        let plans = self.build_plans.len() + self.deployment_plans.len();
        self.plan_scripts.len() + self.golden_images.len() + plans
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The plan script with this id.
    pub fn plan_script(&self, id: &str) -> Option<&PlanScript> {
        self.plan_scripts.iter().find(|script| script.id == id)
    }

    /// The artifacts in the order in which a bundle has them; two of a kind with one id or one name
    /// are an error.
    fn finish(mut self) -> Result<Self> {
        self.plan_scripts.sort_by(|a, b| a.id.cmp(&b.id));
        self.golden_images.sort_by(|a, b| a.id.cmp(&b.id));
        self.build_plans.sort_by(|a, b| a.id.cmp(&b.id));
        self.deployment_plans.sort_by(|a, b| a.id.cmp(&b.id));
        check_unique(&self.plan_scripts)?;
        check_unique(&self.golden_images)?;
        check_unique(&self.build_plans)?;
        check_unique(&self.deployment_plans)?;
        Ok(self)
    }
}
