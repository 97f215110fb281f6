//! One run, seen from outside: a worker runs the plan over the golden image, and only when it
//! succeeded is a volume made.

use crate::{Answer, Cancellation, Job, SandboxReport, Worker, WorkerFailure, WorkerLimits};
use mintage_engine::{Code, Diagnostic};
use mintage_plans::run::Status;
use mintage_plans::{RunInput, RunReport};
use mintage_storage::store::{MadeClone, OpenVolume};
use mintage_storage::{CloneReport, GoldenImage, StorageError, scratch_file};
use mintage_volume::block::{Committed, FileDevice, commit};
use rustix::process::DumpableBehavior;
use serde::Serialize;
use std::fmt;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

/// A run to be done.
#[derive(Debug)]
pub struct Personalization<'a> {
    /// The image that the plan runs over.
    pub image: Image,
    /// What is to come of it.
    pub destination: Destination<'a>,
    /// The folder where what changes is kept, in a file without a name, until the volume is made.
    pub scratch: &'a Path,
    /// All that the plan's run depends on.
    pub input: RunInput,
    /// How much the worker may use.
    pub limits: WorkerLimits,
    /// Who may end it early, if anybody.
    pub cancellation: Option<Cancellation>,
}

/// An image, as a worker gets it.
#[derive(Debug)]
pub struct Image {
    descriptor: OwnedFd,
    bytes: u64,
}

impl Image {
    /// A volume of a store. It has to stay open until the run is done.
    ///
    /// # Errors
    /// `Store`.
    pub fn of_volume(volume: &dyn OpenVolume) -> Result<Self, StorageError> {
        Ok(Self {
            descriptor: volume.descriptor()?,
            bytes: volume.device().len(),
        })
    }

    /// A file of its own.
    ///
    /// # Errors
    /// `Read`.
    pub fn of_file(image: &GoldenImage) -> Result<Self, StorageError> {
        let file = image.file().try_clone();
        Ok(Self {
            descriptor: file
                .map(OwnedFd::from)
                .map_err(|source| StorageError::Read {
                    path: image.path().to_owned(),
                    source,
                })?,
            bytes: image.len(),
        })
    }
}

/// Makes the clone of the image that the changes go into.
pub trait CloneImage: Sync {
    /// The clone, where it shares the image's blocks; none where they have to be copied.
    ///
    /// # Errors
    /// Those of [`mintage_storage::store::OpenVolume::share_to`].
    fn share(&self) -> Result<Option<MadeClone>, StorageError>;

    /// The clone. `progress` is told how far it came, in bytes, and of how many.
    ///
    /// # Errors
    /// Those of [`mintage_storage::store::OpenVolume::clone_to`].
    fn copy(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<MadeClone, StorageError>;

    /// Says whether the image is still what it was when it was opened.
    ///
    /// # Errors
    /// Those of [`mintage_storage::store::OpenVolume::check_unchanged`].
    fn check_unchanged(&self) -> Result<(), StorageError>;
}

/// What is to come of a run.
#[derive(Clone, Copy)]
pub enum Destination<'a> {
    /// A volume: the clone that this makes, with the changes.
    Volume(&'a dyn CloneImage),
    /// A report only.
    Preview,
}

impl fmt::Debug for Destination<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Volume(_) => "Volume",
            Self::Preview => "Preview",
        })
    }
}

/// What is being done, for somebody who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A worker runs the plan.
    Running,
    /// The golden image is copied; a clone that shares blocks is there at once.
    Cloning {
        /// How far it came, in bytes.
        done: u64,
        /// Of how many; 0 as long as that is not known.
        of: u64,
    },
    /// The changed blocks are written into the clone.
    Writing,
}

/// What came of a run.
#[derive(Debug, Serialize)]
pub struct Personalized {
    /// What the plan did; also for a run that failed.
    #[serde(flatten)]
    pub report: RunReport,
    /// What the worker was shut into.
    pub sandbox: SandboxReport,
    /// The volume that was made.
    pub volume: Option<Volume>,
}

/// A volume that was made.
#[derive(Debug, Serialize)]
pub struct Volume {
    /// Where it is, when that is a file of whoever wanted it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<PathBuf>,
    /// Whether it had no name before it was complete; else, where that cannot be done, it had a hidden
    /// temporary one, which a killed run leaves behind.
    pub unnamed_until_complete: bool,
    /// How the golden image was cloned.
    pub clone: CloneReport,
    /// What was written into the clone.
    pub commit: Committed,
    /// How long that took, with waiting for stable storage and giving it its name.
    pub commit_duration: Duration,
}

