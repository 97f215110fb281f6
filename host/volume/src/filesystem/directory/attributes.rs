//! Modes, owners, times and extended attributes of a file that is pinned by a handle.

use super::Directory;
use super::handles::{Handle, failed};
use crate::error::{Result, VolumeError, VolumeErrorKind as Kind};
use crate::filesystem::{FileKind, Timestamp, rules};
use crate::path::{MAX_NAME, VolumePath};
use rustix::fs::{self, AtFlags, CWD, Gid, Mode, StatxTimestamp, Timespec, Timestamps, Uid};
use rustix::fs::{UTIME_OMIT, XattrFlags};
use rustix::io::Errno;
use std::collections::BTreeMap;

/// What a file may do beyond its bits, which the kernel takes away at some changes.
const CAPABILITY: &str = "security.capability";
/// The longest list of names and the longest value that Linux gives.
const MAX_XATTR: usize = 64 * 1024;

impl Handle {
    pub(super) fn set_mode(&self, path: &VolumePath, mode: u32) -> Result<()> {
        fs::chmodat(
            CWD,
            self.proc_path(),
            Mode::from_raw_mode(mode),
            AtFlags::empty(),
        )
        .map_err(|error| failed("set the mode of", path, error))
    }

    pub(super) fn set_owner(&self, path: &VolumePath, uid: u32, gid: u32) -> Result<()> {
        if uid == u32::MAX || gid == u32::MAX {
            let why = "4294967295 is no number of an owner";
            let kind = Kind::InvalidArgument;
            return Err(VolumeError::cannot(kind, "set the owner of", path, why));
        }
        let (uid, gid) = (Uid::from_raw(uid), Gid::from_raw(gid));
        fs::chownat(&self.fd, c"", Some(uid), Some(gid), AtFlags::EMPTY_PATH)
            .map_err(|error| failed("set the owner of", path, error))
    }

    /// Sets the given times and leaves the others.
    pub(super) fn set_times(
        &self,
        path: &VolumePath,
        accessed: Option<Timestamp>,
        modified: Option<Timestamp>,
    ) -> Result<()> {
        let times = times(accessed, modified);
        fs::utimensat(&self.fd, c"", &times, AtFlags::EMPTY_PATH)
            .map_err(|error| failed("set the times of", path, error))
    }

    /// Sets both times, or neither: the kernel stores the nearest where it cannot store one.
    pub(super) fn set_exact_times(
        &self,
        path: &VolumePath,
        accessed: Timestamp,
        modified: Timestamp,
    ) -> Result<()> {
        let what = "set the times of";
        let before = self.stat(what, path)?;
        self.set_times(path, Some(accessed), Some(modified))?;
        let after = self.stat(what, path)?;
        let is_near = |stored: Timestamp, given: Timestamp| {
            // Some filesystems of the host store times in steps of two seconds.
            stored.seconds.abs_diff(given.seconds) <= 2
        };
        let stored = (timestamp(after.stx_atime), timestamp(after.stx_mtime));
        if is_near(stored.0, accessed) && is_near(stored.1, modified) {
            return Ok(());
        }
        let before = (timestamp(before.stx_atime), timestamp(before.stx_mtime));
        self.set_times(path, Some(before.0), Some(before.1))?;
        let why = "the filesystem of the host cannot store the time";
        Err(VolumeError::cannot(Kind::InvalidArgument, what, path, why))
    }

    /// Does what makes the kernel drop set-user-ID bits and file capabilities, and puts them back.
    pub(super) fn keeping_rights(
        &self,
        path: &VolumePath,
        change: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        if self.kind != FileKind::File {
            return change();
        }
        let mode = self.stat("inspect", path)?.stx_mode;
        let capability = self.xattr(path, CAPABILITY)?;
        let changed = change();
        if self.stat("inspect", path)?.stx_mode != mode {
            self.set_mode(path, u32::from(mode & 0o7777))?;
        }
        if let Some(value) =
            capability.filter(|_| !matches!(self.xattr(path, CAPABILITY), Ok(Some(_))))
        {
            self.set_xattr(path, CAPABILITY, &value)?;
        }
        changed
    }

