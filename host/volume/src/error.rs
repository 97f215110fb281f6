//! What goes wrong inside a volume: a kind that code can match on, and a message for people.

use crate::path::VolumePath;
use serde::Serialize;

/// The result of everything in this crate.
pub type Result<T, E = VolumeError> = std::result::Result<T, E>;

/// A failed operation on a volume: what kind of failure, on which path or device, and why.
///
/// `Display` is one sentence without a full stop, lower case, names in backticks and escaped, so
/// that a hostile file name cannot reach a terminal raw.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct VolumeError {
    kind: VolumeErrorKind,
    path: Option<VolumePath>,
    message: String,
    help: Option<String>,
}

/// The kinds of failure. Each has one code in the registry of `mintage-engine`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum VolumeErrorKind {
    /// The path, or a directory on the way to it, does not exist.
    NotFound,
    /// Something is there already.
    AlreadyExists,
    /// A component of the path, or the path itself, is not a directory.
    NotADirectory,
    /// The operation is for anything but a directory.
    IsADirectory,
    /// The operation is for regular files only.
    NotAFile,
    /// The directory still has entries.
    DirectoryNotEmpty,
    /// More symbolic links than the limit on the way, or a link that leads to itself.
    TooManyLinks,
    /// A path that is not absolute, has a NUL byte, or a name or whole that is too long.
    InvalidPath,
    /// An argument that the filesystem cannot store (a mode, a time, an xattr value).
    InvalidArgument,
    /// Two filesystems of the volume where one is needed: a hard link or a rename across mounts.
    CrossesMounts,
    /// No space or no inodes left in the filesystem.
    NoSpace,
    /// A write on what is mounted or opened read-only.
    ReadOnly,
    /// This filesystem has no such thing (an owner on vfat, a device node on vfat).
    NotSupported,
    /// A filesystem feature or format that cannot be written or read here.
    UnsupportedFeature,
    /// The filesystem is encrypted.
    Encrypted,
    /// The filesystem's own structures contradict each other or their checksums.
    Damaged,
    /// The partition table is missing, damaged or hostile.
    BadPartitionTable,
    /// No filesystem to be the root was found, or more than one and the plan does not say which.
    NoRoot,
    /// A limit of the run was reached: size of a read, bytes changed, entries walked.
    LimitReached,
    /// The deadline passed or the run was cancelled.
    Cancelled,
    /// Reading or writing the device failed.
    Io,
    /// A change read back differently from how it was written.
    ReadBackMismatch,
}

impl VolumeError {
    /// An error of `kind` that says `message`.
    pub fn new(kind: VolumeErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            path: None,
            message: message.into(),
            help: None,
        }
    }

    /// Names the path in the volume that it is about, unless one is named already: the innermost
    /// place wins.
    #[must_use]
    pub fn at(mut self, path: &VolumePath) -> Self {
        self.path.get_or_insert_with(|| path.clone());
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> VolumeErrorKind {
        self.kind
    }

    /// The path in the volume that it is about.
    pub fn path(&self) -> Option<&VolumePath> {
        self.path.as_ref()
    }

    /// What to do about it, where that is known.
    pub fn help_text(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// `cannot WHAT PATH: WHY`, the usual form.
    pub fn cannot(kind: VolumeErrorKind, what: &str, path: &VolumePath, why: &str) -> Self {
        Self::new(kind, format!("cannot {what} `{path}`: {why}")).at(path)
    }
}

impl From<std::io::Error> for VolumeError {
    fn from(source: std::io::Error) -> Self {
        Self::new(
            VolumeErrorKind::Io,
            format!("reading or writing the device failed: {source}"),
        )
    }
}
