//! A fence around calls into the libraries: a panic in one becomes an error.

use crate::error::{Result, VolumeError, VolumeErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

/// Remembers whether a call panicked; after one, every further call is refused.
#[derive(Debug, Default)]
pub(super) struct Fence {
    broken: AtomicBool,
}

impl Fence {
    /// Does `work`, unless an earlier one panicked.
    ///
    /// # Errors
    /// `Damaged` when `work` panics, and for every call after that; else what `work` gives.
    pub(super) fn guard<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        if self.broken.load(Ordering::Relaxed) {
            return Err(damaged());
        }
        // Unwind safety: what a panic leaves half-changed is the library's own state and blocks of
        // an overlay that will be thrown away. Neither is looked at again, since the fence refuses
        // every further call.
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
            self.broken.store(true, Ordering::Relaxed);
            Err(damaged())
        })
    }
}

fn damaged() -> VolumeError {
    VolumeError::new(
        VolumeErrorKind::Damaged,
        "the filesystem's structures contradict each other so badly that reading them failed",
    )
    .help(super::border::RUN_E2FSCK)
}
