//! `WorkerLimits`: how much one worker may use.

use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How much one worker process may use. Every field has a test that reaches it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerLimits {
    /// Address space in bytes; an allocation past it ends the worker.
    pub memory: u64,
    /// Processor time, rounded up to seconds.
    pub cpu: Duration,
    /// The largest size of the scratch file, in bytes.
    pub scratch: u64,
    /// The longest answer in bytes.
    pub answer: usize,
    /// How long the worker may take, measured by the parent's clock.
    pub deadline: Duration,
}

impl Default for WorkerLimits {
    fn default() -> Self {
        Self {
            // A full diff of two large trees holds both in memory.
            memory: 2 << 30,
            cpu: Duration::from_secs(600),
            scratch: 16 << 30,
            answer: 192 << 20,
            deadline: Duration::from_secs(600),
        }
    }
}

/// The most of a worker's error output that is kept, in bytes.
pub(super) const MAX_STDERR: usize = 64 << 10;
