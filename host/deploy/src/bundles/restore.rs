//! `RestoreBackup`: the service's artifacts become those of a backup, all or nothing.

use super::archive::{Archives, discard, publish};
use super::backup::{TYPE, replace_others};
use super::extract::keep;
use super::images::Images;
use super::import::{Import, Origin, Taken};
use super::outward::record;
use crate::golden_volume;
use crate::task::{AfterCrash, StepContext, StepPlan, TaskFailure, Verb};
use mintage_plans::bundle::{Artifact, Bundle, BundleFile, ImageFacts};
use mintage_records::model::{Backup, BuildPlan, DeploymentPlan, GoldenImage, PlanScript};
use mintage_records::{Change, Id, Match, Resource};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

/// The verb.
#[derive(Debug)]
pub struct RestoreBackup(pub Archives);

/// What it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreBackupInput {
    /// The backup.
    pub backup: Id,
    /// Whether its archive is the incoming file of this id, which somebody sent.
    pub uploaded: bool,
}

/// Its steps.
#[derive(Debug, Clone, Copy)]
pub enum RestoreStep {
    /// Makes the backup of the archive that was sent.
    Take,
    /// Puts its artifacts in the place of those that are there.
    Restore,
}

impl Verb for RestoreBackup {
    const NAME: &'static str = "backup-restore";
    type Input = RestoreBackupInput;
    type Step = RestoreStep;
    const STEPS: &'static [StepPlan<RestoreStep>] = &[
        StepPlan::new(RestoreStep::Take, "take", AfterCrash::RunAgain),
        StepPlan::new(RestoreStep::Restore, "restore", AfterCrash::RunAgain).weight(9),
    ];

    fn run(
        &self,
        step: RestoreStep,
        input: &RestoreBackupInput,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure> {
        match step {
            RestoreStep::Take if input.uploaded => self.take(&input.backup)?,
            RestoreStep::Take => {}
            RestoreStep::Restore => self.restore(input, context)?,
        }
        Ok(Json::Null)
    }

    fn undo(
        &self,
        step: RestoreStep,
        input: &RestoreBackupInput,
        _output: &Json,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure> {
        match step {
            // What was sent and could not be restored is no backup of this service.
            RestoreStep::Take if input.uploaded => {
                let archive = self.0.folder.backup(&input.backup);
                discard::<Backup>(&self.0, &input.backup, &archive, context)
            }
            RestoreStep::Take | RestoreStep::Restore => Ok(()),
        }
    }
}

/// Checks that the archive at `path` is a backup. Blocks.
///
/// # Errors
/// P5008 to P5012, `NOT_A_BACKUP`, `STORAGE`.
pub(super) fn open(archives: &Archives, path: &Path) -> Result<BundleFile<File>, TaskFailure> {
    let file = archives.open(path)?;
    match file.bundle().manifest.artifact_type.starts_with(TYPE) {
        true => Ok(file),
        false => Err(
            TaskFailure::new("NOT_A_BACKUP", "the archive is no backup of a service")
                .action("Upload a bundle to `/rest/artifact-bundles` and extract it."),
        ),
    }
}

impl Archives {
    /// Looks into the backup that arrived as the incoming file of `id`. Blocks.
    ///
    /// # Errors
    /// P5008 to P5012, `NOT_A_BACKUP`, `GOLDEN_IMAGE`, `STORAGE`.
    pub fn open_uploaded_backup(&self, id: &Id) -> Result<String, TaskFailure> {
        let mut file = open(self, &self.folder.incoming(id))?;
        self.rehearse(&mut file)?;
        Ok(file.bundle().manifest.name.clone())
    }
}

impl RestoreBackup {
    fn take(&self, id: &Id) -> Result<(), TaskFailure> {
        let (incoming, path) = (self.0.folder.incoming(id), self.0.folder.backup(id));
        // A first try may have come to the end.
        match path.exists() {
            true => Ok(()),
            false => {
                open(&self.0, &incoming)?;
                publish(&incoming, &path)
            }
        }
    }

    fn restore(
        &self,
        input: &RestoreBackupInput,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure> {
        let id = &input.backup;
        let path = self.0.folder.backup(id);
        let mut file = open(&self.0, &path)?;
        let key = file
            .bundle()
            .manifest
            .artifact_type
            .strip_prefix(TYPE)
            .unwrap_or_default();
        let same_key = key == self.0.sealer.key_id();
        let records = context.records().clone();
        let is_gone = |image: &mintage_plans::bundle::artifact::GoldenImage| {
            let id = Id::parse(&image.id);
            let told = record(image).and_then(|told| told.volume_sum);
            let present = match &id {
                Some(id) => records.read(|view| view.find::<GoldenImage>(id))?,
                None => None,
            };
            let sum = present.and_then(|present| present.body.volume_sum);
            let is_there = match &id {
                Some(id) => self.0.folder.store().contains(&golden_volume(id))?,
                None => false,
            };
            Ok(!is_there || sum.is_none() || sum != told)
        };
        let mut images = Images::expand(&self.0, &mut file, is_gone, context)?;
        let bundle = file.bundle();
        let import = Import {
            bundle,
            images: &images,
            sealer: &self.0.sealer,
            taken: Taken::ById,
            same_key,
            origin: Origin::default(),
        };
        let obsolete = records.change::<_, TaskFailure>(context.author(), |change| {
            set_names_aside(change, bundle)?;
            let mut obsolete = import.store(change)?;
            // What stays refers to what is restored by now, so only OS volumes can be in the way.
            obsolete.extend(remove_others(change, bundle)?);
            Ok(obsolete)
        })?;
        keep(&self.0, &mut images, &obsolete, context)?;
        if !same_key {
            context.warn(
                TaskFailure::new(
                    "OTHER_KEY",
                    "the backup was sealed with another key: it has no passwords",
                )
                .action("Set the passwords of plans again, or restore where that key is."),
            );
        }
        if input.uploaded {
            let facts = ImageFacts::read(File::open(&path)?)?;
            replace_others(&self.0, id, context, |row| {
                row.size = facts.size;
                row.checksum = Some(facts.sha256.clone());
            })?;
        }
        context.log(format!("{} artifacts are restored", bundle.len()));
        Ok(())
    }
}

/// Removes what the backup does not have, users first.
fn remove_others(change: &mut Change<'_>, bundle: &Bundle) -> Result<Vec<Id>, TaskFailure> {
    remove_all_but::<DeploymentPlan>(change, &ids(&bundle.deployment_plans))?;
    remove_all_but::<BuildPlan>(change, &ids(&bundle.build_plans))?;
    remove_all_but::<PlanScript>(change, &ids(&bundle.plan_scripts))?;
    remove_all_but::<GoldenImage>(change, &ids(&bundle.golden_images))
}

fn ids<A: Artifact>(artifacts: &[A]) -> BTreeSet<&str> {
    artifacts.iter().map(Artifact::id).collect()
}

fn remove_all_but<R: Resource>(
    change: &mut Change<'_>,
    wanted: &BTreeSet<&str>,
) -> Result<Vec<Id>, TaskFailure> {
    let mut removed = Vec::new();
    for stored in change.all::<R>()? {
        if !wanted.contains(stored.id.as_str()) {
            removed.push(change.delete::<R>(&stored.id, &Match::Any)?.id);
        }
    }
    Ok(removed)
}

/// Names may have changed hands since the backup was made: whoever has another's name loses it first.
fn set_names_aside(change: &mut Change<'_>, bundle: &Bundle) -> Result<(), TaskFailure> {
    aside::<PlanScript, _>(change, &bundle.plan_scripts, |body, name| body.name = name)?;
    aside::<GoldenImage, _>(change, &bundle.golden_images, |body, name| body.name = name)?;
    aside::<BuildPlan, _>(change, &bundle.build_plans, |body, name| body.name = name)?;
    aside::<DeploymentPlan, _>(change, &bundle.deployment_plans, |body, name| {
        body.name = name
    })
}

fn aside<R: Resource, A: Artifact>(
    change: &mut Change<'_>,
    artifacts: &[A],
    rename: impl Fn(&mut R, String),
) -> Result<(), TaskFailure> {
    for artifact in artifacts {
        let holder = change.find_by_name::<R>(artifact.name())?;
        let Some(mut holder) = holder.filter(|holder| holder.id.as_str() != artifact.id()) else {
            continue;
        };
        rename(
            &mut holder.body,
            format!("until the restore ({})", holder.id),
        );
        change.update(&holder.id, &Match::Any, holder.body)?;
    }
    Ok(())
}
