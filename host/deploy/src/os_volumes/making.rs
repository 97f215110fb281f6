//! `Making`: an OS volume between the request and the finished volume.
//!
//! [`Making::make`] makes the file, [`Making::keep`] keeps the record, [`Making::publish`] says that the
//! volume is complete, [`delete`] takes all of it back. Each can be done again after a crash.

use super::deploy::Deployment;
use super::problem::DeployError;
use super::run::RunRecord;
use super::settings::Setting;
use crate::capacity::check_room;
use crate::{DataFolder, boot_tests, golden_volume, os_volume};
use mintage_plans::Profile;
use mintage_records::model::{OsVolume, State};
use mintage_records::{
    Author, Change, Id, Kind, Match, Records, RecordsError, Sealed, Sealer, Stored,
};
use mintage_storage::store::{VolumeKind, VolumeName};
use mintage_worker::{Cancellation, Stage};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// An OS volume that is being made: what a task needs to go on with it. Secrets are sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Making {
    /// The volume.
    pub os_volume: Id,
    /// The request's values of attributes.
    pub settings: Sealed,
    /// What scripts may know of the server, as in a profile file; none for a volume without a server.
    #[serde(default)]
    pub facts: Option<Json>,
}

impl Making {
    /// Runs the plan and makes the volume's file, whole or not at all. What an earlier try left is
    /// taken away first, so that this can be done again. Blocks.
    ///
    /// # Errors
    /// `Run`, `Cancelled`, `Records`. There is no file then.
    pub fn make(
        &self,
        records: &Records,
        sealer: &Sealer,
        folder: &DataFolder,
        cancellation: Option<Cancellation>,
        watch: &mut dyn FnMut(Stage),
    ) -> Result<RunRecord, DeployError> {
        let settings = sealer.open(&self.settings)?;
        let settings: Vec<Setting> =
            serde_json::from_str(&settings).map_err(|error| DeployError::storage(&error))?;
        let (deployment, seed) = records.read(|view| {
            let volume = view.get::<OsVolume>(&self.os_volume)?.body;
            let deployment = Deployment::at(view, &volume.pins)?;
            Ok::<_, DeployError>((deployment, volume.seed))
        })?;
        let seed = seed.ok_or(RecordsError::Unseal)?;
        let seed = sealer.open(&seed)?;
        let mut prepared = deployment.prepare(&settings, sealer)?;
        if let Some(facts) = &self.facts {
            prepared.profile = Profile::parse("server profile", &facts.to_string())?.0;
        }
        let output = os_volume(&self.os_volume);
        folder.store().remove(&output)?;
        let golden = golden_volume(deployment.golden_image());
        check_room(folder.store(), &golden)?;
        let image = folder.store().open(&golden)?;
        let (image, output, scratch) = (&*image, Some(&output), folder.scratch());
        prepared
            .run(image, output, &scratch, &seed, cancellation, watch)?
            .succeeded()
    }

    /// Keeps what the run did with the volume, which is not complete yet.
    ///
    /// # Errors
    /// `Records`.
    pub fn keep(
        &self,
        change: &mut Change<'_>,
        record: &RunRecord,
    ) -> Result<Stored<OsVolume>, DeployError> {
        let volume = change.get::<OsVolume>(&self.os_volume)?.body;
        let image = record.outcome.image.as_ref();
        let body = OsVolume {
            size: image.map_or(volume.size, |image| image.bytes),
            outcome: Some(record.to_json()?),
            ..volume
        };
        Ok(change.update(&self.os_volume, &Match::Any, body)?)
    }

    /// Says that the volume is complete. Once that is said, saying it again changes nothing.
    ///
    /// # Errors
    /// `Records`.
    pub fn publish(&self, change: &mut Change<'_>) -> Result<Stored<OsVolume>, RecordsError> {
        let volume = change.get::<OsVolume>(&self.os_volume)?;
        if volume.body.state == State::Ok {
            return Ok(volume);
        }
        let body = OsVolume {
            state: State::Ok,
            ..volume.body
        };
        change.update(&self.os_volume, &Match::Any, body)
    }
}

/// Takes back a volume that is not complete, or deletes one that is. The row goes first: a file without
/// a row is nothing, and [`sweep`] takes it away.
///
/// # Errors
/// `Records`, `Run` when the file cannot be removed.
pub fn delete(
    records: &Records,
    folder: &DataFolder,
    author: &Author,
    id: &Id,
    expected: &Match,
) -> Result<(), DeployError> {
    let tested = records.change(author, |change| {
        let Some(volume) = change.find::<OsVolume>(id)? else {
            return Ok(None);
        };
        change.delete::<OsVolume>(id, expected)?;
        boot_tests::forget(change, &(Kind::OsVolumes, id.clone()))?;
        Ok::<_, RecordsError>(volume.body.boot_test)
    })?;
    boot_tests::remove_console(folder, tested.as_ref())?;
    Ok(folder.store().remove(&os_volume(id))?)
}

/// Removes OS volumes that have no row: what a crash between the two left. To be done at the start, when
/// no task runs.
///
/// # Errors
/// `Records`, `Run` when the store fails.
pub fn sweep(records: &Records, folder: &DataFolder) -> Result<(), DeployError> {
    let known = records.read(|view| view.all::<OsVolume>())?;
    let known: BTreeSet<_> = known.iter().map(|volume| os_volume(&volume.id)).collect();
    remove_all_but(folder, VolumeKind::Os, |name| known.contains(name))
}

/// Removes every volume of a kind but the wanted ones.
pub(crate) fn remove_all_but(
    folder: &DataFolder,
    kind: VolumeKind,
    wanted: impl Fn(&VolumeName) -> bool,
) -> Result<(), DeployError> {
    for (name, _) in folder.store().list()? {
        if name.kind() == kind && !wanted(&name) {
            tracing::warn!(%name, "removing a volume that belongs to nothing");
            folder.store().remove(&name)?;
        }
    }
    Ok(())
}
