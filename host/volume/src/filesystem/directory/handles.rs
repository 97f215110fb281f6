//! Handles below the directory: how a path becomes one, and what the kernel's errors mean.

use super::{Directory, Owners};
use crate::error::{Result, VolumeError, VolumeErrorKind as Kind};
use crate::filesystem::{FileKind, rules};
use crate::path::VolumePath;
use rustix::fs::{self, AtFlags, FileType, Mode, OFlags, ResolveFlags, Statx, StatxFlags};
use rustix::io::Errno;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

/// A file of any kind, pinned: it stays what it is, whatever happens to its name.
///
/// It is opened as a path only (`O_PATH`), which reads nothing and wakes no device. What the kernel
/// does not do on such a handle goes through its name in `/proc/self/fd`, which leads to it and
/// nowhere else.
pub(super) struct Handle {
    pub(super) fd: OwnedFd,
    pub(super) kind: FileKind,
}

impl Handle {
    pub(super) fn proc_path(&self) -> String {
        format!("/proc/self/fd/{}", self.fd.as_raw_fd())
    }

    pub(super) fn stat(&self, what: &str, path: &VolumePath) -> Result<Statx> {
        stat(&self.fd).map_err(|error| failed(what, path, error))
    }
}

fn stat(fd: impl AsFd) -> Result<Statx, Errno> {
    let flags = AtFlags::EMPTY_PATH | AtFlags::SYMLINK_NOFOLLOW;
    fs::statx(fd, c"", flags, StatxFlags::BASIC_STATS)
}

impl Directory {
    /// Opens what is at `path`, resolved by the kernel below the root: no link, no mount.
    fn resolve(&self, what: &str, path: &VolumePath, flags: OFlags) -> Result<OwnedFd> {
        let name = match path.as_bytes() {
            b"/" => &b"."[..],
            bytes => bytes.get(1..).unwrap_or_default(),
        };
        let resolve = ResolveFlags::BENEATH
            | ResolveFlags::NO_SYMLINKS
            | ResolveFlags::NO_MAGICLINKS
            | ResolveFlags::NO_XDEV;
        let flags = flags | OFlags::CLOEXEC;
        fs::openat2(&self.root, name, flags, Mode::empty(), resolve)
            .map_err(|error| failed(what, path, error))
    }

    /// What is at `path`, a link as itself.
    pub(super) fn handle(&self, what: &str, path: &VolumePath) -> Result<Handle> {
        let fd = self.resolve(what, path, OFlags::PATH | OFlags::NOFOLLOW)?;
        let mode = stat(&fd)
            .map_err(|error| failed(what, path, error))?
            .stx_mode;
        let kind = kind_of(mode);
        Ok(Handle { fd, kind })
    }

    pub(super) fn stat(&self, what: &str, path: &VolumePath) -> Result<Statx> {
        self.handle(what, path)?.stat(what, path)
    }

    /// The directory that `path` is in, and its name there; the root has none.
    pub(super) fn place<'a>(
        &self,
        what: &str,
        path: &'a VolumePath,
    ) -> Result<Option<(OwnedFd, &'a [u8])>> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(None);
        };
        let directory = self
            .resolve(what, &parent, OFlags::PATH | OFlags::DIRECTORY)
            .map_err(|error| rules::renamed(error, what, path))?;
        Ok(Some((directory, name)))
    }

    /// A directory, to be listed.
    pub(super) fn directory(&self, what: &str, path: &VolumePath) -> Result<OwnedFd> {
        let handle = self.handle(what, path)?;
        if handle.kind != FileKind::Directory {
            return Err(rules::not_a_directory(what, path));
        }
        reopen(&handle, OFlags::RDONLY | OFlags::DIRECTORY)
            .map_err(|error| failed(what, path, error))
    }

    /// A regular file, to be read or written. It is opened only when it is one: to open a device
    /// can do something.
    pub(super) fn file(&self, what: &str, path: &VolumePath, flags: OFlags) -> Result<OwnedFd> {
        let handle = self.handle(what, path)?;
        if handle.kind != FileKind::File {
            return Err(rules::not_a_file(what, path));
        }
        reopen(&handle, flags).map_err(|error| failed(what, path, error))
    }

    pub(super) fn check_owner(
        &self,
        what: &str,
        path: &VolumePath,
        uid: u32,
        gid: u32,
    ) -> Result<()> {
        if self.owners == Owners::Host || (uid, gid) == (0, 0) {
            return Ok(());
        }
        let why = format!("everything here is root's, and {uid}:{gid} is not root");
        Err(VolumeError::cannot(Kind::NotSupported, what, path, &why))
    }

    pub(super) fn check_namespace(&self, what: &str, path: &VolumePath, name: &str) -> Result<()> {
        if self.owners == Owners::Host || name.starts_with("user.") {
            return Ok(());
        }
        let why = "attributes outside `user` need the owners of the host";
        Err(VolumeError::cannot(Kind::NotSupported, what, path, why))
    }
}

/// Opens a pinned file for real; without a new time of access where that is allowed.
fn reopen(handle: &Handle, flags: OFlags) -> Result<OwnedFd, Errno> {
    let flags = flags | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let path = handle.proc_path();
    match fs::open(&path, flags | OFlags::NOATIME, Mode::empty()) {
        Err(Errno::PERM) => fs::open(&path, flags, Mode::empty()),
        opened => opened,
    }
}

/// The kind that the type bits of a mode say.
pub(super) fn kind_of(mode: impl Into<u32>) -> FileKind {
    match FileType::from_raw_mode(mode.into()) {
        FileType::Directory => FileKind::Directory,
        FileType::Symlink => FileKind::Symlink,
        FileType::CharacterDevice => FileKind::CharDevice,
        FileType::BlockDevice => FileKind::BlockDevice,
        FileType::Fifo => FileKind::Fifo,
        FileType::Socket => FileKind::Socket,
        FileType::RegularFile | FileType::Unknown => FileKind::File,
    }
}

/// What the kernel's error means in the contract.
pub(super) fn failed(what: &str, path: &VolumePath, error: Errno) -> VolumeError {
    let kind = match error {
        Errno::NOENT => return rules::not_found(what, path),
        Errno::EXIST => return rules::already_exists(what, path),
        // A link on the way, which is not followed.
        Errno::NOTDIR | Errno::LOOP => return rules::not_a_directory(what, path),
        Errno::ISDIR => return rules::is_a_directory(what, path),
        Errno::NOTEMPTY => return rules::not_empty(what, path),
        Errno::NOSPC | Errno::DQUOT => return rules::no_space(what, path),
        Errno::FBIG => return rules::too_long(what, path, "what the host allows"),
        Errno::XDEV => Kind::CrossesMounts,
        Errno::ROFS => Kind::ReadOnly,
        Errno::INVAL | Errno::TOOBIG | Errno::RANGE => Kind::InvalidArgument,
        Errno::OPNOTSUPP | Errno::NAMETOOLONG | Errno::ILSEQ => Kind::NotSupported,
        Errno::PERM | Errno::ACCESS => {
            let why = "the host does not permit it to this process";
            return VolumeError::cannot(Kind::NotSupported, what, path, why)
                .help("run as root, or keep to what an ordinary user may do");
        }
        _ => Kind::Io,
    };
    VolumeError::cannot(kind, what, path, &format!("the host says: {error}"))
}
