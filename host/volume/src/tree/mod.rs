//! The volume tree: the mounted filesystems of a volume as the one tree that the guest sees.

use crate::error::Result;
use crate::filesystem::{DirEntry, FileKind, FileSystem, Metadata, Ownership, Timestamp};
use crate::path::VolumePath;
use std::collections::BTreeMap;
use std::io::Read;

/// The mounted filesystems of one volume, joined.
///
/// Every method takes a path as the guest would write it, in bytes: absolute, with `.`, `..` and
/// symbolic links, which are resolved inside the volume and never outside it. Methods follow a
/// link at the end of the path unless their docs say otherwise.
#[derive(Debug)]
pub struct VolumeTree {
    mounts: Vec<Mount>,
}

/// One filesystem and where it is mounted.
#[derive(Debug)]
pub struct Mount {
    /// Where, without links.
    pub point: VolumePath,
    /// What.
    pub filesystem: Box<dyn FileSystem>,
    /// Whether changes are refused with `ReadOnly`.
    pub read_only: bool,
    /// What it was made of, for people: `partition 2`, `tree text`.
    pub source: String,
}

/// What to do with a symbolic link at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastLink {
    /// Follow it.
    Follow,
    /// Stay at the link itself.
    Keep,
}

/// Where a walk of the tree came by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkEntry {
    /// The path without links.
    pub path: VolumePath,
    /// What is there.
    pub metadata: Metadata,
}

impl VolumeTree {
    /// A tree of one filesystem.
    pub fn new(root: Mount) -> Self {
        Self { mounts: vec![root] }
    }

    /// Mounts one more filesystem on an existing directory.
    ///
    /// # Errors
    /// `NotFound`, `NotADirectory`, `AlreadyExists` when something is mounted there.
    pub fn mount(&mut self, mount: Mount) -> Result<()> {
        todo!()
    }

    /// The mounts, parents before children.
    pub fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// The path without `.`, `..` and links that `path` leads to. Its last name need not exist.
    ///
    /// # Errors
    /// `NotFound` when a directory on the way is missing, `NotADirectory`, `TooManyLinks` past 40
    /// links, `InvalidPath`.
    pub fn resolve(&self, path: impl AsRef<[u8]>, last: LastLink) -> Result<VolumePath> {
        todo!()
    }

    /// What is at `path`.
    pub fn metadata(&self, path: impl AsRef<[u8]>) -> Result<Metadata> {
        todo!()
    }

    /// What is at `path`, a link at its end not followed.
    pub fn symlink_metadata(&self, path: impl AsRef<[u8]>) -> Result<Metadata> {
        todo!()
    }

    /// Whether there is anything at `path`; a dangling link counts as nothing.
    pub fn exists(&self, path: impl AsRef<[u8]>) -> Result<bool> {
        todo!()
    }

    /// The entries of a directory, sorted by name, mount points as directories.
    pub fn read_dir(&self, path: impl AsRef<[u8]>) -> Result<Vec<DirEntry>> {
        todo!()
    }

    /// The whole content of a file of at most `limit` bytes, checked before anything is read.
    pub fn read(&self, path: impl AsRef<[u8]>, limit: u64) -> Result<Vec<u8>> {
        todo!()
    }

    /// Reads from a file at `offset`.
    pub fn read_at(&self, path: impl AsRef<[u8]>, offset: u64, buf: &mut [u8]) -> Result<usize> {
        todo!()
    }

    /// The target of the symbolic link at `path`, as stored.
    pub fn read_link(&self, path: impl AsRef<[u8]>) -> Result<Vec<u8>> {
        todo!()
    }

    /// The extended attributes of what is at `path`, a link at its end as told.
    pub fn xattrs(
        &self,
        path: impl AsRef<[u8]>,
        last: LastLink,
    ) -> Result<BTreeMap<String, Vec<u8>>> {
        todo!()
    }

    /// Everything below `path` and itself, parents first, names sorted, links not followed, mounts
    /// crossed. `LimitReached` past `limit` entries.
    pub fn walk(&self, path: impl AsRef<[u8]>, limit: usize) -> Result<Vec<WalkEntry>> {
        todo!()
    }

    /// Writes the whole content of a file. An existing file keeps inode, owner, mode and extended
    /// attributes; a new one gets `new`.
    pub fn write(&mut self, path: impl AsRef<[u8]>, content: &[u8], new: Ownership) -> Result<()> {
        todo!()
    }

