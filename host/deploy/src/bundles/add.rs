//! `AddBundle`: an archive that somebody sent becomes a bundle of the service.

use super::archive::{Archives, discard, publish};
use super::outward;
use crate::task::{AfterCrash, StepContext, StepPlan, TaskFailure, Verb};
use mintage_plans::bundle::ImageFacts;
use mintage_records::model::{ArtifactBundle, State};
use mintage_records::{Id, Match, Records};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::fs::File;

/// Looks into the archive that arrived as the incoming file of `id`: everything is checked, and its
/// golden images as [`Archives::rehearse`] does. The answer is its row: not complete, with the name that the archive gives itself. Blocks.
///
/// # Errors
/// P5008 to P5012, `GOLDEN_IMAGE`, `STORAGE`.
pub fn open_upload(archives: &Archives, id: &Id) -> Result<ArtifactBundle, TaskFailure> {
    let mut file = archives.open(&archives.folder.incoming(id))?;
    archives.rehearse(&mut file)?;
    let manifest = &file.bundle().manifest;
    let mut row = ArtifactBundle {
        name: manifest.name.clone(),
        description: Some(manifest.description.clone()).filter(|text| !text.is_empty()),
        state: State::Creating,
        size: 0,
        checksum: None,
        importbundle: true,
        read_only: manifest.read_only,
        plan_scripts: Vec::new(),
        build_plans: Vec::new(),
        deployment_plans: Vec::new(),
        golden_images: Vec::new(),
    };
    outward::list(file.bundle(), &mut row);
    Ok(row)
}

/// The verb.
#[derive(Debug)]
pub struct AddBundle(pub Archives);

/// What it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddBundleInput {
    /// The bundle; its archive is the incoming file of this id.
    pub bundle: Id,
}

/// Its steps.
#[derive(Debug, Clone, Copy)]
pub enum AddStep {
    /// Reads the archive to its last byte.
    Verify,
}

impl Verb for AddBundle {
    const NAME: &'static str = "bundle-add";
    type Input = AddBundleInput;
    type Step = AddStep;
    const STEPS: &'static [StepPlan<AddStep>] = &[StepPlan::new(
        AddStep::Verify,
        "verify",
        AfterCrash::RunAgain,
    )];

    fn run(
        &self,
        _step: AddStep,
        input: &AddBundleInput,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure> {
        let folder = &self.0.folder;
        let (incoming, path) = (
            folder.incoming(&input.bundle),
            folder.artifact_bundle(&input.bundle),
        );
        // A first try may have come to the end.
        let place = if path.exists() { &path } else { &incoming };
        let mut file = self.0.open(place)?;
        let images = file.bundle().golden_images.clone();
        for image in &images {
            context.check()?;
            let mut spool = tempfile::tempfile_in(folder.root())?;
            file.take_image(image, &mut spool)?;
        }
        let facts = ImageFacts::read(File::open(place)?)?;
        if *place == incoming {
            publish(&incoming, &path)?;
        }
        complete(context.records(), context, &input.bundle, &facts)?;
        context.log(format!("{} golden images are sound", images.len()));
        Ok(Json::Null)
    }

    fn undo(
        &self,
        _step: AddStep,
        input: &AddBundleInput,
        _output: &Json,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure> {
        let archive = self.0.folder.artifact_bundle(&input.bundle);
        discard::<ArtifactBundle>(&self.0, &input.bundle, &archive, context)
    }
}

/// Says that the archive of a bundle is complete.
pub(super) fn complete(
    records: &Records,
    context: &StepContext,
    id: &Id,
    facts: &ImageFacts,
) -> Result<(), TaskFailure> {
    records.change(context.author(), |change| {
        let mut row = change.get::<ArtifactBundle>(id)?.body;
        row.state = State::Ok;
        row.size = facts.size;
        row.checksum = Some(facts.sha256.clone());
        change.update(id, &Match::Any, row)?;
        Ok(())
    })
}
