//! From outside into a running script: when it must stop.

use crate::codes::Code;
use crate::error::PlanError;
use mintage_volume::{VolumeError, VolumeErrorKind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// When a run must stop: one deadline and one cancel flag for all steps of a build plan, and what
/// they have logged so far. Clones share all of it.
#[derive(Debug, Clone)]
pub struct RunControl {
    cancelled: Arc<AtomicBool>,
    logged: Arc<AtomicUsize>,
    ends: Option<Instant>,
    deadline: Duration,
}

impl RunControl {
    /// A run that starts now and may take as long as `deadline`.
    pub fn new(deadline: Duration) -> Self {
        Self {
            cancelled: Arc::default(),
            logged: Arc::default(),
            // A deadline past the end of time is none.
            ends: Instant::now().checked_add(deadline),
            deadline,
        }
    }

    /// Ends the run soon, with `P2005`.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the run may go on.
    ///
    /// # Errors
    /// `P2005` when it was cancelled, `P2004` when its deadline passed.
    pub fn check(&self) -> Result<(), PlanError> {
        if self.cancelled.load(Ordering::Relaxed) {
            return Err(PlanError::new(Code::P2005, "the run was cancelled"));
        }
        match self.ends {
            Some(ends) if Instant::now() >= ends => Err(self.too_late()),
            _ => Ok(()),
        }
    }

    /// As [`Self::check`], for a volume tree to ask in its long loops.
    pub fn interrupt(&self) -> Arc<dyn Fn() -> mintage_volume::error::Result<()> + Send + Sync> {
        let control = self.clone();
        Arc::new(move || {
            let stopped = control.check();
            stopped.map_err(|error| VolumeError::new(VolumeErrorKind::Cancelled, error.message))
        })
    }

    /// Counts `bytes` more in the log.
    pub(crate) fn count_logged(&self, bytes: usize, limit: usize) -> Result<(), PlanError> {
        let before = self.logged.fetch_add(bytes, Ordering::Relaxed);
        if before.saturating_add(bytes) <= limit {
            return Ok(());
        }
        let message = format!("the run logged more than {limit} bytes");
        Err(PlanError::new(Code::P2012, message)
            .help("log what was done, not the contents of files"))
    }

    fn too_late(&self) -> PlanError {
        let message = format!(
            "the run took longer than its deadline of {:?}",
            self.deadline
        );
        PlanError::new(Code::P2004, message)
    }
}

impl Default for RunControl {
    fn default() -> Self {
        Self::new(crate::Limits::default().deadline())
    }
}