    /// Removes the ACLs that a new file has from its directory's default.
    pub(super) fn drop_inherited(&self, path: &VolumePath) -> Result<()> {
        for name in ["system.posix_acl_access", "system.posix_acl_default"] {
            match fs::removexattr(self.proc_path(), name) {
                Ok(()) | Err(Errno::NODATA | Errno::OPNOTSUPP | Errno::PERM | Errno::ACCESS) => {}
                Err(error) => return Err(failed("create", path, error)),
            }
        }
        Ok(())
    }

    pub(super) fn xattrs(&self, path: &VolumePath) -> Result<BTreeMap<String, Vec<u8>>> {
        let mut names = Vec::with_capacity(MAX_XATTR);
        match fs::listxattr(self.proc_path(), rustix::buffer::spare_capacity(&mut names)) {
            Ok(_) => {}
            Err(Errno::OPNOTSUPP) => return Ok(BTreeMap::new()),
            Err(error) => return Err(failed("list the attributes of", path, error)),
        }
        let mut all = BTreeMap::new();
        for name in names
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty())
        {
            let name = String::from_utf8(name.to_vec()).map_err(|_| {
                let why = "the name of one is not UTF-8";
                VolumeError::cannot(Kind::NotSupported, "list the attributes of", path, why)
            })?;
            if let Some(value) = self.xattr(path, &name)? {
                all.insert(name, value);
            }
        }
        Ok(all)
    }

    fn xattr(&self, path: &VolumePath, name: &str) -> Result<Option<Vec<u8>>> {
        let mut value = Vec::with_capacity(MAX_XATTR);
        match fs::getxattr(
            self.proc_path(),
            name,
            rustix::buffer::spare_capacity(&mut value),
        ) {
            Ok(_) => Ok(Some(value)),
            Err(Errno::NODATA | Errno::OPNOTSUPP) => Ok(None),
            Err(error) => Err(failed("read an attribute of", path, error)),
        }
    }

    pub(super) fn set_xattr(&self, path: &VolumePath, name: &str, value: &[u8]) -> Result<()> {
        let what = "set an attribute of";
        if name.len() > MAX_NAME || name.contains('\0') {
            let why = "its name is too long or has a NUL";
            return Err(VolumeError::cannot(Kind::InvalidArgument, what, path, why));
        }
        fs::setxattr(self.proc_path(), name, value, XattrFlags::empty())
            .map_err(|error| failed(what, path, error))
    }

    pub(super) fn remove_xattr(&self, path: &VolumePath, name: &str) -> Result<()> {
        match fs::removexattr(self.proc_path(), name) {
            Ok(()) => Ok(()),
            Err(Errno::NODATA) => Err(rules::no_attribute(path, name)),
            Err(error) => Err(failed("remove an attribute of", path, error)),
        }
    }
}

impl Directory {
    /// Changes a file's content by `change`: its rights stay, its time of change is the declared.
    pub(super) fn changing_content(
        &self,
        path: &VolumePath,
        change: impl FnOnce() -> Result<(), Errno>,
    ) -> Result<()> {
        let handle = self.handle("write", path)?;
        handle.keeping_rights(path, || {
            change().map_err(|error| failed("write", path, error))
        })?;
        handle.set_times(path, None, Some(self.time))
    }
}

pub(super) fn timestamp(time: StatxTimestamp) -> Timestamp {
    Timestamp {
        seconds: time.tv_sec,
        nanoseconds: time.tv_nsec,
    }
}

/// The kernel's form of two times, of which those not given stay.
pub(super) fn times(accessed: Option<Timestamp>, modified: Option<Timestamp>) -> Timestamps {
    let spec = |time: Option<Timestamp>| match time {
        Some(time) => Timespec {
            tv_sec: time.seconds,
            tv_nsec: time.nanoseconds.into(),
        },
        None => Timespec {
            tv_sec: 0,
            tv_nsec: UTIME_OMIT,
        },
    };
    Timestamps {
        last_access: spec(accessed),
        last_modification: spec(modified),
    }
}
