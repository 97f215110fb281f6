//! `Running`: the keys under which this process works.

use mintage_records::RequestKey;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The keys under which this process works; cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Running(Arc<Mutex<BTreeSet<RequestKey>>>);

/// The right to work under a key, until it is dropped.
#[derive(Debug)]
pub(super) struct Turn {
    running: Running,
    key: RequestKey,
}

impl Running {
    /// None when somebody works under the key.
    pub(super) fn take(&self, key: &RequestKey) -> Option<Turn> {
        self.keys().insert(key.clone()).then(|| Turn {
            running: self.clone(),
            key: key.clone(),
        })
    }

    /// A panic while it is held cannot leave it half-changed.
    fn keys(&self) -> MutexGuard<'_, BTreeSet<RequestKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.running.keys().remove(&self.key);
    }
}
