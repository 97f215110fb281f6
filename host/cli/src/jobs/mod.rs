//! Jobs: what a worker can be asked to do, a file per job. These functions run in the sandbox;
//! the types of their answers are also what the commands print.

pub mod cat;
mod check;
mod diff;
pub mod inspect;
pub mod ls;
mod open;
mod personalize;
mod rehearse;
mod scan;
mod tree;

use crate::worker::Descriptors;
use mintage_engine::{Code, Diagnostic, PlanError};
use mintage_plans::{PlanLibrary, RunInput};
use mintage_scan::Allowance;
use mintage_volume::VolumeError;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::io;

/// What a worker is asked to do. The descriptors that come with it: the image or images, open for
/// reading; then for `Cat` a pipe, for `Personalize` a scratch file of the image's length.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// What is in the image, an [`inspect::Inspection`].
    Inspect,
    /// The entries of a directory, an [`ls::Listing`].
    Ls {
        /// The directory, as bytes.
        path: Vec<u8>,
    },
    /// The content of a file into the pipe, and a [`cat::Copied`].
    Cat {
        /// The file, as bytes.
        path: Vec<u8>,
    },
    /// A tree text, a string.
    Tree {
        /// From where on, as bytes.
        path: Vec<u8>,
        /// The longest content that is written out, in bytes.
        content: u64,
    },
    /// How two images differ, a [`mintage_volume::diff::TreeDiff`].
    Diff,
    /// What of an image must not travel, a [`mintage_scan::ScanReport`]; a second image may come
    /// with it, whose identities count too.
    Scan {
        /// Whether there is a second image.
        baseline: bool,
        /// Texts to look for besides.
        given: Vec<Vec<u8>>,
        /// What may be found.
        allowances: Vec<Allowance>,
    },
    /// What is wrong with a plan library, a list of [`mintage_plans::check::Finding`]s.
    Check {
        /// The library.
        library: Box<PlanLibrary>,
    },
    /// A run of a build plan over the volume of a tree text, a [`mintage_plans::RunReport`].
    Rehearse {
        /// All that it depends on.
        input: Box<RunInput>,
        /// The tree text.
        text: String,
    },
    /// A run of a build plan, a [`mintage_plans::RunReport`].
    Personalize {
        /// All that it depends on.
        input: Box<RunInput>,
        /// Whether its time is to be found in the image.
        time_of_image: bool,
    },
}

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
        Job::Personalize {
            input,
            time_of_image,
        } => to_json(personalize::run(&mut files, *input, time_of_image)?),
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