    /// As [`Self::write`], streamed. Returns the length in bytes.
    pub fn write_from(
        &mut self,
        path: impl AsRef<[u8]>,
        content: &mut dyn Read,
        new: Ownership,
    ) -> Result<u64> {
        todo!()
    }

    /// Adds to the end of a file, which is made with `new` when it is missing.
    pub fn append(&mut self, path: impl AsRef<[u8]>, content: &[u8], new: Ownership) -> Result<()> {
        todo!()
    }

    /// Sets the length of a file.
    pub fn set_len(&mut self, path: impl AsRef<[u8]>, len: u64) -> Result<()> {
        todo!()
    }

    /// Makes a directory; its parent must exist. `AlreadyExists` when anything is there.
    pub fn make_dir(&mut self, path: impl AsRef<[u8]>, owner: Ownership) -> Result<()> {
        todo!()
    }

    /// Makes a directory and all that is missing above it. Returns whether anything was made.
    pub fn make_dirs(&mut self, path: impl AsRef<[u8]>, owner: Ownership) -> Result<bool> {
        todo!()
    }

    /// Makes a symbolic link at `path` that holds `target`.
    pub fn symlink(
        &mut self,
        path: impl AsRef<[u8]>,
        target: impl AsRef<[u8]>,
        owner: Ownership,
    ) -> Result<()> {
        todo!()
    }

    /// Makes `new` another name of the file at `existing`. `CrossesMounts` between filesystems.
    pub fn hard_link(&mut self, existing: impl AsRef<[u8]>, new: impl AsRef<[u8]>) -> Result<()> {
        todo!()
    }

    /// Makes a device node, FIFO or socket.
    pub fn make_node(
        &mut self,
        path: impl AsRef<[u8]>,
        kind: FileKind,
        device: (u32, u32),
        owner: Ownership,
    ) -> Result<()> {
        todo!()
    }

    /// As rename(2), links at the ends not followed; across mounts it copies and removes.
    pub fn rename(&mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<()> {
        todo!()
    }

    /// Copies a file, link, node or whole directory with content, mode, owner, times, extended
    /// attributes; hard links within it stay hard links; what is at `to` is replaced when both
    /// are files, else `AlreadyExists`.
    pub fn copy(&mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<()> {
        todo!()
    }

    /// Removes a file, link, node or empty directory; a link at the end is not followed.
    pub fn remove(&mut self, path: impl AsRef<[u8]>) -> Result<()> {
        todo!()
    }

    /// Removes whatever is at `path` and below it; mount points stop it with `CrossesMounts`
    /// before anything is removed. Returns how many entries went; 0 when there was nothing.
    pub fn remove_all(&mut self, path: impl AsRef<[u8]>) -> Result<usize> {
        todo!()
    }

    /// Sets the 12 permission bits.
    pub fn set_mode(&mut self, path: impl AsRef<[u8]>, mode: u32) -> Result<()> {
        todo!()
    }

    /// Sets owner and group; a link at the end as told.
    pub fn set_owner(
        &mut self,
        path: impl AsRef<[u8]>,
        uid: u32,
        gid: u32,
        last: LastLink,
    ) -> Result<()> {
        todo!()
    }

    /// Sets the times of last access and change.
    pub fn set_times(
        &mut self,
        path: impl AsRef<[u8]>,
        accessed: Timestamp,
        modified: Timestamp,
    ) -> Result<()> {
        todo!()
    }

    /// Sets an extended attribute.
    pub fn set_xattr(&mut self, path: impl AsRef<[u8]>, name: &str, value: &[u8]) -> Result<()> {
        todo!()
    }

    /// Removes an extended attribute.
    pub fn remove_xattr(&mut self, path: impl AsRef<[u8]>, name: &str) -> Result<()> {
        todo!()
    }

    /// Marks the file at `path` as holding a secret: a diff shows that it changed, never how.
    pub fn mark_secret(&mut self, path: impl AsRef<[u8]>) -> Result<()> {
        todo!()
    }

    /// The paths that any change may have touched, without links, each with whether it holds a
    /// secret; for a moved or removed directory, every path below it.
    pub fn touched(&self) -> &BTreeMap<VolumePath, bool> {
        todo!()
    }

    /// Finishes every filesystem ([`FileSystem::finish`]), children before parents.
    pub fn finish(&mut self) -> Result<()> {
        todo!()
    }
}
