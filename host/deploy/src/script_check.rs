//! `ScriptCheck`: what is wrong with a plan script, before it is stored.

use mintage_plans::PlanLibrary;
use mintage_plans::check::Finding;
use mintage_worker::{Job, Worker, WorkerFailure, WorkerLimits};
use std::fmt;
use std::time::Duration;

/// Finds what is wrong with a plan library. Calls block.
pub trait ScriptCheck: fmt::Debug + Send + Sync {
    /// What [`mintage_plans::check()`] finds.
    ///
    /// # Errors
    /// When the check itself did not come to an end.
    fn check(&self, library: PlanLibrary) -> Result<Vec<Finding>, WorkerFailure>;
}

/// Checks in a worker: whoever wrote the script, nothing of it is read in this process.
#[derive(Debug, Clone, Copy, Default)]
pub struct WorkerScriptCheck;

/// How long a check may take.
const DEADLINE: Duration = Duration::from_secs(20);

impl ScriptCheck for WorkerScriptCheck {
    fn check(&self, library: PlanLibrary) -> Result<Vec<Finding>, WorkerFailure> {
        let limits = WorkerLimits {
            deadline: DEADLINE,
            ..WorkerLimits::default()
        };
        let job = Job::Check {
            library: Box::new(library),
        };
        let answer = Worker::new(limits).run::<Vec<Finding>>(&job)?;
        answer
            .result
            .map_err(|diagnostic| WorkerFailure::new(diagnostic.code, diagnostic.message))
    }
}
