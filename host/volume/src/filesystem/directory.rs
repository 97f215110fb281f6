//! The driver for a directory of the host: a filesystem that the host has mounted, or a folder
//! that a plan's author tests with.
//!
//! Every call goes through the handle that the caller opened. Paths are resolved by the kernel
//! below it without links, magic links or mounts (`openat2`), and the last name is never followed,
//! so nothing outside can be reached, whoever changes the directory meanwhile.

mod attributes;
mod handles;
mod making;

use super::{
    DirEntry, FileKind, FileSystem, FileSystemInfo, Metadata, Ownership, Timestamp, rules,
};
use crate::error::{Result, VolumeError, VolumeErrorKind as Kind};
use crate::path::VolumePath;
use handles::{failed, kind_of};
use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, Statx};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;

/// Whose the files are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owners {
    /// Owners, device nodes and all extended attributes are those of the host. Setting them needs
    /// the host's privileges.
    Host,
    /// Everything shows as root's and is made as whom the process runs. Other owners, device nodes
    /// and extended attributes outside `user` are not supported. Needs no privileges.
    Root,
}

/// A directory of the host as a filesystem.
#[derive(Debug)]
pub struct Directory {
    root: OwnedFd,
    time: Timestamp,
    owners: Owners,
    finished: bool,
}

impl Directory {
    /// The filesystem below `handle`; changes leave `time` behind.
    pub fn open(handle: cap_std::fs::Dir, time: Timestamp, owners: Owners) -> Self {
        Self {
            root: handle.into_std_file().into(),
            time,
            owners,
            finished: false,
        }
    }

    fn check_change(&self, what: &str, path: &VolumePath) -> Result<()> {
        match self.finished {
            true => Err(rules::finished(what, path)),
            false => Ok(()),
        }
    }

    fn is_directory(&self, what: &str, path: &VolumePath) -> Result<bool> {
        Ok(kind_of(self.stat(what, path)?.stx_mode) == FileKind::Directory)
    }
}

impl FileSystem for Directory {
    fn info(&self) -> Result<FileSystemInfo> {
        let root = VolumePath::root();
        let stat = fs::fstatvfs(&self.root).map_err(|error| failed("inspect", &root, error))?;
        Ok(FileSystemInfo {
            kind: "directory",
            label: String::new(),
            uuid: String::new(),
            block_size: u32::try_from(stat.f_bsize).unwrap_or(u32::MAX),
            total_bytes: stat.f_blocks.saturating_mul(stat.f_frsize),
            free_bytes: stat.f_bavail.saturating_mul(stat.f_frsize),
            features: Vec::new(),
        })
    }

    fn metadata(&self, path: &VolumePath) -> Result<Metadata> {
        let stat = self.stat("inspect", path)?;
        let kind = kind_of(stat.stx_mode);
        let links = match (kind, u64::from(stat.stx_nlink)) {
            // Some filesystems of the host do not count directories.
            (FileKind::Directory, 0 | 1) => {
                let all = self.read_dir(path)?.into_iter();
                2 + all.filter(|e| e.kind == FileKind::Directory).count() as u64
            }
            (_, links) => links,
        };
        let (uid, gid) = match self.owners {
            Owners::Host => (stat.stx_uid, stat.stx_gid),
            Owners::Root => (0, 0),
        };
        let has_len = matches!(kind, FileKind::File | FileKind::Symlink);
        Ok(Metadata {
            kind,
            mode: u32::from(stat.stx_mode & 0o7777),
            uid,
            gid,
            len: if has_len { stat.stx_size } else { 0 },
            links,
            inode: stat.stx_ino,
            device: (stat.stx_rdev_major, stat.stx_rdev_minor),
            accessed: attributes::timestamp(stat.stx_atime),
            modified: attributes::timestamp(stat.stx_mtime),
        })
    }

