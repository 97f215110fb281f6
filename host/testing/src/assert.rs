//! A plan library's cases from a Rust test, in a line.

use crate::report::Report;
use crate::runner::{InProcess, Options, run};
use crate::suite::Suite;
use crate::update::Update;
use mintage_engine::{Library, Style};
use std::path::Path;
use std::thread::available_parallelism;

/// Runs every case of the plan library in the folder `dir` in this process, with what `library`
/// grants, and asserts that each is as its snapshot says.
///
/// What becomes of snapshots says `INSTA_UPDATE`, as for the assertions of the crate `insta`.
///
/// ```no_run
/// # let library: &dyn mintage_engine::Library = unimplemented!();
/// // #[test] fn the_web_plan() {
/// mintage_testing::assert_library("plans/web", library);
/// // }
/// ```
///
/// # Panics
/// When a case failed, or there is none; with the report.
#[track_caller]
#[allow(clippy::panic)] // An assertion of a test fails by a panic.
pub fn assert_library(dir: impl AsRef<Path>, library: &dyn Library) {
    let suite = Suite::load(dir.as_ref()).unwrap_or_else(|problems| {
        let problems = problems.iter().map(|problem| problem.render(Style::Plain));
        panic!("{}", problems.collect::<String>())
    });
    let options = Options {
        filter: "",
        update: Update::from_environment(),
        jobs: available_parallelism().map_or(1, usize::from),
    };
    let results = run(&[suite], &InProcess(library), &options);
    let report = Report {
        results: &results,
        style: Style::Plain,
    };
    assert!(results.is_good(), "\n{report}");
}
