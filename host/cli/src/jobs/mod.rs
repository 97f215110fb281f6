//! What a worker does when it is asked for a job, a file per job. These functions run in the sandbox.

mod cat;
mod check;
mod diff;
mod inspect;
mod ls;
mod open;
mod personalize;
mod rehearse;
mod scan;
mod tree;

use mintage_engine::{Code, Diagnostic, PlanError};
use mintage_volume::VolumeError;
use mintage_worker::{Descriptors, Job};
use serde::Serialize;
use serde_json::Value as Json;
use std::io;

/// Does `job` with the files that came with it.
pub fn act(job: Job, mut files: Descriptors) -> Result<Json, Diagnostic> {
    match job {
        Job::Inspect => to_json(inspect::inspect(&mut files)?),
        Job::Ls { path } => to_json(ls::list(&mut files, &path)?),
        Job::Cat { path } => to_json(cat::copy(&mut files, &path)?),
        Job::Tree { path, content } => to_json(tree::print(&mut files, &path, content)?),
        Job::Diff => to_json(diff::compare(&mut files)?),
        Job::Scan {
            baseline,
            given,
            allowances,
        } => to_json(scan::scan(&mut files, baseline, &given, &allowances)?),
        Job::Check { library } => to_json(check::find(&library)),
        Job::Rehearse { input, text } => to_json(rehearse::run(&input, &text)),
        Job::Personalize { input } => to_json(personalize::run(&mut files, &input)?),
    }
}

fn to_json(answer: impl Serialize) -> Result<Json, Diagnostic> {
    serde_json::to_value(answer)
        .map_err(|error| Diagnostic::new(Code::P2011, format!("cannot answer: {error}")))
}

/// A failure in the volume, as an answer.
fn volume_error(error: VolumeError) -> Diagnostic {
    PlanError::from(error).into()
}

/// A descriptor that does not do what it should.
fn descriptor_error(error: io::Error) -> Diagnostic {
    Diagnostic::new(
        Code::P6005,
        format!("the worker lost a descriptor: {error}"),
    )
}
