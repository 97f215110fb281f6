//! `Contents`: the stored artifacts that go into an archive.

use mintage_records::model::{BuildPlan, DeploymentPlan, GoldenImage, PlanScript, State};
use mintage_records::{Id, RecordsError, Stored, View};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Artifacts that somebody wants in a bundle, and whether they are read-only where it is extracted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wanted {
    /// Plan scripts.
    pub plan_scripts: BTreeMap<Id, bool>,
    /// Build plans; their scripts come along.
    pub build_plans: BTreeMap<Id, bool>,
    /// Deployment plans; their build plans and golden images come along.
    pub deployment_plans: BTreeMap<Id, bool>,
    /// Golden images.
    pub golden_images: BTreeMap<Id, bool>,
}

/// The stored artifacts that go into an archive, by id.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// Plan scripts.
    pub plan_scripts: Vec<Stored<PlanScript>>,
    /// Build plans.
    pub build_plans: Vec<Stored<BuildPlan>>,
    /// Deployment plans.
    pub deployment_plans: Vec<Stored<DeploymentPlan>>,
    /// Golden images.
    pub golden_images: Vec<Stored<GoldenImage>>,
}

impl Contents {
    /// What is wanted, and what that needs. Whether an artifact is to be read-only is in its body.
    ///
    /// # Errors
    /// `NotFound` when something is not there.
    pub fn of(view: &mut View<'_>, wanted: &Wanted) -> Result<Self, RecordsError> {
        let mut all = wanted.clone();
        let mut contents = Self::default();
        for (id, read_only) in &wanted.deployment_plans {
            let mut plan = view.get::<DeploymentPlan>(id)?;
            all.build_plans
                .entry(plan.body.build_plan.clone())
                .or_default();
            if let Some(image) = plan.body.golden_image.clone() {
                all.golden_images.entry(image).or_default();
            }
            plan.body.hp_provided |= read_only;
            contents.deployment_plans.push(plan);
        }
        for (id, read_only) in &all.build_plans {
            let mut plan = view.get::<BuildPlan>(id)?;
            for step in &plan.body.steps {
                all.plan_scripts
                    .entry(step.plan_script.clone())
                    .or_default();
            }
            plan.body.hp_provided |= read_only;
            contents.build_plans.push(plan);
        }
        for (id, read_only) in &all.plan_scripts {
            let mut script = view.get::<PlanScript>(id)?;
            script.body.hp_provided |= read_only;
            contents.plan_scripts.push(script);
        }
        for (id, read_only) in &all.golden_images {
            let mut image = view.get::<GoldenImage>(id)?;
            image.body.read_only |= read_only;
            contents.golden_images.push(image);
        }
        Ok(contents)
    }

    /// Everything that is complete.
    ///
    /// # Errors
    /// `Database`, `Corrupt`.
    pub fn all(view: &mut View<'_>) -> Result<Self, RecordsError> {
        let mut contents = Self {
            plan_scripts: view.all()?,
            build_plans: view.all()?,
            deployment_plans: view.all()?,
            golden_images: view.all()?,
        };
        contents
            .golden_images
            .retain(|image| image.body.state == State::Ok);
        Ok(contents)
    }

    /// The golden images that are not complete: there is nothing of them to put into an archive.
    pub fn incomplete(&self) -> impl Iterator<Item = &Stored<GoldenImage>> {
        let images = self.golden_images.iter();
        images.filter(|image| image.body.state != State::Ok)
    }
}
