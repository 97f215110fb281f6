//! `CreateBundle`: stored artifacts become a bundle.

use super::add::complete;
use super::archive::{Archives, discard};
use super::contents::{Contents, Wanted};
use super::outward::{self, Passwords};
use crate::task::{AfterCrash, StepContext, StepPlan, TaskFailure, Verb};
use mintage_plans::bundle::Manifest;
use mintage_records::model::{ArtifactBundle, State};
use mintage_records::{Id, Match};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The verb.
#[derive(Debug)]
pub struct CreateBundle(pub Archives);

/// What it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateBundleInput {
    /// The bundle, which is there already and not complete.
    pub bundle: Id,
    /// What is to be in it.
    pub wanted: Wanted,
}

/// Its steps.
#[derive(Debug, Clone, Copy)]
pub enum CreateStep {
    /// Writes the archive.
    Pack,
}

impl Verb for CreateBundle {
    const NAME: &'static str = "bundle-create";
    type Input = CreateBundleInput;
    type Step = CreateStep;
    const STEPS: &'static [StepPlan<CreateStep>] = &[StepPlan::new(
        CreateStep::Pack,
        "pack",
        AfterCrash::RunAgain,
    )];

    fn run(
        &self,
        _step: CreateStep,
        input: &CreateBundleInput,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure> {
        let id = &input.bundle;
        let begun = context.records().read::<_, TaskFailure>(|view| {
            let row = view.get::<ArtifactBundle>(id)?;
            // What a first try completed may be in use: it stays as it is, whatever has changed since.
            if row.body.state == State::Ok {
                return Ok(None);
            }
            Ok(Some((row, Contents::of(view, &input.wanted)?)))
        })?;
        let Some((row, contents)) = begun else {
            return Ok(Json::Null);
        };
        let manifest = Manifest {
            name: row.body.name.clone(),
            description: row.body.description.clone().unwrap_or_default(),
            read_only: row.body.read_only,
            time_stamp: row.created.to_string(),
            artifact_type: Manifest::USER.to_owned(),
        };
        let bundle = outward::bundle(&contents, manifest, Passwords::LeftOut);
        context
            .records()
            .change::<_, TaskFailure>(context.author(), |change| {
                let mut row = change.get::<ArtifactBundle>(id)?.body;
                outward::list(&bundle, &mut row);
                change.update(id, &Match::Any, row)?;
                Ok(())
            })?;
        let path = self.0.folder.artifact_bundle(id);
        let Some(facts) = self.0.pack(&bundle, &contents, id, &path, context)? else {
            return self.run(CreateStep::Pack, input, context);
        };
        complete(context.records(), context, id, &facts)?;
        context.log(format!("{} artifacts are in the bundle", bundle.len()));
        Ok(Json::Null)
    }

    fn undo(
        &self,
        _step: CreateStep,
        input: &CreateBundleInput,
        _output: &Json,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure> {
        let archive = self.0.folder.artifact_bundle(&input.bundle);
        discard::<ArtifactBundle>(&self.0, &input.bundle, &archive, context)
    }
}
