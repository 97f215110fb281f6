//! One run, seen from outside: a worker runs the plan over the golden image, and only when it
//! succeeded is a volume made.

use crate::{Answer, Cancellation, Job, SandboxReport, Worker, WorkerFailure, WorkerLimits};
use mintage_engine::{Code, Diagnostic};
use mintage_plans::run::Status;
use mintage_plans::{RunInput, RunReport};
use mintage_storage::unpublished::directory_of;
use mintage_storage::{CloneReport, GoldenImage, StorageError, clone_golden, scratch_file};
use mintage_volume::block::{Committed, FileDevice, commit};
use rustix::process::DumpableBehavior;
use serde::Serialize;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A run to be done.
#[derive(Debug)]
pub struct Personalization<'a> {
    /// The golden image.
    pub image: &'a Path,
    /// What is to come of it.
    pub destination: Destination<'a>,
    /// All that the plan's run depends on.
    pub input: RunInput,
    /// Whether the run's time is to be found in the image, instead of in `input`.
    pub time_of_image: bool,
    /// How much the worker may use.
    pub limits: WorkerLimits,
    /// Who may end it early, if anybody.
    pub cancellation: Option<Cancellation>,
}

/// What is to come of a run.
#[derive(Debug, Clone, Copy)]
pub enum Destination<'a> {
    /// This volume; what changes is kept beside it until it is made.
    Volume(&'a Path),
    /// A report only; what changes is kept in this folder until it is made.
    Preview(&'a Path),
}

/// What is being done, for somebody who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// A worker runs the plan.
    Running,
    /// The golden image is cloned.
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
    /// Where it is.
    pub path: PathBuf,
    /// Whether it had no name before it was complete; else, on a filesystem that cannot do that,
    /// it had a hidden temporary one, which a killed run leaves behind.
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
    /// Runs the plan, and makes the volume if that succeeded. `watch` is told what is being done.
    ///
    /// # Errors
    /// When there is no report of a run, or its volume could not be made. Nothing is left then.
    pub fn run(self, watch: &mut dyn FnMut(Stage)) -> Result<Personalized, PersonalizeError> {
        keep_memory_private()?;
        let golden = GoldenImage::open(self.image)?;
        let scratch = match self.destination {
            Destination::Volume(output) => {
                golden.check_output(output)?;
                scratch_file(directory_of(output))?
            }
            Destination::Preview(folder) => scratch_file(folder)?,
        };
        let (destination, cancellation) = (self.destination, self.cancellation.clone());
        watch(Stage::Running);
        let Answer { sandbox, result } = self.ask_worker(&golden, &scratch)?;
        let report: RunReport =
            result.map_err(|error| PersonalizeError::Failed(Box::new(error)))?;
        let volume = match destination {
            Destination::Volume(output) if report.outcome.status == Status::Succeeded => {
                let changed = Changed {
                    golden,
                    report: &report,
                    scratch,
                };
                Some(changed.make_volume(output, cancellation.as_ref(), watch)?)
            }
            _ => None,
        };
        Ok(Personalized {
            report,
            sandbox,
            volume,
        })
    }

    fn ask_worker(
        self,
        golden: &GoldenImage,
        scratch: &File,
    ) -> Result<Answer<RunReport>, PersonalizeError> {
        let mut limits = self.limits;
        // Every changed block lies where it does in the image, in a file full of holes.
        limits.scratch = golden.len();
        let files = scratch
            .set_len(golden.len())
            .and_then(|()| Ok((golden.file().try_clone()?, scratch.try_clone()?)));
        let (image, scratch) =
            files.map_err(|error| not_written("make the scratch file", &error))?;
        let job = Job::Personalize {
            input: Box::new(self.input),
            time_of_image: self.time_of_image,
        };
        let mut worker = Worker::new(limits).pass(image).pass(scratch);
        worker.cancellation = self.cancellation;
        Ok(worker.run(&job)?)
    }
}

/// A golden image and what a run that succeeded changed in it.
struct Changed<'a> {
    golden: GoldenImage,
    report: &'a RunReport,
    scratch: File,
}

impl Changed<'_> {
    /// Clones the golden image, writes the changed blocks into the clone, and gives it its name.
    fn make_volume(
        self,
        output: &Path,
        cancellation: Option<&Cancellation>,
        watch: &mut dyn FnMut(Stage),
    ) -> Result<Volume, PersonalizeError> {
        let wanted = || match cancellation.is_some_and(Cancellation::is_cancelled) {
            true => Err(WorkerFailure::cancelled()),
            false => Ok(()),
        };
        wanted()?;
        watch(Stage::Cloning { done: 0, of: 0 });
        let mut progress = |done, of| watch(Stage::Cloning { done, of });
        let (volume, clone) = clone_golden(&self.golden, output, &mut progress)?;
        wanted()?;
        watch(Stage::Writing);
        let started = Instant::now();
        let target = volume
            .file()
            .try_clone()
            .map_err(|error| not_written("open the volume", &error))?;
        let committed = FileDevice::read_only(self.scratch)
            .and_then(|scratch| {
                commit(
                    &self.report.changes,
                    &scratch,
                    &FileDevice::writable(target)?,
                )
            })
            .map_err(|error| not_written("write the changed blocks", &error))?;
        wanted()?;
        let unnamed_until_complete = volume.temporary().is_none();
        let path = volume.publish()?;
        Ok(Volume {
            path,
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
