//! `Cancellation`: how somebody else ends a worker before its time.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How often it is asked, at least.
pub(crate) const PATIENCE: Duration = Duration::from_millis(50);

/// The question whether a running worker is still wanted. It is asked about every 50 ms; once it was
/// answered with yes, the worker is killed.
#[derive(Clone)]
pub struct Cancellation(Arc<dyn Fn() -> bool + Send + Sync>);

impl Cancellation {
    /// Cancelled as soon as `is_cancelled` says so. It must be quick and must not fail.
    pub fn when(is_cancelled: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Arc::new(is_cancelled))
    }

    /// Whether the worker is to be ended.
    pub fn is_cancelled(&self) -> bool {
        self.0()
    }
}

impl fmt::Debug for Cancellation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cancellation").finish()
    }
}
