//! A mounted folder as a `FileSystem`: the same calls that a driver gets, done by the kernel.

use mintage_volume::filesystem::{
    DirEntry, FileKind, FileSystem, FileSystemInfo, Metadata, Ownership, Timestamp,
};
use mintage_volume::{Result, VolumeError, VolumeErrorKind, VolumePath};
use rustix::fs::{self as sys, AtFlags, CWD, Mode, OFlags, XattrFlags};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// A folder in which the kernel does what a driver is asked to do.
///
/// Where Linux does more than the contract of `FileSystem` says (a mode or ACL inherited from a
/// directory, set-user-ID bits and capabilities dropped by chown and write), it is undone. Links
/// are refused on the way, as the contract says.
#[derive(Debug)]
pub struct KernelTree(PathBuf);

impl KernelTree {
    /// The folder `root`, where a filesystem is mounted.
    pub fn new(root: &Path) -> Self {
        Self(root.to_owned())
    }

    /// The host's path, when no symbolic link is on the way to it.
    fn at(&self, path: &VolumePath) -> Result<PathBuf, Errno> {
        let mut host = self.0.clone();
        let mut names = path.names().peekable();
        while let Some(name) = names.next() {
            host.push(OsStr::from_bytes(name));
            let is_last = names.peek().is_none();
            if !is_last && sys::lstat(&host)?.st_mode & 0o170_000 != 0o040_000 {
                return Err(Errno::NOTDIR);
            }
        }
        Ok(host)
    }

    /// Something new was made at `host`: gives it its owner and mode and nothing else.
    fn own(host: &Path, owner: Ownership, is_link: bool) -> Result<(), Errno> {
        for name in [ACCESS, DEFAULT] {
            // Absent in most cases.
            let _ = sys::lremovexattr(host, name);
        }
        chown(host, owner.uid, owner.gid)?;
        match is_link {
            true => Ok(()),
            false => sys::chmod(host, Mode::from_raw_mode(owner.mode)),
        }
    }

    /// Does `change`, and gives the file back what Linux takes from it: mode and capabilities.
    fn keeping(host: &Path, change: impl FnOnce() -> Result<(), Errno>) -> Result<(), Errno> {
        let stat = sys::lstat(host)?;
        let mut capability = vec![0; 64];
        let length = sys::lgetxattr(host, CAPABILITY, &mut capability).ok();
        change()?;
        if stat.st_mode & 0o170_000 != 0o120_000 {
            sys::chmod(host, Mode::from_raw_mode(stat.st_mode & 0o7777))?;
        }
        match length {
            Some(length) => {
                sys::lsetxattr(host, CAPABILITY, &capability[..length], XattrFlags::empty())
            }
            None => Ok(()),
        }
    }

    fn file(&self, path: &VolumePath, flags: OFlags) -> Result<(PathBuf, std::fs::File), Errno> {
        let host = self.at(path)?;
        if sys::lstat(&host)?.st_mode & 0o170_000 != 0o100_000 {
            return Err(NOT_A_FILE);
        }
        let file = sys::open(&host, flags | OFlags::NOFOLLOW, Mode::empty())?;
        Ok((host, file.into()))
    }
}

const ACCESS: &str = "system.posix_acl_access";
const DEFAULT: &str = "system.posix_acl_default";
const CAPABILITY: &str = "security.capability";
/// Stands for `NotAFile`, which no call of Linux says.
const NOT_A_FILE: Errno = Errno::NOTTY;

fn chown(host: &Path, uid: u32, gid: u32) -> Result<(), Errno> {
    let (uid, gid) = (sys::Uid::from_raw(uid), sys::Gid::from_raw(gid));
    sys::chownat(CWD, host, Some(uid), Some(gid), AtFlags::SYMLINK_NOFOLLOW)
}

