//! Image stores: where golden volumes and OS volumes are kept.
//!
//! An [`ImageStore`] makes, clones, opens and removes volumes by their [`VolumeName`]s. Whether a volume is
//! a file or an image of a cluster is the store's own business.

mod capacity;
#[cfg(any(test, feature = "testsuite"))]
pub mod conformance;
mod error;
mod files;
mod name;
mod rbd;
mod url;

pub use capacity::Capacity;
pub use error::{Result, StoreError, StoreErrorKind};
pub use files::{FileStore, clone_file, share_file};
pub use name::{VolumeKind, VolumeName};
pub use rbd::{RbdPool, RbdStore};
pub use url::{StoreUrl, UnknownStore};

use crate::clone::CloneReport;
use crate::export::ExportSource;
use mintage_volume::block::BlockDevice;
use std::fmt::Debug;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// Where golden volumes and OS volumes are kept.
///
/// Contract, checked for every implementation by the suite in `conformance/`:
/// - A volume is made all or not at all: until it is published nobody finds it, and one that is dropped
///   before leaves nothing. What a killed process leaves is never found as a volume, and
///   [`Self::remove_unfinished`] takes it away.
/// - A name is given once: publishing under a name that is there is `Exists`, and changes nothing.
/// - A clone has the bytes of its source as they were when the source was opened, and the two share no
///   fate: writing to or removing one changes nothing of the other.
/// - What was published is on stable storage.
/// - Calls can come from many threads at the same time.
/// - An error says what could not be done with which volume of which store, and why; it names no path of
///   this machine and no secret.
pub trait ImageStore: Debug + Send + Sync {
    /// What the store is called in errors, alerts and replies, as `the data folder`.
    fn label(&self) -> &str;

    /// Begins a volume that is filled from its beginning to its end, however long it will be.
    ///
    /// # Errors
    /// `Full`, `PoolMissing`, `Unavailable`, `Failed`.
    fn create(&self, name: &VolumeName) -> Result<Box<dyn NewVolume>>;

    /// Opens a published volume for reading.
    ///
    /// # Errors
    /// `NotFound`, `PoolMissing`, `Unavailable`, `Failed`.
    fn open(&self, name: &VolumeName) -> Result<Box<dyn OpenVolume>>;

    /// Removes a published volume; one that is not there is removed already. Where the store can remove
    /// one that is open, whoever has it open can still read it.
    ///
    /// # Errors
    /// `InUse` where it cannot, then nothing is changed; `PoolMissing`, `Unavailable`, `Failed`.
    fn remove(&self, name: &VolumeName) -> Result<()>;

    /// Every published volume, sorted by name, with the space that it takes by itself in bytes: what it
    /// shares with others is counted where the store can tell.
    ///
    /// # Errors
    /// `PoolMissing`, `Unavailable`, `Failed`.
    fn list(&self) -> Result<Vec<(VolumeName, u64)>>;

    /// The space that a published volume takes, in bytes, as [`Self::list`] counts it.
    ///
    /// # Errors
    /// `NotFound`, `PoolMissing`, `Unavailable`, `Failed`.
    fn used_bytes(&self, name: &VolumeName) -> Result<u64>;

    /// Whether there is a published volume of that name.
    ///
    /// # Errors
    /// `PoolMissing`, `Unavailable`, `Failed`.
    fn contains(&self, name: &VolumeName) -> Result<bool> {
        match self.used_bytes(name) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == StoreErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Removes what killed processes left of volumes that they did not publish; how many things that were.
    /// To be called while nobody makes a volume in the store.
    ///
    /// # Errors
    /// `PoolMissing`, `Unavailable`, `Failed`.
    fn remove_unfinished(&self) -> Result<usize>;

    /// How much it holds, and how much more it takes.
    ///
    /// # Errors
    /// `PoolMissing`, `Unavailable`, `Failed`.
    fn capacity(&self) -> Result<Capacity>;

    /// Where an exporter finds the blocks of a volume, which need not be there yet.
    ///
    /// # Errors
    /// `Failed` for a name that cannot be.
    fn export_source(&self, name: &VolumeName) -> Result<ExportSource>;
}

/// A volume that is being filled and that nobody finds. Dropped, it is gone.
pub trait NewVolume: Debug + Send {
    /// A file without content that takes it, holes too. Its length when it is published is the volume's.
    fn file(&self) -> &File;

    /// Puts the content on stable storage and gives the volume its name.
    ///
    /// # Errors
    /// `Exists`, `Full`, `PoolMissing`, `Unavailable`, `Failed`. Nothing is left of it then.
    fn publish(self: Box<Self>) -> Result<()>;
}

/// A published volume, open for reading. What it is read by does not change until it is dropped, whatever
/// is done to the volume; a store that cannot hold it says so when it is cloned.
pub trait OpenVolume: Debug + Send + Sync {
    /// The volume for this process; writes are refused.
    fn device(&self) -> Arc<dyn BlockDevice>;

    /// The volume for one worker process: a regular file or block device that is open for reading, or a
    /// stream socket to an NBD server that nobody has spoken to yet and that serves this volume alone,
    /// read-only. It serves as long as this is not dropped.
    ///
    /// # Errors
    /// `Unavailable`, `Failed`.
    fn descriptor(&self) -> Result<OwnedFd>;

    /// Makes a clone that nobody finds, which becomes `name`. `progress` is told how far a copy came and
    /// how long the volume is, in bytes; a clone that shares blocks calls it never.
    ///
    /// # Errors
    /// `Changed` when somebody wrote to the volume since it was opened and the store did not hold it;
    /// `Full`, `PoolMissing`, `Unavailable`, `Failed`. Nothing is left of the clone then.
    fn clone_to(&self, name: &VolumeName, progress: &mut dyn FnMut(u64, u64)) -> Result<MadeClone>;

    /// As [`Self::clone_to`], where the clone shares the volume's blocks; none where they would have
    /// to be copied, and then nothing was done.
    ///
    /// # Errors
    /// Those of [`Self::clone_to`].
    fn share_to(&self, name: &VolumeName) -> Result<Option<MadeClone>>;

    /// Says whether what is read is still what was there when the volume was opened.
    ///
    /// # Errors
    /// `Changed` when somebody wrote to it and the store did not hold it; `Failed`.
    fn check_unchanged(&self) -> Result<()>;
}

/// A clone that nobody finds, and what it cost.
pub type MadeClone = (Box<dyn UnpublishedClone>, CloneReport);

/// A clone that nobody finds yet. Dropped, it is gone.
pub trait UnpublishedClone: Debug + Send {
    /// The clone, for this process to read and write.
    fn device(&self) -> Arc<dyn BlockDevice>;

    /// Whether nothing is left of it when this process is killed; else
    /// [`ImageStore::remove_unfinished`] takes away what is.
    fn vanishes(&self) -> bool;

    /// Puts the content on stable storage and gives the volume its name. Nobody may write by
    /// [`Self::device`] any more.
    ///
    /// # Errors
    /// `Exists`, `Full`, `PoolMissing`, `Unavailable`, `Failed`. Nothing is left of it then.
    fn publish(self: Box<Self>) -> Result<()>;
}

#[cfg(test)]
mod tests;