/// Why there is no report of a run, or no volume. Nothing is left then.
#[derive(Debug, thiserror::Error)]
pub enum PersonalizeError {
    /// The worker gave no answer.
    #[error(transparent)]
    Worker(#[from] WorkerFailure),
    /// The golden image cannot be read, or the volume not be made.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// Everything else.
    #[error("{}", _0.message)]
    Failed(Box<Diagnostic>),
}

impl Personalization<'_> {
    /// Runs the plan, and makes the volume if that succeeded; a clone that shares blocks is made
    /// meanwhile, and dropped if it did not. `watch` is told what is being done.
    ///
    /// # Errors
    /// When there is no report of a run, or its volume could not be made. Nothing is left then.
    pub fn run(self, watch: &mut dyn FnMut(Stage)) -> Result<Personalized, PersonalizeError> {
        keep_memory_private()?;
        let scratch = scratch_file(self.scratch)?;
        let (destination, cancellation) = (self.destination, self.cancellation.clone());
        watch(Stage::Running);
        let (answer, shared) = thread::scope(|scope| {
            // The clone depends on nothing that the plan does, and takes longer the more pieces the
            // image is in. Without a thread for it, it is made afterwards.
            let sharing = match destination {
                Destination::Volume(image) => thread::Builder::new()
                    .spawn_scoped(scope, || image.share())
                    .ok(),
                Destination::Preview => None,
            };
            let answer = self.ask_worker(&scratch);
            let shared = sharing.map(|thread| thread.join());
            (answer, shared)
        });
        let Answer { sandbox, result } = answer?;
        let report: RunReport =
            result.map_err(|error| PersonalizeError::Failed(Box::new(error)))?;
        let volume = match destination {
            Destination::Volume(image) if report.outcome.status == Status::Succeeded => {
                let shared = shared.map_or(Ok(None), |shared| {
                    shared.unwrap_or_else(|panic| resume_unwind(panic))
                })?;
                let changed = Changed {
                    report: &report,
                    scratch,
                };
                Some(changed.make_volume((image, shared), cancellation.as_ref(), watch)?)
            }
            _ => None,
        };
        Ok(Personalized {
            report,
            sandbox,
            volume,
        })
    }

    fn ask_worker(self, scratch: &File) -> Result<Answer<RunReport>, PersonalizeError> {
        let mut limits = self.limits;
        // Every changed block lies where it does in the image, in a file full of holes.
        limits.scratch = self.image.bytes;
        let sized = scratch.set_len(self.image.bytes);
        let scratch = sized.and_then(|()| scratch.try_clone());
        let scratch = scratch.map_err(|error| not_written("make the scratch file", &error))?;
        let job = Job::Personalize {
            input: Box::new(self.input),
        };
        let mut worker = Worker::new(limits)
            .pass(self.image.descriptor)
            .pass(scratch);
        worker.cancellation = self.cancellation;
        Ok(worker.run(&job)?)
    }
}

/// What a run that succeeded changed in its image.
struct Changed<'a> {
    report: &'a RunReport,
    scratch: File,
}

impl Changed<'_> {
    /// Writes the changed blocks into the clone of the image, which may be there already, and gives it
    /// its name.
    fn make_volume(
        self,
        (image, shared): (&dyn CloneImage, Option<MadeClone>),
        cancellation: Option<&Cancellation>,
        watch: &mut dyn FnMut(Stage),
    ) -> Result<Volume, PersonalizeError> {
        let wanted = || match cancellation.is_some_and(Cancellation::is_cancelled) {
            true => Err(WorkerFailure::cancelled()),
            false => Ok(()),
        };
        wanted()?;
        let (volume, clone) = match shared {
            Some(shared) => {
                // It was made before the plan had read all that it did.
                image.check_unchanged()?;
                shared
            }
            None => {
                watch(Stage::Cloning { done: 0, of: 0 });
                image.copy(&mut |done, of| watch(Stage::Cloning { done, of }))?
            }
        };
        wanted()?;
        watch(Stage::Writing);
        let started = Instant::now();
        let committed = FileDevice::read_only(self.scratch)
            .and_then(|scratch| commit(&self.report.changes, &scratch, &volume.device()))
            .map_err(|error| not_written("write the changed blocks", &error))?;
        wanted()?;
        let unnamed_until_complete = volume.vanishes();
        volume.publish().map_err(StorageError::from)?;
        Ok(Volume {
            path: None,
            unnamed_until_complete,
            clone,
            commit: committed,
            commit_duration: started.elapsed(),
        })
    }
}

/// This process has the secrets of the run in its memory: nobody of the same user may read it, and
/// no core dump of it is written, whatever ends it.
fn keep_memory_private() -> Result<(), PersonalizeError> {
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|errno| failed(Code::P6005, format!("cannot forbid core dumps: {errno}")))
}

fn not_written(what: &str, error: &dyn std::error::Error) -> PersonalizeError {
    failed(Code::P7009, format!("cannot {what}: {error}"))
}

fn failed(code: Code, message: String) -> PersonalizeError {
    PersonalizeError::Failed(Box::new(Diagnostic::new(code, message)))
}
