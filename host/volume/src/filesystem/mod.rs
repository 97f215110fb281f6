//! Filesystems: the trait that every driver implements, and the types it speaks in.

#[cfg(any(test, feature = "testsuite"))]
pub mod conformance;
pub mod directory;
pub mod ext4;
pub mod memory;
mod open;
mod remains;
mod rules;
pub mod vfat;

pub use directory::Directory;
pub use ext4::Ext4;
pub use memory::Memory;
pub use open::open;
pub use remains::{Remains, RemainsKind};
pub use vfat::Vfat;

use crate::error::Result;
use crate::path::VolumePath;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Read;

/// One filesystem, addressed by paths from its own root.
///
/// Contract, checked for every driver by the suite in `conformance.rs`:
/// - **No symbolic link is ever followed**, at the end of a path or on the way: a link on the way
///   is `NotADirectory`. Links are [`crate::tree::VolumeTree`]'s business.
/// - `/` is the filesystem's own root directory. `.` and `..` do not exist as names.
/// - Errors have the kinds that the methods name. A failed call leaves the filesystem consistent
///   and, unless its docs say otherwise, unchanged.
/// - What a filesystem cannot store (an owner on vfat) is `NotSupported`, never ignored.
/// - Times that a change leaves behind are the time that the driver was opened with; nothing
///   reads the clock.
/// - A change of content sets the file's time of change; making, removing or moving a name sets
///   those of the directories it is or was in. Reading changes no time.
/// - Something new has exactly the [`Ownership`] that it was made with, and no extended attributes:
///   nothing is inherited from its directory.
/// - Mode, owner and extended attributes change only when they are set; no call drops a set-user-ID
///   bit or a file capability on the way.
/// - Changes are seen by later calls at once; they are all on the device after [`Self::finish`],
///   and every changing call after that fails with `ReadOnly`.
pub trait FileSystem: Send + std::fmt::Debug {
    /// What it is and how full.
    ///
    /// # Errors
    /// `Io`, `Damaged`.
    fn info(&self) -> Result<FileSystemInfo>;

    /// What is at `path`.
    ///
    /// # Errors
    /// `NotFound`, `NotADirectory`.
    fn metadata(&self, path: &VolumePath) -> Result<Metadata>;

    /// The entries of a directory, sorted by the bytes of their names, without `.` and `..`.
    ///
    /// # Errors
    /// `NotFound`, `NotADirectory`, `Damaged`.
    fn read_dir(&self, path: &VolumePath) -> Result<Vec<DirEntry>>;

    /// Reads from a regular file at `offset` into `buf`; fewer bytes than asked only at the end
    /// of the file. Holes read as zeros.
    ///
    /// # Errors
    /// `NotFound`, `NotADirectory`, `NotAFile`.
    fn read_at(&self, path: &VolumePath, offset: u64, buf: &mut [u8]) -> Result<usize>;

    /// The target of a symbolic link, as stored.
    ///
    /// # Errors
    /// `NotFound`, `NotADirectory`, `InvalidArgument` when it is no symbolic link.
    fn read_link(&self, path: &VolumePath) -> Result<Vec<u8>>;

    /// All extended attributes with their full names (`security.selinux`), POSIX ACLs as the
    /// system call gives them (`system.posix_acl_access`). Empty where the filesystem has none.
    ///
    /// # Errors
    /// `NotFound`, `NotADirectory`.
    fn xattrs(&self, path: &VolumePath) -> Result<BTreeMap<String, Vec<u8>>>;

    /// `path` with its names in the case that they are stored in, where names are found in any
    /// case. What does not exist of it stays as given.
    fn stored_path(&self, path: &VolumePath) -> VolumePath {
        path.clone()
    }

    /// Makes an empty regular file.
    ///
    /// # Errors
    /// `AlreadyExists`, `NotFound` or `NotADirectory` for its directory, `NoSpace`, `ReadOnly`;
    /// `InvalidArgument` for a mode above 0o7777; `NotSupported` for an owner or a name that the
    /// filesystem cannot store.
    fn create_file(&mut self, path: &VolumePath, owner: Ownership) -> Result<()>;

    /// Makes an empty directory. Errors as [`Self::create_file`].
    fn create_dir(&mut self, path: &VolumePath, owner: Ownership) -> Result<()>;

