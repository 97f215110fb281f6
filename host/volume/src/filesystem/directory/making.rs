//! What making something new in a directory of the host takes, before and after.

use super::handles::failed;
use super::{Directory, Owners, attributes};
use crate::error::{Result, VolumeError};
use crate::filesystem::{FileKind, Ownership, rules};
use crate::path::VolumePath;
use rustix::fs::{self, AtFlags};
use rustix::io::Errno;
use std::os::fd::OwnedFd;

impl Directory {
    /// Checks what a new thing can be, and gives the directory and the name that it gets.
    pub(super) fn check_new<'a>(
        &self,
        path: &'a VolumePath,
        owner: Ownership,
    ) -> Result<(OwnedFd, &'a [u8])> {
        self.check_change("create", path)?;
        rules::check_mode("create", path, owner.mode)?;
        let place = self.place("create", path)?;
        let place = place.ok_or_else(|| rules::already_exists("create", path))?;
        match fs::statat(&place.0, place.1, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => return Err(rules::already_exists("create", path)),
            Err(Errno::NOENT) => {}
            Err(error) => return Err(failed("create", path, error)),
        }
        self.check_owner("create", path, owner.uid, owner.gid)?;
        Ok(place)
    }

    /// Gives something new its owner, mode and times, and its directory the time of change.
    fn settle(&self, path: &VolumePath, place: (OwnedFd, &[u8]), owner: Ownership) -> Result<()> {
        let handle = self.handle("create", path)?;
        if self.owners == Owners::Host {
            handle.set_owner(path, owner.uid, owner.gid)?;
        }
        handle.drop_inherited(path)?;
        if handle.kind != FileKind::Symlink {
            handle.set_mode(path, owner.mode)?;
        }
        handle.set_times(path, Some(self.time), Some(self.time))?;
        self.stamp(path, &place.0)
    }

    /// Sets a directory's time of change.
    pub(super) fn stamp(&self, path: &VolumePath, directory: &OwnedFd) -> Result<()> {
        let times = attributes::times(None, Some(self.time));
        fs::utimensat(directory, c"", &times, AtFlags::EMPTY_PATH)
            .map_err(|error| failed("set the times of", path, error))
    }

    /// Removes a name that was just made, when what came after it failed.
    fn undo(&self, place: &(OwnedFd, &[u8]), flags: AtFlags, error: VolumeError) -> VolumeError {
        // The first error is the one to tell; what stays behind then is an empty thing.
        let _ = fs::unlinkat(&place.0, place.1, flags);
        error
    }

    /// As [`Self::settle`]; when it fails, nothing new stays.
    pub(super) fn settle_or_undo(
        &self,
        path: &VolumePath,
        place: (OwnedFd, &[u8]),
        owner: Ownership,
        flags: AtFlags,
    ) -> Result<()> {
        let directory = place.0.try_clone()?;
        let name = place.1;
        self.settle(path, place, owner)
            .map_err(|error| self.undo(&(directory, name), flags, error))
    }
}
