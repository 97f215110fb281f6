//! What is in a volume: its directories, its files, and how two volumes differ. A worker looks: an
//! image may be hostile, and nothing of it is read in this process.

use crate::DataFolder;
use crate::os_volumes::DeployError;
use mintage_engine::Diagnostic;
use mintage_storage::store::VolumeName;
use mintage_worker::answers::Copied;
pub use mintage_worker::answers::{Entry, Listing};
use mintage_worker::{Cancellation, Job, Worker, WorkerFailure, WorkerLimits};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::thread;
use std::time::Duration;

/// How long a look may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// The beginning of a file in a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// The file without links in its path, escaped.
    pub path: String,
    /// What was read of it.
    pub bytes: Vec<u8>,
    /// Whether there is more.
    pub is_cut: bool,
}

/// What is in the directory `path` of a volume, or the one file that is there. Links are followed
/// inside the volume. Blocks until it is done, or `is_unwanted` says that nobody waits any more.
///
/// # Errors
/// `Refused` with why the path cannot be shown, `Run`, `Cancelled`.
pub fn list(
    folder: &DataFolder,
    volume: &VolumeName,
    path: &str,
    is_unwanted: impl Fn() -> bool + Send + Sync + 'static,
) -> Result<Listing, DeployError> {
    let path = path.as_bytes().to_vec();
    ask(worker(folder, &[volume], is_unwanted)?, &Job::Ls { path })
}

/// The first `limit` bytes of the file `path` of a volume. Blocks.
///
/// # Errors
/// As [`list`].
pub fn content(
    folder: &DataFolder,
    volume: &VolumeName,
    path: &str,
    limit: u64,
    is_unwanted: impl Fn() -> bool + Send + Sync + 'static,
) -> Result<Content, DeployError> {
    let (output, input) = io::pipe().map_err(|error| DeployError::storage(&error))?;
    let worker = worker(folder, &[volume], is_unwanted)?.pass(input);
    let path = path.as_bytes().to_vec();
    thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let mut bytes = Vec::new();
            let mut pipe = File::from(OwnedFd::from(output)).take(limit + 1);
            pipe.read_to_end(&mut bytes).map(|_| bytes)
        });
        let copied: Result<Copied, DeployError> = ask(worker, &Job::Cat { path });
        // A panic there is one of ours, and then nothing was read either.
        let read = reading.join();
        let read = read.unwrap_or_else(|_| Err(io::Error::other("the reader failed")));
        let mut bytes = read.map_err(|error| DeployError::storage(&error))?;
        let is_cut = bytes.len() as u64 > limit;
        bytes.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(Content {
            path: copied?.path,
            bytes,
            is_cut,
        })
    })
}

/// How `after` differs from `before`, file by file: a `TreeDiff`. Blocks.
///
/// # Errors
/// As [`list`].
pub fn compare(
    folder: &DataFolder,
    before: &VolumeName,
    after: &VolumeName,
    is_unwanted: impl Fn() -> bool + Send + Sync + 'static,
) -> Result<Json, DeployError> {
    ask(worker(folder, &[before, after], is_unwanted)?, &Job::Diff)
}

/// A worker that can read the volumes and write nothing.
fn worker(
    folder: &DataFolder,
    volumes: &[&VolumeName],
    is_unwanted: impl Fn() -> bool + Send + Sync + 'static,
) -> Result<Worker, DeployError> {
    let mut worker = Worker::new(WorkerLimits {
        scratch: 0,
        cpu: DEADLINE,
        deadline: DEADLINE,
        ..WorkerLimits::default()
    });
    worker.cancellation = Some(Cancellation::when(is_unwanted));
    for name in volumes {
        worker = worker.pass(folder.store().open(name)?.descriptor()?);
    }
    Ok(worker)
}

fn ask<A: DeserializeOwned>(worker: Worker, job: &Job) -> Result<A, DeployError> {
    let answer = worker.run::<A>(job).map_err(WorkerFailure::into_diagnostic);
    let result = answer.and_then(|answer| answer.result);
    result.map_err(|diagnostic| refused(&diagnostic))
}

fn refused(diagnostic: &Diagnostic) -> DeployError {
    let help = diagnostic.help.as_deref().unwrap_or_default();
    DeployError::refused(diagnostic.code.as_str(), diagnostic.message.clone(), help)
}