    /// Makes a symbolic link that holds `target`; its mode is 0o777 whatever `owner` says.
    /// Errors as [`Self::create_file`], `NotSupported`, and `InvalidArgument` for a target that is
    /// empty, longer than 4095 bytes or has a NUL.
    fn create_symlink(&mut self, path: &VolumePath, target: &[u8], owner: Ownership) -> Result<()>;

    /// Makes a device node, FIFO or socket; `device` is its major and minor number, (0, 0) for
    /// the latter two. Errors as [`Self::create_file`], and `NotSupported`; `InvalidArgument` for
    /// another `kind`.
    fn create_node(
        &mut self,
        path: &VolumePath,
        kind: FileKind,
        device: (u32, u32),
        owner: Ownership,
    ) -> Result<()>;

    /// Writes all of `data` into a regular file at `offset`, growing it as needed; what lies
    /// between the old end and `offset` reads as zeros.
    ///
    /// # Errors
    /// `NotFound`, `NotADirectory`, `NotAFile`, `NoSpace`, `ReadOnly`; `InvalidArgument` when the
    /// file would be longer than the filesystem can make it.
    fn write_at(&mut self, path: &VolumePath, offset: u64, data: &[u8]) -> Result<()>;

    /// Cuts a regular file, or grows it with zeros (a hole where the filesystem has holes).
    /// Errors as [`Self::write_at`].
    fn set_len(&mut self, path: &VolumePath, len: u64) -> Result<()>;

    /// Replaces the whole content of a regular file, keeping its inode: links, owner, mode and
    /// extended attributes stay. `content` is streamed. Returns the new length in bytes.
    /// After an error the content is undefined; the filesystem is consistent.
    ///
    /// # Errors
    /// As [`Self::write_at`], and `Io` when `content` fails.
    fn replace_content(&mut self, path: &VolumePath, content: &mut dyn Read) -> Result<u64> {
        let mut chunk = vec![0; 256 * 1024];
        let mut len = 0u64;
        self.set_len(path, 0)?;
        loop {
            let filled = fill(content, &mut chunk)?;
            if filled == 0 {
                return Ok(len);
            }
            self.write_at(path, len, &chunk[..filled])?;
            len += filled as u64;
        }
    }

    /// Makes `new` another name of the file at `existing`.
    ///
    /// # Errors
    /// `NotFound`, `AlreadyExists`, `IsADirectory`, `NotSupported`, `NoSpace`, `ReadOnly`.
    fn link(&mut self, existing: &VolumePath, new: &VolumePath) -> Result<()>;

    /// As rename(2): replaces a file at `to`, or an empty directory when `from` is a directory;
    /// does nothing when both are names of one file.
    ///
    /// # Errors
    /// `NotFound`, `NotADirectory`, `IsADirectory`, `DirectoryNotEmpty`, `ReadOnly`;
    /// `InvalidArgument` when `to` lies below `from` or one of them is `/`.
    fn rename(&mut self, from: &VolumePath, to: &VolumePath) -> Result<()>;

    /// Removes one name of anything but a directory; the last one frees the file.
    ///
    /// # Errors
    /// `NotFound`, `NotADirectory`, `IsADirectory`, `ReadOnly`.
    fn remove_file(&mut self, path: &VolumePath) -> Result<()>;

    /// Removes an empty directory.
    ///
    /// # Errors
    /// `NotFound`, `NotADirectory`, `DirectoryNotEmpty`, `InvalidArgument` for `/`, `ReadOnly`.
    fn remove_dir(&mut self, path: &VolumePath) -> Result<()>;

    /// Sets the 12 permission bits (0 to 0o7777); an access ACL's mask follows, as in chmod(2).
    ///
    /// # Errors
    /// `NotFound`, `NotSupported` (vfat, symbolic links), `InvalidArgument`, `ReadOnly`.
    fn set_mode(&mut self, path: &VolumePath, mode: u32) -> Result<()>;

    /// Sets owner and group by number.
    ///
    /// # Errors
    /// `NotFound`, `NotSupported`, `ReadOnly`.
    fn set_owner(&mut self, path: &VolumePath, uid: u32, gid: u32) -> Result<()>;

