//! `StoreError`: why a store did not do what it was asked for.

use crate::error::StorageError;
use rustix::io::Errno;
use std::io;

/// The result of everything in a store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why a store did not do what it was asked for. It names no path of this machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot {what} in {store}: {why}")]
pub struct StoreError {
    kind: StoreErrorKind,
    what: String,
    store: String,
    why: String,
}

/// What is the matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// There is no space left.
    Full,
    /// There is no such volume.
    NotFound,
    /// There is such a volume already.
    Exists,
    /// Somebody has the volume open, or needs it.
    InUse,
    /// Somebody wrote to the volume while it was read.
    Changed,
    /// The pool of the store is not there.
    PoolMissing,
    /// The store cannot be reached, or has lost its data.
    Unavailable,
    /// Something else.
    Failed,
}

impl StoreError {
    /// The store `store` could not do `what`, as `open the OS volume`.
    pub fn new(
        kind: StoreErrorKind,
        what: impl Into<String>,
        store: &str,
        why: impl Into<String>,
    ) -> Self {
        Self {
            kind,
            what: what.into(),
            store: store.to_owned(),
            why: why.into(),
        }
    }

    /// What the system says, as this store's error.
    pub fn from_io(what: impl Into<String>, store: &str, error: &io::Error) -> Self {
        Self::new(kind_of(error), what, store, reason(error))
    }

    /// What is the matter.
    pub fn kind(&self) -> StoreErrorKind {
        self.kind
    }

    /// The code by which programs tell it.
    pub fn code(&self) -> &'static str {
        match self.kind {
            StoreErrorKind::Full => "STORE_FULL",
            StoreErrorKind::NotFound => "VOLUME_NOT_FOUND",
            StoreErrorKind::Exists => "VOLUME_EXISTS",
            StoreErrorKind::InUse => "VOLUME_IN_USE",
            StoreErrorKind::Changed => "VOLUME_CHANGED",
            StoreErrorKind::PoolMissing => "STORE_POOL_MISSING",
            StoreErrorKind::Unavailable => "STORE_UNAVAILABLE",
            StoreErrorKind::Failed => "STORE_FAILED",
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self.kind {
            StoreErrorKind::Full => {
                "Delete OS volumes, golden images or backups that nobody needs, or make the store larger."
            }
            StoreErrorKind::NotFound => {
                "Somebody removed it outside of the service: restore the store, or delete the resource."
            }
            StoreErrorKind::Exists => "Somebody put it there outside of the service: remove it.",
            StoreErrorKind::InUse => "Wait until nobody uses it, and try again.",
            StoreErrorKind::Changed => "Switch the server off, and try again.",
            StoreErrorKind::PoolMissing => {
                "Make the pool, or correct the setting `store` in the configuration."
            }
            StoreErrorKind::Unavailable => {
                "Check that the store is mounted or reachable and healthy, and try again."
            }
            StoreErrorKind::Failed => "Look for the reason in the log of the service.",
        }
    }
}

/// What an error of the system means for a store.
fn kind_of(error: &io::Error) -> StoreErrorKind {
    let failed_disk = [Errno::IO, Errno::NODEV, Errno::NXIO, Errno::NOTCONN];
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreErrorKind::Full,
        // Who looks for a volume says `NotFound` itself; what else is not there is the store.
        io::ErrorKind::NotFound
        | io::ErrorKind::NotADirectory
        | io::ErrorKind::ReadOnlyFilesystem
        | io::ErrorKind::StaleNetworkFileHandle
        | io::ErrorKind::TimedOut => StoreErrorKind::Unavailable,
        _ if failed_disk
            .iter()
            .any(|errno| Errno::from_io_error(error) == Some(*errno)) =>
        {
            StoreErrorKind::Unavailable
        }
        _ => StoreErrorKind::Failed,
    }
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::StorageFull => "there is no space left".to_owned(),
        io::ErrorKind::QuotaExceeded => "the quota of this user is used up".to_owned(),
        _ => error.to_string(),
    }
}

impl StorageError {
    /// The same as an error of the store `label`, which could not do `what`.
    pub(crate) fn in_store(self, what: impl Into<String>, label: &str) -> StoreError {
        match self {
            Self::Exists { .. } | Self::SameFile { .. } => {
                StoreError::new(StoreErrorKind::Exists, what, label, "it exists already")
            }
            Self::Output { source, .. }
            | Self::Scratch { source, .. }
            | Self::Read { source, .. } => StoreError::from_io(what, label, &source),
            Self::Changed { .. } => StoreError::new(
                StoreErrorKind::Changed,
                what,
                label,
                "somebody wrote to it while it was read",
            ),
            Self::Open { why, .. } => StoreError::new(StoreErrorKind::Failed, what, label, why),
            Self::Store(error) => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_system_are_told_by_what_they_mean() {
        for (errno, kind) in [
            (Errno::NOSPC, StoreErrorKind::Full),
            (Errno::DQUOT, StoreErrorKind::Full),
            (Errno::NOENT, StoreErrorKind::Unavailable),
            (Errno::ROFS, StoreErrorKind::Unavailable),
            (Errno::IO, StoreErrorKind::Unavailable),
            (Errno::STALE, StoreErrorKind::Unavailable),
            (Errno::PERM, StoreErrorKind::Failed),
        ] {
            let error = StoreError::from_io("make a file", "the data folder", &errno.into());
            assert_eq!(error.kind(), kind, "{error}");
        }
        let error = StoreError::from_io(
            "make the OS volume `a`",
            "the data folder",
            &Errno::NOSPC.into(),
        );
        assert_eq!(
            error.to_string(),
            "cannot make the OS volume `a` in the data folder: there is no space left"
        );
    }
}
