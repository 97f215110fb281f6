//! `run`: runs the cases of plan libraries, in parallel, with results in order.

use crate::results::{CaseResult, Counts, Results, SuiteResult};
use crate::suite::Suite;
use crate::update::Update;
use crate::verdict::Verdict;
use mintage_engine::{Diagnostic, Library, PlanError};
use mintage_plans::{RunInput, RunReport, run_over_text};
use mintage_volume::block::{BlockDevice, FileDevice, MemoryDevice};
use mintage_volume::escape::escape;
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The volume that a case runs on.
#[derive(Debug)]
pub enum TestVolume {
    /// A tree text.
    Text(String),
    /// An image, open for reading.
    Image(File),
}

/// How one run of a build plan is done. A run that failed is an answer: its report says why.
pub trait Runner: Sync {
    /// Runs the build plan over the volume, of which nothing is changed.
    ///
    /// # Errors
    /// When there is no report.
    fn run(&self, input: RunInput, volume: TestVolume) -> Result<RunReport, Box<Diagnostic>>;
}

/// Runs in this process, for libraries that are as trusted as the program itself.
#[derive(Clone, Copy)]
pub struct InProcess<'a>(
    /// What scripts may call.
    pub &'a dyn Library,
);

impl std::fmt::Debug for InProcess<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InProcess").finish_non_exhaustive()
    }
}

impl Runner for InProcess<'_> {
    fn run(&self, input: RunInput, volume: TestVolume) -> Result<RunReport, Box<Diagnostic>> {
        let control = input.control();
        match volume {
            TestVolume::Text(text) => Ok(run_over_text(&input, &text, self.0, &control)),
            TestVolume::Image(image) => {
                let golden = FileDevice::read_only(image);
                let golden =
                    golden.map_err(|error| Box::new(Diagnostic::from(PlanError::from(error))))?;
                let scratch = Arc::new(MemoryDevice::new(golden.len()));
                let golden = Arc::new(golden);
                Ok(mintage_plans::run(
                    &input, golden, scratch, self.0, &control,
                ))
            }
        }
    }
}

/// Which cases are run, and what becomes of their snapshots.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// Only cases with this text in `LIBRARY/CASE`.
    pub filter: &'a str,
    /// What becomes of snapshots.
    pub update: Update,
    /// How many cases run at the same time, at least one.
    pub jobs: usize,
}

impl Options<'_> {
    fn takes(&self, suite: &Suite, case: &str) -> bool {
        let library = suite.path().file_name().unwrap_or_default();
        format!("{}/{case}", library.to_string_lossy()).contains(self.filter)
    }
}

/// Runs the cases of `suites`. The results do not depend on how many run at the same time.
pub fn run(suites: &[Suite], runner: &dyn Runner, options: &Options<'_>) -> Results {
    let cases: Vec<(usize, &str)> = (0..)
        .zip(suites)
        .flat_map(|(index, suite)| {
            let cases = suite.cases().iter().map(String::as_str);
            let taken = cases.filter(|case| options.takes(suite, case));
            taken.map(move |case| (index, case))
        })
        .collect();
    let mut verdicts = run_all(suites, &cases, runner, options);
    let mut verdict_of = |at: usize| verdicts.remove(&at);
    let mut libraries: Vec<SuiteResult> = suites.iter().map(empty_result).collect();
    for (at, (index, case)) in cases.iter().enumerate() {
        if let (Some(library), Some(verdict)) = (libraries.get_mut(*index), verdict_of(at)) {
            library.cases.push(CaseResult {
                name: (*case).to_owned(),
                verdict,
            });
        }
    }
    for (library, suite) in libraries.iter_mut().zip(suites) {
        library.pending = suite.pending();
        let ran = library.cases.iter().map(|case| case.name.as_str());
        let ran: Vec<String> = ran.map(|name| format!("tests/{name}/")).collect();
        let waits = |path: &String| !ran.iter().any(|ran| path.starts_with(ran.as_str()));
        library.pending.retain(waits);
    }
    let all = libraries.iter().flat_map(|library| &library.cases);
    let counts = Counts::of(all.map(|case| &case.verdict));
    Results { libraries, counts }
}

fn empty_result(suite: &Suite) -> SuiteResult {
    SuiteResult {
        library: escape(suite.path().as_os_str().as_bytes()),
        cases: Vec::new(),
        strays: suite.strays().to_vec(),
        pending: Vec::new(),
    }
}

/// The verdicts by the place of the case in `cases`.
fn run_all(
    suites: &[Suite],
    cases: &[(usize, &str)],
    runner: &dyn Runner,
    options: &Options<'_>,
) -> BTreeMap<usize, Verdict> {
    let next = AtomicUsize::new(0);
    let verdicts = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some((at, (index, case))) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            cases.get(at).map(|case| (at, *case))
        } {
            let Some(suite) = suites.get(index) else {
                continue;
            };
            let verdict = suite.run(case, runner, options.update);
            let mut verdicts = verdicts.lock().unwrap_or_else(PoisonError::into_inner);
            verdicts.insert(at, verdict);
        }
    };
    thread::scope(|scope| {
        for _ in 1..options.jobs.min(cases.len()) {
            scope.spawn(work);
        }
        work();
    });
    verdicts
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner)
}