    /// Sets the times of last access and change of content.
    ///
    /// # Errors
    /// `NotFound`, `InvalidArgument` when the filesystem cannot store the time, `ReadOnly`.
    fn set_times(
        &mut self,
        path: &VolumePath,
        accessed: Timestamp,
        modified: Timestamp,
    ) -> Result<()>;

    /// Sets one extended attribute by its full name; ACL values in the system call's form. An access
    /// ACL sets the mode's permission bits too, as it does in Linux.
    ///
    /// # Errors
    /// `NotFound`, `NotSupported`, `InvalidArgument`, `NoSpace`, `ReadOnly`.
    fn set_xattr(&mut self, path: &VolumePath, name: &str, value: &[u8]) -> Result<()>;

    /// Removes one extended attribute.
    ///
    /// # Errors
    /// `NotFound` when the path or the attribute is missing, `NotSupported`, `ReadOnly`.
    fn remove_xattr(&mut self, path: &VolumePath, name: &str) -> Result<()>;

    /// What is on the device though no file has it any more, in order and apart from each other.
    /// To be asked of a filesystem that is read-only or finished; empty where a filesystem has no
    /// device.
    ///
    /// # Errors
    /// `Damaged` when a block is both in use and free, `Io`.
    fn remains(&self) -> Result<Vec<Remains>> {
        Ok(Vec::new())
    }

    /// Makes [`Self::finish`] zero all [remains](Self::remains), before it reads back what it wrote.
    fn wipe_when_finished(&mut self) {}

    /// Puts everything on the device and leaves the filesystem clean, as an unmount would. Only
    /// reading calls are allowed afterwards.
    ///
    /// # Errors
    /// `Io`, `Damaged`, `ReadBackMismatch` when the driver checks what it wrote and finds a
    /// difference. After an error, the device's content must not be used.
    fn finish(&mut self) -> Result<()>;
}

/// Reads until `buf` is full or the source ends.
fn fill(source: &mut dyn Read, buf: &mut [u8]) -> Result<usize> {
    let mut filled = 0;
    while filled < buf.len() {
        match source.read(&mut buf[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(filled)
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FileKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A symbolic link.
    Symlink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A socket.
    Socket,
}

/// What is known of a file without reading it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Metadata {
    /// What it is.
    pub kind: FileKind,
    /// The 12 permission bits.
    pub mode: u32,
    /// Number of the owner.
    pub uid: u32,
    /// Number of the group.
    pub gid: u32,
    /// Length in bytes: of the content, or of a link's target; 0 for directories and nodes.
    pub len: u64,
    /// How many names it has; for a directory, 2 and one for each directory in it.
    pub links: u64,
    /// A number that is the same for all names of one file and differs between files of one
    /// filesystem; 0 where the filesystem has no hard links.
    pub inode: u64,
    /// Major and minor number of a device node, else (0, 0).
    pub device: (u32, u32),
    /// Last access.
    pub accessed: Timestamp,
    /// Last change of the content.
    pub modified: Timestamp,
}

/// Mode, owner and group of something new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ownership {
    /// The 12 permission bits.
    pub mode: u32,
    /// Number of the owner.
    pub uid: u32,
    /// Number of the group.
    pub gid: u32,
}

impl Ownership {
    /// Owned by root, with `mode`.
    pub fn root(mode: u32) -> Self {
        Self {
            mode,
            uid: 0,
            gid: 0,
        }
    }
}

/// One name in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirEntry {
    /// The name, without `/`.
    pub name: Vec<u8>,
    /// What it names.
    pub kind: FileKind,
}

/// A point in time: seconds and nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
pub struct Timestamp {
    /// Seconds, negative before 1970.
    pub seconds: i64,
    /// Nanoseconds, 0 to 999,999,999.
    pub nanoseconds: u32,
}

/// What a filesystem says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FileSystemInfo {
    /// `ext2`, `ext3`, `ext4`, `vfat`, `directory`, `memory`.
    pub kind: &'static str,
    /// The label, as text; empty where there is none.
    pub label: String,
    /// The UUID (`xxxxxxxx-xxxx-…`, for vfat `XXXX-XXXX`); empty where there is none.
    pub uuid: String,
    /// Size of a block in bytes.
    pub block_size: u32,
    /// Size in bytes.
    pub total_bytes: u64,
    /// Bytes not in use.
    pub free_bytes: u64,
    /// Names of the format's features, as the format's own tools print them.
    pub features: Vec<String>,
}
