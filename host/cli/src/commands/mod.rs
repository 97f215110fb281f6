//! The commands, a file each: arguments in, a job for a worker, its answer out.

pub mod boot_test;
pub mod bundle;
pub mod cat;
pub mod check;
pub mod completions;
pub mod config;
pub mod demo;
pub mod diff;
pub mod doc;
pub mod inspect;
pub mod ls;
pub mod man;
pub mod new;
pub mod remote;
pub mod run;
pub mod scan;
pub mod serve;
pub mod test;
pub mod tree;

use crate::failure::Failure;
use crate::progress::Progress;
use mintage_storage::GoldenImage;
use mintage_worker::{Job, Worker, WorkerLimits};
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Gives `job` to a worker that gets the `images` and nothing else, and waits for its answer.
fn ask<A: DeserializeOwned>(images: &[&Path], job: &Job) -> Result<A, Failure> {
    let _progress = Progress::start("reading the image");
    Ok(reader(images)?.run::<A>(job)?.result?)
}

/// Gives `job` to a worker that gets no file at all, for a minute at most.
fn ask_without_image<A: DeserializeOwned>(job: &Job) -> Result<A, Failure> {
    let _progress = Progress::start("checking");
    let mut worker = reader(&[])?;
    worker.limits.deadline = Duration::from_secs(60);
    Ok(worker.run::<A>(job)?.result?)
}

/// As [`ask`], with a pipe from the worker that `read` reads meanwhile.
fn ask_streaming<A: DeserializeOwned>(
    image: &Path,
    job: &Job,
    read: impl FnOnce(File) -> io::Result<()> + Send,
) -> Result<A, Failure> {
    let (output, input) = io::pipe().map_err(|error| Failure::output(&error))?;
    let mut worker = reader(&[image])?.pass(input);
    // Whoever reads may take a day; processor time is limited all the same.
    worker.limits.deadline = Duration::from_secs(24 * 60 * 60);
    thread::scope(|scope| {
        let reading = scope.spawn(move || read(File::from(OwnedFd::from(output))));
        let answer = worker.run::<A>(job);
        // A panic there is one of ours, and then there is no output either.
        let copied = reading.join();
        let copied = copied.unwrap_or_else(|_| Err(io::Error::other("the reader failed")));
        let result = answer?.result?;
        copied.map_err(|error| Failure::output(&error))?;
        Ok(result)
    })
}

/// A worker that can read the `images` and write nothing.
fn reader(images: &[&Path]) -> Result<Worker, Failure> {
    let mut worker = Worker::new(WorkerLimits {
        scratch: 0,
        ..WorkerLimits::default()
    });
    for path in images {
        let image = GoldenImage::open(path)?.into_file();
        worker = worker.pass(image);
    }
    Ok(worker)
}

/// Reads a text file of the host of at most `limit` bytes.
fn read_text(
    path: &Path,
    limit: u64,
    failed: impl Fn(String) -> Failure,
) -> Result<String, Failure> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(limit + 1).read_to_string(&mut text));
    read.map_err(|error| failed(error.to_string()))?;
    if text.len() as u64 > limit {
        return Err(failed(format!("it is larger than {limit} bytes")));
    }
    Ok(text)
}