fn said(path: &VolumePath) -> impl Fn(Errno) -> VolumeError {
    |errno| {
        use VolumeErrorKind as Kind;
        let kind = match errno {
            Errno::NOENT | Errno::NODATA => Kind::NotFound,
            Errno::EXIST => Kind::AlreadyExists,
            Errno::NOTDIR => Kind::NotADirectory,
            Errno::ISDIR => Kind::IsADirectory,
            NOT_A_FILE => Kind::NotAFile,
            Errno::NOTEMPTY => Kind::DirectoryNotEmpty,
            Errno::NOSPC => Kind::NoSpace,
            Errno::ROFS => Kind::ReadOnly,
            Errno::OPNOTSUPP | Errno::PERM | Errno::ACCESS => Kind::NotSupported,
            Errno::INVAL | Errno::NAMETOOLONG | Errno::FBIG => Kind::InvalidArgument,
            _ => Kind::Io,
        };
        VolumeError::cannot(kind, "ask the kernel for", path, &errno.to_string())
    }
}

fn io_said(path: &VolumePath) -> impl Fn(std::io::Error) -> VolumeError {
    |error| said(path)(Errno::from_io_error(&error).unwrap_or(Errno::IO))
}

/// Only what a comparison of two trees needs is here; a manifest reads the rest.
impl FileSystem for KernelTree {
    fn info(&self) -> Result<FileSystemInfo> {
        Err(said(&VolumePath::root())(Errno::OPNOTSUPP))
    }

    fn metadata(&self, path: &VolumePath) -> Result<Metadata> {
        let host = self.at(path).map_err(said(path))?;
        let stat = sys::lstat(&host).map_err(said(path))?;
        let kind = match stat.st_mode & 0o170_000 {
            0o100_000 => FileKind::File,
            0o040_000 => FileKind::Directory,
            0o120_000 => FileKind::Symlink,
            0o020_000 => FileKind::CharDevice,
            0o060_000 => FileKind::BlockDevice,
            0o010_000 => FileKind::Fifo,
            _ => FileKind::Socket,
        };
        let device = (sys::major(stat.st_rdev), sys::minor(stat.st_rdev));
        Ok(Metadata {
            kind,
            mode: stat.st_mode & 0o7777,
            uid: stat.st_uid,
            gid: stat.st_gid,
            len: u64::try_from(stat.st_size).unwrap_or_default(),
            links: stat.st_nlink,
            inode: stat.st_ino,
            device,
            accessed: Timestamp::default(),
            modified: Timestamp::default(),
        })
    }

    fn read_dir(&self, path: &VolumePath) -> Result<Vec<DirEntry>> {
        Err(said(path)(Errno::OPNOTSUPP))
    }

    fn read_at(&self, path: &VolumePath, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let (_, file) = self.file(path, OFlags::RDONLY).map_err(said(path))?;
        std::os::unix::fs::FileExt::read_at(&file, buf, offset).map_err(io_said(path))
    }

    fn read_link(&self, path: &VolumePath) -> Result<Vec<u8>> {
        let host = self.at(path).map_err(said(path))?;
        let target = std::fs::read_link(host).map_err(io_said(path))?;
        Ok(target.into_os_string().as_bytes().to_vec())
    }

    fn xattrs(&self, path: &VolumePath) -> Result<BTreeMap<String, Vec<u8>>> {
        Err(said(path)(Errno::OPNOTSUPP))
    }

    fn create_file(&mut self, path: &VolumePath, owner: Ownership) -> Result<()> {
        let make = || {
            let host = self.at(path)?;
            let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY;
            sys::open(&host, flags, Mode::RUSR)?;
            Self::own(&host, owner, false)
        };
        make().map_err(said(path))
    }

    fn create_dir(&mut self, path: &VolumePath, owner: Ownership) -> Result<()> {
        let make = || {
            let host = self.at(path)?;
            sys::mkdir(&host, Mode::RWXU)?;
            Self::own(&host, owner, false)
        };
        make().map_err(said(path))
    }

    fn create_symlink(&mut self, path: &VolumePath, target: &[u8], owner: Ownership) -> Result<()> {
        let make = || {
            let host = self.at(path)?;
            sys::symlink(OsStr::from_bytes(target), &host)?;
            Self::own(&host, owner, true)
        };
        make().map_err(said(path))
    }