    fn read_dir(&self, path: &VolumePath) -> Result<Vec<DirEntry>> {
        let directory = self.directory("list", path)?;
        let fail = |error| failed("list", path, error);
        let mut entries = Vec::new();
        for entry in fs::Dir::read_from(&directory).map_err(fail)? {
            let entry = entry.map_err(fail)?;
            let name = entry.file_name().to_bytes().to_vec();
            if name == b"." || name == b".." {
                continue;
            }
            let kind = match entry.file_type() {
                FileType::Unknown => {
                    let flags = AtFlags::SYMLINK_NOFOLLOW;
                    let stat = fs::statat(&directory, entry.file_name(), flags);
                    kind_of(stat.map_err(fail)?.st_mode)
                }
                known => kind_of(known.as_raw_mode()),
            };
            entries.push(DirEntry { name, kind });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn read_at(&self, path: &VolumePath, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let file = self.file("read", path, OFlags::RDONLY)?;
        if i64::try_from(offset).is_err() {
            return Ok(0);
        }
        let mut filled = 0;
        while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match rustix::io::pread(&file, rest, offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(Errno::INTR) => {}
                // The end of the range of offsets is past the end of any file.
                Err(Errno::INVAL | Errno::OVERFLOW) => break,
                Err(error) => return Err(failed("read", path, error)),
            }
        }
        Ok(filled)
    }

    fn read_link(&self, path: &VolumePath) -> Result<Vec<u8>> {
        let Some((directory, name)) = self.place("read the link", path)? else {
            return Err(rules::not_a_link(path));
        };
        match fs::readlinkat(&directory, name, Vec::new()) {
            Ok(target) => Ok(target.into_bytes()),
            Err(Errno::INVAL) => Err(rules::not_a_link(path)),
            Err(error) => Err(failed("read the link", path, error)),
        }
    }

    fn xattrs(&self, path: &VolumePath) -> Result<BTreeMap<String, Vec<u8>>> {
        let mut all = self.handle("list the attributes of", path)?.xattrs(path)?;
        all.retain(|name, _| self.owners == Owners::Host || name.starts_with("user."));
        Ok(all)
    }

    fn create_file(&mut self, path: &VolumePath, owner: Ownership) -> Result<()> {
        let place = self.check_new(path, owner)?;
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        fs::openat(&place.0, place.1, flags | OFlags::WRONLY, mode)
            .map_err(|error| failed("create", path, error))?;
        self.settle_or_undo(path, place, owner, AtFlags::empty())
    }

    fn create_dir(&mut self, path: &VolumePath, owner: Ownership) -> Result<()> {
        let place = self.check_new(path, owner)?;
        fs::mkdirat(&place.0, place.1, Mode::RWXU)
            .map_err(|error| failed("create", path, error))?;
        self.settle_or_undo(path, place, owner, AtFlags::REMOVEDIR)
    }

    fn create_symlink(&mut self, path: &VolumePath, target: &[u8], owner: Ownership) -> Result<()> {
        rules::check_link_target(path, target)?;
        let place = self.check_new(path, owner)?;
        fs::symlinkat(target, &place.0, place.1).map_err(|error| failed("create", path, error))?;
        self.settle_or_undo(path, place, owner, AtFlags::empty())
    }

    fn create_node(
        &mut self,
        path: &VolumePath,
        kind: FileKind,
        device: (u32, u32),
        owner: Ownership,
    ) -> Result<()> {
        rules::check_node(path, kind, device)?;
        let place = self.check_new(path, owner)?;
        let file_type = match kind {
            FileKind::Fifo => FileType::Fifo,
            FileKind::Socket => FileType::Socket,
            _ if self.owners == Owners::Root => {
                let why = "device nodes need the owners of the host";
                return Err(VolumeError::cannot(Kind::NotSupported, "create", path, why));
            }
            FileKind::CharDevice => FileType::CharacterDevice,
            _ => FileType::BlockDevice,
        };
        let device = fs::makedev(device.0, device.1);
        fs::mknodat(&place.0, place.1, file_type, Mode::empty(), device)
            .map_err(|error| failed("create", path, error))?;
        self.settle_or_undo(path, place, owner, AtFlags::empty())
    }

    fn write_at(&mut self, path: &VolumePath, offset: u64, data: &[u8]) -> Result<()> {
        self.check_change("write", path)?;
        let file = self.file("write", path, OFlags::WRONLY)?;
        if data.is_empty() {
            return Ok(());
        }
        rules::check_len("write", path, offset.checked_add(data.len() as u64))?;
        self.changing_content(path, || {
            let mut written = 0;
            while let Some(rest) = data.get(written..).filter(|rest| !rest.is_empty()) {
                match rustix::io::pwrite(&file, rest, offset + written as u64) {
                    Ok(count) => written += count,
                    Err(Errno::INTR) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })
    }

    fn set_len(&mut self, path: &VolumePath, len: u64) -> Result<()> {
        self.check_change("resize", path)?;
        let file = self.file("resize", path, OFlags::WRONLY)?;
        rules::check_len("resize", path, Some(len))?;
        self.changing_content(path, || fs::ftruncate(&file, len))
    }

    fn link(&mut self, existing: &VolumePath, new: &VolumePath) -> Result<()> {
        self.check_change("link", new)?;
        let Some(from) = self.place("link", existing)? else {
            return Err(rules::is_a_directory("link", existing));
        };
        if self.is_directory("link", existing)? {
            return Err(rules::is_a_directory("link", existing));
        }
        let to = self.place("link", new)?;
        let to = to.ok_or_else(|| rules::already_exists("link", new))?;
        fs::linkat(&from.0, from.1, &to.0, to.1, AtFlags::empty())
            .map_err(|error| failed("link", new, error))?;
        self.stamp(new, &to.0)
    }

    fn rename(&mut self, from: &VolumePath, to: &VolumePath) -> Result<()> {
        self.check_change("rename", from)?;
        let moved = self.stat("rename", from)?;
        rules::check_rename(from, to)?;
        let (Some(old), Some(new)) = (self.place("rename", from)?, self.place("rename", to)?)
        else {
            return Err(rules::root("rename", from));
        };
        let id = |stat: &Statx| (stat.stx_dev_major, stat.stx_dev_minor, stat.stx_ino);
        if self
            .stat("rename", to)
            .is_ok_and(|there| id(&there) == id(&moved))
        {
            return Ok(());
        }
        fs::renameat(&old.0, old.1, &new.0, new.1).map_err(|error| failed("rename", to, error))?;
        self.stamp(from, &old.0)?;
        self.stamp(to, &new.0)
    }

    fn remove_file(&mut self, path: &VolumePath) -> Result<()> {
        self.check_change("remove", path)?;
        let Some(place) = self.place("remove", path)? else {
            return Err(rules::is_a_directory("remove", path));
        };
        if self.is_directory("remove", path)? {
            return Err(rules::is_a_directory("remove", path));
        }
        fs::unlinkat(&place.0, place.1, AtFlags::empty())
            .map_err(|error| failed("remove", path, error))?;
        self.stamp(path, &place.0)
    }

    fn remove_dir(&mut self, path: &VolumePath) -> Result<()> {
        self.check_change("remove", path)?;
        let Some(place) = self.place("remove", path)? else {
            return Err(rules::root("remove", path));
        };
        fs::unlinkat(&place.0, place.1, AtFlags::REMOVEDIR)
            .map_err(|error| failed("remove", path, error))?;
        self.stamp(path, &place.0)
    }

    fn set_mode(&mut self, path: &VolumePath, mode: u32) -> Result<()> {
        self.check_change("set the mode of", path)?;
        rules::check_mode("set the mode of", path, mode)?;
        let handle = self.handle("set the mode of", path)?;
        match handle.kind {
            FileKind::Symlink => Err(rules::link_mode(path)),
            _ => handle.set_mode(path, mode),
        }
    }

    fn set_owner(&mut self, path: &VolumePath, uid: u32, gid: u32) -> Result<()> {
        self.check_change("set the owner of", path)?;
        let handle = self.handle("set the owner of", path)?;
        self.check_owner("set the owner of", path, uid, gid)?;
        match self.owners {
            Owners::Root => Ok(()),
            Owners::Host => handle.keeping_rights(path, || handle.set_owner(path, uid, gid)),
        }
    }

    fn set_times(
        &mut self,
        path: &VolumePath,
        accessed: Timestamp,
        modified: Timestamp,
    ) -> Result<()> {
        self.check_change("set the times of", path)?;
        rules::check_times(path, accessed, modified)?;
        let handle = self.handle("set the times of", path)?;
        handle.set_exact_times(path, accessed, modified)
    }

    fn set_xattr(&mut self, path: &VolumePath, name: &str, value: &[u8]) -> Result<()> {
        self.check_change("set an attribute of", path)?;
        let handle = self.handle("set an attribute of", path)?;
        self.check_namespace("set an attribute of", path, name)?;
        handle.set_xattr(path, name, value)
    }

    fn remove_xattr(&mut self, path: &VolumePath, name: &str) -> Result<()> {
        self.check_change("remove an attribute of", path)?;
        let handle = self.handle("remove an attribute of", path)?;
        self.check_namespace("remove an attribute of", path, name)?;
        handle.remove_xattr(path, name)
    }

    fn finish(&mut self) -> Result<()> {
        self.finished = true;
        let root = VolumePath::root();
        let directory = self.directory("finish", &root)?;
        fs::syncfs(directory).map_err(|error| failed("finish", &root, error))
    }
}

#[cfg(test)]
mod tests;
