//! `mintage test`: runs the test cases of plan libraries.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::screen::Screen;
use clap::Args;
use mintage_engine::Diagnostic;
use mintage_plans::{RunInput, RunReport};
use mintage_storage::scratch_file;
use mintage_testing::{Options, Report, Runner, Suite, TestVolume, Update, junit, run};
use mintage_worker::{Job, Worker, WorkerLimits};
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

/// Run the test cases of plan libraries and compare what comes of them with their snapshots.
///
/// A case is a folder `tests/NAME` of a library: `case.toml` says on which volume and with which
/// values the build plan runs, `expect.snap` what must come of it. Every case runs in a sandboxed
/// process of its own, over a volume in memory. What is printed is the same on every machine.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage test plans/web
  mintage test sample-plans/* --junit report.xml
  mintage test plans/web --case web/dhcp --accept

Where something else comes of a case than its snapshot says, it is shown, with the line of the
script that wrote the file, and kept as expect.snap.new: `--accept` makes it the snapshot, and so
does `cargo insta review`, whose format it has.

Ends with 1 when a case failed, had no snapshot, or there was none at all.
docs/reference/test-case.md describes case.toml.")]
pub struct Test {
    /// The folders with build-plan.toml.
    #[arg(required = true, value_name = "LIBRARY")]
    libraries: Vec<PathBuf>,
    /// Only cases with this text in LIBRARY/CASE.
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true
    )]
    case: String,
    /// Make what comes of the cases their snapshots.
    #[arg(long)]
    accept: bool,
    /// Also write the results as JUnit XML into this file.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// How many cases run at the same time; as many as there are processors if not said.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
}

impl Test {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let suites = self.libraries.iter().map(|path| Suite::load(path));
        let suites: Vec<Suite> = suites.collect::<Result<_, _>>()?;
        let options = Options {
            filter: &self.case,
            update: match self.accept {
                true => Update::Accept,
                false => Update::Beside,
            },
            jobs: self
                .jobs
                .or_else(|| available_parallelism().ok())
                .map_or(1, NonZeroUsize::get),
        };
        let progress = Progress::start("running the cases");
        let results = run(&suites, &InWorker, &options);
        drop(progress);
        if let Some(path) = &self.junit {
            let written = fs::write(path, junit::document(&results));
            written.map_err(|error| Failure::output(&error))?;
        }
        if screen.json {
            screen.json(&results)?;
        } else {
            screen.print(Report {
                results: &results,
                style: screen.out.error_style(),
            })?;
        }
        Ok(match results.is_good() {
            true => Exit::Success,
            false => Exit::Failed,
        })
    }
}

/// Runs each case in a sandboxed worker.
#[derive(Debug)]
pub(crate) struct InWorker;

/// How long one case may take. Its build plan may set a shorter deadline.
const DEADLINE: Duration = Duration::from_secs(600);

impl Runner for InWorker {
    fn run(&self, input: RunInput, volume: TestVolume) -> Result<RunReport, Box<Diagnostic>> {
        let input = Box::new(input);
        let mut limits = WorkerLimits {
            deadline: DEADLINE,
            scratch: 0,
            ..WorkerLimits::default()
        };
        let answer = match volume {
            TestVolume::Text(text) => {
                Worker::new(limits).run::<RunReport>(&Job::Rehearse { input, text })
            }
            TestVolume::Image(image) => {
                let failed = |error: &dyn std::error::Error| {
                    let message = format!("cannot make the scratch file: {error}");
                    Box::new(Diagnostic::new(mintage_engine::Code::P7009, message))
                };
                let len = image.metadata().map_err(|error| failed(&error))?.len();
                let scratch =
                    scratch_file(&std::env::temp_dir()).map_err(|error| failed(&error))?;
                scratch.set_len(len).map_err(|error| failed(&error))?;
                limits.scratch = len;
                let job = Job::Personalize { input };
                Worker::new(limits).pass(image).pass(scratch).run(&job)
            }
        };
        let answer = answer.map_err(|failure| Box::new(failure.into_diagnostic()))?;
        Ok(answer.result?)
    }
}