    fn create_node(
        &mut self,
        path: &VolumePath,
        kind: FileKind,
        (major, minor): (u32, u32),
        owner: Ownership,
    ) -> Result<()> {
        let make = || {
            let host = self.at(path)?;
            let kind = match kind {
                FileKind::CharDevice => sys::FileType::CharacterDevice,
                FileKind::BlockDevice => sys::FileType::BlockDevice,
                FileKind::Fifo => sys::FileType::Fifo,
                _ => sys::FileType::Socket,
            };
            sys::mknodat(CWD, &host, kind, Mode::RUSR, sys::makedev(major, minor))?;
            Self::own(&host, owner, false)
        };
        make().map_err(said(path))
    }

    fn write_at(&mut self, path: &VolumePath, offset: u64, data: &[u8]) -> Result<()> {
        let (host, file) = self.file(path, OFlags::WRONLY).map_err(said(path))?;
        let write = || {
            std::os::unix::fs::FileExt::write_all_at(&file, data, offset)
                .map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))
        };
        Self::keeping(&host, write).map_err(said(path))
    }

    fn set_len(&mut self, path: &VolumePath, len: u64) -> Result<()> {
        let (host, file) = self.file(path, OFlags::WRONLY).map_err(said(path))?;
        Self::keeping(&host, || sys::ftruncate(&file, len)).map_err(said(path))
    }

    fn link(&mut self, existing: &VolumePath, new: &VolumePath) -> Result<()> {
        let link = || {
            let (existing, new) = (self.at(existing)?, self.at(new)?);
            if sys::lstat(&existing)?.st_mode & 0o170_000 == 0o040_000 {
                return Err(Errno::ISDIR);
            }
            sys::linkat(CWD, existing, CWD, new, AtFlags::empty())
        };
        link().map_err(said(existing))
    }

    fn rename(&mut self, from: &VolumePath, to: &VolumePath) -> Result<()> {
        if from.is_root() || to.is_root() {
            return Err(said(from)(Errno::INVAL));
        }
        let rename = || sys::rename(self.at(from)?, self.at(to)?);
        rename().map_err(said(from))
    }

    fn remove_file(&mut self, path: &VolumePath) -> Result<()> {
        let remove = || sys::unlink(self.at(path)?);
        remove().map_err(said(path))
    }

    fn remove_dir(&mut self, path: &VolumePath) -> Result<()> {
        let remove = || sys::rmdir(self.at(path)?);
        remove().map_err(said(path))
    }

    fn set_mode(&mut self, path: &VolumePath, mode: u32) -> Result<()> {
        let change = || {
            let host = self.at(path)?;
            if sys::lstat(&host)?.st_mode & 0o170_000 == 0o120_000 {
                return Err(Errno::OPNOTSUPP);
            }
            sys::chmod(&host, Mode::from_raw_mode(mode))
        };
        change().map_err(said(path))
    }

    fn set_owner(&mut self, path: &VolumePath, uid: u32, gid: u32) -> Result<()> {
        let change = || {
            let host = self.at(path)?;
            Self::keeping(&host, || chown(&host, uid, gid))
        };
        change().map_err(said(path))
    }

    fn set_times(
        &mut self,
        path: &VolumePath,
        accessed: Timestamp,
        modified: Timestamp,
    ) -> Result<()> {
        let time = |time: Timestamp| rustix::fs::Timespec {
            tv_sec: time.seconds,
            tv_nsec: time.nanoseconds.into(),
        };
        let times = sys::Timestamps {
            last_access: time(accessed),
            last_modification: time(modified),
        };
        let change = || sys::utimensat(CWD, self.at(path)?, &times, AtFlags::SYMLINK_NOFOLLOW);
        change().map_err(said(path))
    }

    fn set_xattr(&mut self, path: &VolumePath, name: &str, value: &[u8]) -> Result<()> {
        let change = || sys::lsetxattr(self.at(path)?, name, value, XattrFlags::empty());
        change().map_err(said(path))
    }

    fn remove_xattr(&mut self, path: &VolumePath, name: &str) -> Result<()> {
        let change = || {
            let host = self.at(path)?;
            // Linux says nothing when there was no ACL to be removed.
            sys::lgetxattr(&host, name, &mut [0; 65_536])?;
            sys::lremovexattr(&host, name)
        };
        change().map_err(said(path))
    }

    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}
