//! `Capturing`: a golden image between the request for a capture and the finished image.
//!
//! [`Capturing::make`] makes the golden volume, [`Capturing::keep`] keeps the record,
//! [`Capturing::publish`] says that the image is complete, [`delete`] takes all of it back. Each can be
//! done again after a crash.

use super::capture::Capture;
use super::problem::DeployError;
use super::run::RunRecord;
use crate::boot_tests::{self, BootTestRequest};
use crate::capacity::check_room;
use crate::{DataFolder, golden_volume, os_volume};
use mintage_records::model::{GoldenImage, Pin, Provenance, State, Task};
use mintage_records::{Author, Change, Id, Kind, Match, Records, RecordsError, Sealer, Stored};
use mintage_storage::volume_sum;
use mintage_worker::{Cancellation, Stage};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A golden image that is being captured: what a task needs to go on with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capturing {
    /// The golden image.
    pub golden_image: Id,
    /// The OS volume that it is made of.
    pub os_volume: Id,
    /// The versions of the plan and its scripts.
    pub pins: Vec<Pin>,
    /// Whether it is booted then.
    #[serde(default)]
    pub boot_test: bool,
}

/// What came of a capture.
#[derive(Debug)]
pub struct Captured {
    /// What the run did.
    pub record: RunRecord,
    /// Bytes of the golden volume that hold data.
    pub used: u64,
    /// SHA-256 of the golden volume, lower-case hex.
    pub volume_sum: String,
}

impl Capturing {
    /// Runs the plan and makes the golden volume, whole or not at all. What an earlier try left is
    /// taken away first. The same volume and plan give the same bytes. Blocks.
    ///
    /// # Errors
    /// `Run`, also when something is found that must not travel; `Cancelled`, `Records`. There is no
    /// golden volume then.
    pub fn make(
        &self,
        records: &Records,
        sealer: &Sealer,
        folder: &DataFolder,
        cancellation: Option<Cancellation>,
        watch: &mut dyn FnMut(Stage),
    ) -> Result<Captured, DeployError> {
        let capture = records.read(|view| Capture::at(view, &self.os_volume, &self.pins))?;
        let prepared = capture.prepare(sealer)?;
        let store = folder.store();
        let output = golden_volume(&self.golden_image);
        store.remove(&output)?;
        let source = os_volume(&self.os_volume);
        check_room(store, &source)?;
        let image = store.open(&source)?;
        // What is unique is taken out and not made, so nothing needs a secret seed.
        let seed = self.os_volume.as_str();
        let record = prepared
            .run(
                &*image,
                Some(&output),
                &folder.scratch(),
                seed,
                cancellation,
                watch,
            )?
            .succeeded()?;
        let disk = store.open(&output)?.device();
        let volume_sum = volume_sum(&*disk).map_err(|error| DeployError::storage(&error))?;
        Ok(Captured {
            record,
            used: store.used_bytes(&output)?,
            volume_sum,
        })
    }

    /// Keeps what the run did with the golden image, which is not complete yet.
    ///
    /// # Errors
    /// `Records`.
    pub fn keep(
        &self,
        change: &mut Change<'_>,
        captured: &Captured,
    ) -> Result<Stored<GoldenImage>, DeployError> {
        let image = change.get::<GoldenImage>(&self.golden_image)?.body;
        let found = captured.record.outcome.image.as_ref();
        let outcome = captured.record.to_json()?;
        let provenance = image.provenance.map(|provenance| Provenance {
            outcome: Some(outcome),
            ..provenance
        });
        let body = GoldenImage {
            size: found.map_or(image.size, |found| found.bytes),
            used: captured.used,
            volume_sum: Some(captured.volume_sum.clone()),
            provenance,
            ..image
        };
        Ok(change.update(&self.golden_image, &Match::Any, body)?)
    }

    /// Says that the golden image is complete, and what is in it, and begins its boot test where one is
    /// wanted: the task of that is returned. Once that is said, saying it again changes nothing.
    ///
    /// # Errors
    /// `Records`.
    pub fn publish(
        &self,
        change: &mut Change<'_>,
        inspection: Json,
    ) -> Result<Option<Stored<Task>>, DeployError> {
        let image = change.get::<GoldenImage>(&self.golden_image)?;
        if image.body.state == State::Ok {
            return Ok(None);
        }
        let body = GoldenImage {
            state: State::Ok,
            inspection: Some(inspection),
            ..image.body
        };
        change.update(&self.golden_image, &Match::Any, body)?;
        let about = (Kind::GoldenImages, self.golden_image.clone());
        let test = self.boot_test.then(BootTestRequest::default);
        test.map(|test| boot_tests::begin(change, about, test))
            .transpose()
    }
}

/// Takes back a golden image that is not complete. Where a deployment plan names it already, it stays
/// as one that can only be deleted.
///
/// # Errors
/// `Records`, `Run` when the file cannot be removed.
pub fn delete(
    records: &Records,
    folder: &DataFolder,
    author: &Author,
    id: &Id,
) -> Result<(), DeployError> {
    records.change(author, |change| {
        let Some(image) = change.find::<GoldenImage>(id)? else {
            return Ok(());
        };
        match change.delete::<GoldenImage>(id, &Match::Any) {
            Err(RecordsError::InUse { .. }) => {
                let body = GoldenImage {
                    state: State::Error,
                    ..image.body
                };
                change.update(id, &Match::Any, body).map(drop)
            }
            deleted => deleted.map(drop),
        }
    })?;
    Ok(folder.store().remove(&golden_volume(id))?)
}
