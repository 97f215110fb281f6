//! `Gone`: a request whose client does not wait for it any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Cancels a run when the one who waits for it is gone: the request is dropped then.
#[derive(Debug, Default)]
pub(super) struct Gone(Arc<AtomicBool>);

impl Gone {
    /// Whether it is so.
    pub(super) fn question(&self) -> impl Fn() -> bool + Send + Sync + use<> {
        let flag = Arc::clone(&self.0);
        move || flag.load(Ordering::Relaxed)
    }
}

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
