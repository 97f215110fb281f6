//! One run of a stored plan, and the record that is kept of it.

use super::problem::{DeployError, from_diagnostic};
use mintage_plans::run::Timings;
use mintage_plans::{AttributeValues, Outcome, PlanLibrary, Profile, RunInput};
use mintage_storage::store::{MadeClone, OpenVolume, VolumeName};
use mintage_storage::{CloneReport, StorageError};
use mintage_volume::block::Committed;
use mintage_worker::{
    Cancellation, CloneImage, Destination, Image, Personalization, Personalized, SandboxReport,
    Stage, Volume, WorkerLimits,
};
use serde::Serialize;
use serde_json::Value as Json;
use std::path::Path;
use std::time::Duration;

/// How long a plan's steps may take together where the plan does not say.
const DEADLINE: Duration = Duration::from_secs(600);
/// How much longer than its scripts a worker may take, to open, finish and compare.
const GRACE: Duration = Duration::from_secs(30);

/// A plan that can be run: everything that could be wrong before was checked.
#[derive(Debug)]
pub struct Prepared {
    /// The plan with its scripts.
    pub library: PlanLibrary,
    /// The values of its attributes.
    pub values: AttributeValues,
    /// The server that it is for.
    pub profile: Profile,
}

/// What a run did, as it is kept and shown: secrets are masked, and no path of the host is in it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRecord {
    /// What came of it: diff, transcript, log.
    pub outcome: Outcome,
    /// How long each part took.
    pub timings: Timings,
    /// What the worker was shut into.
    pub sandbox: SandboxReport,
    /// How the volume was made; none for a preview.
    pub volume: Option<VolumeRecord>,
}

/// How a volume was made.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeRecord {
    /// How the image below was cloned.
    pub clone: CloneReport,
    /// What was written into the clone.
    pub commit: Committed,
    /// How long that took, with waiting for stable storage, in microseconds.
    pub commit_microseconds: u64,
}

impl Prepared {
    /// Runs the plan over `image`. When it succeeds and there is an `output`, that is the volume then;
    /// else nothing is made. Until then what changes is kept in the folder `scratch`. The same `image`,
    /// values and `seed` give the same bytes.
    ///
    /// Blocks until the worker is done.
    ///
    /// # Errors
    /// `Run` when the worker failed or the volume cannot be written, `Cancelled`.
    pub fn run(
        self,
        image: &dyn OpenVolume,
        output: Option<&VolumeName>,
        scratch: &Path,
        seed: &str,
        cancellation: Option<Cancellation>,
        watch: &mut dyn FnMut(Stage),
    ) -> Result<RunRecord, DeployError> {
        let deadline = self.library.plan().deadline.unwrap_or(DEADLINE);
        // The time of the image: the same for all its volumes.
        let mut input = RunInput::new(self.library, self.values, seed, None);
        input.profile = self.profile;
        input.limits.script.deadline_seconds = deadline.as_secs();
        let limits = WorkerLimits {
            cpu: (deadline + GRACE) * 2,
            deadline: deadline + GRACE,
            ..WorkerLimits::default()
        };
        let clone = output.map(|name| StoredClone { image, name });
        let run = Personalization {
            image: Image::of_volume(image)?,
            destination: match &clone {
                Some(clone) => Destination::Volume(clone),
                None => Destination::Preview,
            },
            scratch,
            input,
            limits,
            cancellation,
        };
        Ok(run.run(watch)?.into())
    }
}

/// The volume `name` of the store, as a clone of `image` there.
struct StoredClone<'a> {
    image: &'a dyn OpenVolume,
    name: &'a VolumeName,
}

impl CloneImage for StoredClone<'_> {
    fn share(&self) -> Result<Option<MadeClone>, StorageError> {
        Ok(self.image.share_to(self.name)?)
    }

    fn copy(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<MadeClone, StorageError> {
        Ok(self.image.clone_to(self.name, progress)?)
    }

    fn check_unchanged(&self) -> Result<(), StorageError> {
        Ok(self.image.check_unchanged()?)
    }
}

impl RunRecord {
    /// The record of a run that succeeded.
    ///
    /// # Errors
    /// `Plan` with the reason of one that failed.
    pub fn succeeded(self) -> Result<Self, DeployError> {
        match self.outcome.error.clone() {
            None => Ok(self),
            Some(error) => {
                let failed = Box::new(from_diagnostic(error));
                Err(DeployError::Plan(failed, Box::new(self)))
            }
        }
    }

    /// As it is kept.
    ///
    /// # Errors
    /// `Run`; not for any record that there can be.
    pub fn to_json(&self) -> Result<Json, DeployError> {
        serde_json::to_value(self).map_err(|error| DeployError::storage(&error))
    }
}

impl From<Personalized> for RunRecord {
    fn from(personalized: Personalized) -> Self {
        Self {
            outcome: personalized.report.outcome,
            timings: personalized.report.timings,
            sandbox: personalized.sandbox,
            volume: personalized.volume.map(VolumeRecord::from),
        }
    }
}

impl From<Volume> for VolumeRecord {
    fn from(volume: Volume) -> Self {
        let microseconds = u64::try_from(volume.commit_duration.as_micros());
        Self {
            clone: volume.clone,
            commit: volume.commit,
            commit_microseconds: microseconds.unwrap_or(u64::MAX),
        }
    }
}
