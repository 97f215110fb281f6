//! `ExtractBundle`: the artifacts of a bundle become stored ones, all or none.

use super::archive::Archives;
use super::images::Images;
use super::import::{Import, Origin, Taken};
use crate::task::{AfterCrash, StepContext, StepPlan, TaskFailure, Verb};
use crate::{golden_volume, remove_if_there};
use mintage_records::Id;
use mintage_records::model::{ArtifactBundle, GoldenImage, State};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The verb.
#[derive(Debug)]
pub struct ExtractBundle(pub Archives);

/// What it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtractBundleInput {
    /// The bundle.
    pub bundle: Id,
    /// Whether artifacts whose names are taken become new versions of those that are there.
    pub force: bool,
}

/// Its steps.
#[derive(Debug, Clone, Copy)]
pub enum ExtractStep {
    /// Expands golden images and stores everything.
    Import,
}

impl Verb for ExtractBundle {
    const NAME: &'static str = "bundle-extract";
    type Input = ExtractBundleInput;
    type Step = ExtractStep;
    // One step: volumes without rows do not outlive a restart. Done again, it finds everything done.
    const STEPS: &'static [StepPlan<ExtractStep>] = &[StepPlan::new(
        ExtractStep::Import,
        "import",
        AfterCrash::RunAgain,
    )];

    fn run(
        &self,
        _step: ExtractStep,
        input: &ExtractBundleInput,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure> {
        let id = &input.bundle;
        let records = context.records().clone();
        let row = records.read(|view| view.get::<ArtifactBundle>(id))?;
        if row.body.state != State::Ok {
            return Err(
                TaskFailure::new("BUNDLE_NOT_READY", "the bundle is not complete")
                    .action("Wait for the task that makes it."),
            );
        }
        let mut file = self.0.open(&self.0.folder.artifact_bundle(id))?;
        let is_new = |image: &mintage_plans::bundle::artifact::GoldenImage| {
            let present = records.read(|view| view.find_by_name::<GoldenImage>(&image.name))?;
            let sum = present.and_then(|present| present.body.volume_sum);
            Ok(sum.is_none() || sum != image.checksum)
        };
        let mut images = Images::expand(&self.0, &mut file, is_new, context)?;
        let import = Import {
            bundle: file.bundle(),
            images: &images,
            sealer: &self.0.sealer,
            taken: match input.force {
                true => Taken::Replaced,
                false => Taken::Reported,
            },
            same_key: false,
            origin: Origin {
                bundle: Some(id.clone()),
                name: Some(row.body.name),
            },
        };
        let obsolete = records.change(context.author(), |change| import.store(change))?;
        keep(&self.0, &mut images, &obsolete, context)?;
        context.log(format!("{} artifacts are imported", file.bundle().len()));
        Ok(Json::Null)
    }

    /// What failed has left nothing.
    fn undo(
        &self,
        _step: ExtractStep,
        _input: &ExtractBundleInput,
        _output: &Json,
        _context: &mut StepContext,
    ) -> Result<(), TaskFailure> {
        Ok(())
    }
}

/// After the commit: the volumes of rows stay, those of removed rows go.
pub(super) fn keep(
    archives: &Archives,
    images: &mut Images<'_>,
    obsolete: &[Id],
    context: &StepContext,
) -> Result<(), TaskFailure> {
    let rows = context.records().read(|view| view.all::<GoldenImage>())?;
    images.take_over(|id| rows.iter().any(|row| row.id == *id));
    for id in obsolete {
        archives.folder.store().remove(&golden_volume(id))?;
        // Of an upload that was under way.
        remove_if_there(&archives.folder.incoming(id))?;
    }
    Ok(())
}
