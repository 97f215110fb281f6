//! Test cases of plan libraries, with snapshots.
//!
//! A case, `tests/NAME/case.toml` of a plan library, says on which volume and with which values the
//! build plan runs. [`run`] runs cases, in parallel, and compares what came of each with its
//! snapshot, `tests/NAME/expect.snap`, in the format of the crate `insta`. How a run is done, in this
//! process or in a sandboxed one, is a [`Runner`] that somebody outside hands in.
//!
//! `docs/reference/test-case.md` describes the files.

mod assert;
mod case;
mod folder;
pub mod junit;
mod record;
mod report;
mod results;
mod runner;
mod snapshot;
mod suite;
#[cfg(test)]
mod tests;
mod update;
mod verdict;

pub use assert::assert_library;
pub use mintage_trees::names as layouts;
pub use report::Report;
pub use results::{CaseResult, Counts, Results, SuiteResult};
pub use runner::{InProcess, Options, Runner, TestVolume, run};
pub use suite::Suite;
pub use update::Update;
pub use verdict::{Difference, Verdict};
