//! One run, seen from outside: a worker runs the plan over the golden image, and only when it
//! succeeded is a volume made.

use crate::failure::Failure;
use crate::jobs::Job;
use crate::progress::Progress;
use crate::worker::{Answer, SandboxReport, Worker, WorkerLimits};
use mintage_engine::Code;
use mintage_plans::run::Status;
use mintage_plans::{RunInput, RunReport};
use mintage_storage::unpublished::directory_of;
use mintage_storage::{CloneReport, GoldenImage, clone_golden, scratch_file};
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
    /// The volume to be made; none for a preview.
    pub output: Option<&'a Path>,
    /// All that the plan's run depends on.
    pub input: RunInput,
    /// Whether the run's time is to be found in the image, instead of in `input`.
    pub time_of_image: bool,
    /// How much the worker may use.
    pub limits: WorkerLimits,
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

impl Personalization<'_> {
    /// Runs the plan, and makes the volume if that succeeded.
    ///
    /// # Errors
    /// When there is no report of a run, or its volume could not be made. Nothing is left then.
    pub fn run(self) -> Result<Personalized, Failure> {
        keep_memory_private()?;
        let golden = GoldenImage::open(self.image)?;
        let beside = match self.output {
            Some(output) => {
                golden.check_output(output)?;
                directory_of(output).to_owned()
            }
            None => std::env::temp_dir(),
        };
        let scratch = scratch_file(&beside)?;
        let output = self.output;
        let Answer { sandbox, result } = self.ask_worker(&golden, &scratch)?;
        let report: RunReport = result?;
        let volume = match output {
            Some(output) if report.outcome.status == Status::Succeeded => {
                Some(make_volume(&golden, output, &report, scratch)?)
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
    ) -> Result<Answer<RunReport>, Failure> {
        let mut limits = self.limits;
        // Every changed block lies where it does in the image, in a file full of holes.
        limits.scratch = golden.len();
        let files = scratch
            .set_len(golden.len())
            .and_then(|()| Ok((golden.file().try_clone()?, scratch.try_clone()?)));
        let (image, scratch) =
            files.map_err(|error| not_written("make the scratch file", &error))?;
        let _progress = Progress::start("running the plan");
        let job = Job::Personalize {
            input: Box::new(self.input),
            time_of_image: self.time_of_image,
        };
        Ok(Worker::new(limits).pass(image).pass(scratch).run(&job)?)
    }
}

/// Clones the golden image, writes the changed blocks into the clone, and gives it its name.
fn make_volume(
    golden: &GoldenImage,
    output: &Path,
    report: &RunReport,
    scratch: File,
) -> Result<Volume, Failure> {
    let progress = Progress::start("copying the golden image");
    let cloned = clone_golden(golden, output, &mut |done, of| progress.at(done, of));
    drop(progress);
    let (volume, clone) = cloned?;
    let _progress = Progress::start("writing the changed blocks");
    let started = Instant::now();
    let target = volume
        .file()
        .try_clone()
        .map_err(|error| not_written("open the volume", &error))?;
    let committed = FileDevice::read_only(scratch)
        .and_then(|scratch| commit(&report.changes, &scratch, &FileDevice::writable(target)?))
        .map_err(|error| not_written("write the changed blocks", &error))?;
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

/// This process has the secrets of the run in its memory: nobody of the same user may read it, and
/// no core dump of it is written, whatever ends it.
fn keep_memory_private() -> Result<(), Failure> {
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|errno| Failure::new(Code::P6005, format!("cannot forbid core dumps: {errno}")))
}

fn not_written(what: &str, error: &dyn std::error::Error) -> Failure {
    Failure::new(Code::P7009, format!("cannot {what}: {error}"))
}
