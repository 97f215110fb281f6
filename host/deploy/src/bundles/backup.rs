//! `CreateBackup`: all artifacts of the service in one archive.

use super::archive::{Archives, discard};
use super::contents::Contents;
use super::outward::{self, Passwords};
use crate::remove_if_there;
use crate::task::{AfterCrash, StepContext, StepPlan, TaskFailure, Verb};
use mintage_plans::bundle::Manifest;
use mintage_records::model::{Backup, State};
use mintage_records::{Id, Match};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// How the type of an archive begins that is a backup; the id of the key that sealed its secrets
/// follows.
pub(super) const TYPE: &str = "BACKUP ";

/// The verb.
#[derive(Debug)]
pub struct CreateBackup(pub Archives);

/// What it is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateBackupInput {
    /// The backup, which is there already and not complete.
    pub backup: Id,
}

/// Its steps.
#[derive(Debug, Clone, Copy)]
pub enum BackupStep {
    /// Writes the archive; the backup before goes.
    Pack,
}

impl Verb for CreateBackup {
    const NAME: &'static str = "backup-create";
    type Input = CreateBackupInput;
    type Step = BackupStep;
    const STEPS: &'static [StepPlan<BackupStep>] = &[StepPlan::new(
        BackupStep::Pack,
        "pack",
        AfterCrash::RunAgain,
    )];

    fn run(
        &self,
        _step: BackupStep,
        input: &CreateBackupInput,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure> {
        let id = &input.backup;
        let (row, contents) = context
            .records()
            .read::<_, TaskFailure>(|view| Ok((view.get::<Backup>(id)?, Contents::all(view)?)))?;
        if row.body.state == State::Ok {
            // A first try completed it, and the start has taken the files of the ones before away.
            return Ok(Json::Null);
        }
        let manifest = Manifest {
            name: row.body.name.clone(),
            description: "All artifacts of a service".to_owned(),
            read_only: true,
            time_stamp: row.created.to_string(),
            artifact_type: format!("{TYPE}{}", self.0.sealer.key_id()),
        };
        let bundle = outward::bundle(&contents, manifest, Passwords::Sealed);
        let path = self.0.folder.backup(id);
        let Some(facts) = self.0.pack(&bundle, &contents, id, &path, context)? else {
            return self.run(BackupStep::Pack, input, context);
        };
        replace_others(&self.0, id, context, |row| {
            row.size = facts.size;
            row.checksum = Some(facts.sha256.clone());
        })?;
        context.log(format!("{} artifacts are in the backup", bundle.len()));
        Ok(Json::Null)
    }

    fn undo(
        &self,
        _step: BackupStep,
        input: &CreateBackupInput,
        _output: &Json,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure> {
        let archive = self.0.folder.backup(&input.backup);
        discard::<Backup>(&self.0, &input.backup, &archive, context)
    }
}

/// Completes a backup; the others go, for there is one at a time.
pub(super) fn replace_others(
    archives: &Archives,
    id: &Id,
    context: &StepContext,
    complete: impl FnOnce(&mut Backup),
) -> Result<(), TaskFailure> {
    let old = context
        .records()
        .change::<_, TaskFailure>(context.author(), |change| {
            let mut row = change.get::<Backup>(id)?.body;
            row.state = State::Ok;
            complete(&mut row);
            change.update(id, &Match::Any, row)?;
            let mut old = change.all::<Backup>()?;
            old.retain(|backup| backup.id != *id && backup.body.state == State::Ok);
            for backup in &old {
                change.delete::<Backup>(&backup.id, &Match::Any)?;
            }
            Ok(old)
        })?;
    for backup in old {
        remove_if_there(&archives.folder.backup(&backup.id))?;
    }
    Ok(())
}
