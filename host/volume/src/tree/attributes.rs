//! Changing what a file has besides its content: mode, owner, times, extended attributes.

use crate::error::Result;
use crate::filesystem::{FileSystem, Timestamp};
use crate::path::VolumePath;
use crate::tree::{LastLink, VolumeTree};

impl VolumeTree {
    /// Sets the 12 permission bits.
    ///
    /// # Errors
    /// As [`Self::metadata`] and [`FileSystem::set_mode`].
    pub fn set_mode(&mut self, path: impl AsRef<[u8]>, mode: u32) -> Result<()> {
        self.change(path, LastLink::Follow, "set the mode of", |fs, inner| {
            fs.set_mode(inner, mode)
        })
    }

    /// Sets owner and group; a link at the end as told.
    ///
    /// # Errors
    /// As [`Self::metadata`] and [`FileSystem::set_owner`].
    pub fn set_owner(
        &mut self,
        path: impl AsRef<[u8]>,
        uid: u32,
        gid: u32,
        last: LastLink,
    ) -> Result<()> {
        self.change(path, last, "set the owner of", |fs, inner| {
            fs.set_owner(inner, uid, gid)
        })
    }

    /// Sets the times of last access and change.
    ///
    /// # Errors
    /// As [`Self::metadata`] and [`FileSystem::set_times`].
    pub fn set_times(
        &mut self,
        path: impl AsRef<[u8]>,
        accessed: Timestamp,
        modified: Timestamp,
    ) -> Result<()> {
        self.change(path, LastLink::Follow, "set the times of", |fs, inner| {
            fs.set_times(inner, accessed, modified)
        })
    }

    /// Sets an extended attribute.
    ///
    /// # Errors
    /// As [`Self::metadata`] and [`FileSystem::set_xattr`].
    pub fn set_xattr(&mut self, path: impl AsRef<[u8]>, name: &str, value: &[u8]) -> Result<()> {
        let what = "set an extended attribute of";
        self.change(path, LastLink::Follow, what, |fs, inner| {
            fs.set_xattr(inner, name, value)
        })
    }

    /// Removes an extended attribute.
    ///
    /// # Errors
    /// As [`Self::metadata`] and [`FileSystem::remove_xattr`].
    pub fn remove_xattr(&mut self, path: impl AsRef<[u8]>, name: &str) -> Result<()> {
        let what = "remove an extended attribute of";
        self.change(path, LastLink::Follow, what, |fs, inner| {
            fs.remove_xattr(inner, name)
        })
    }

    /// Changes what is at `path`, which must be there.
    fn change(
        &mut self,
        path: impl AsRef<[u8]>,
        last: LastLink,
        what: &str,
        change: impl FnOnce(&mut dyn FileSystem, &VolumePath) -> Result<()>,
    ) -> Result<()> {
        let found = self.existing(what, path, last)?;
        self.change_in(what, &found.place, change)
    }
}
