//! The border to the writer's library: its device, its clock, its errors.

use crate::block::BlockDevice;
use crate::error::{VolumeError, VolumeErrorKind};
use crate::path::VolumePath;
use fs_ext4::Error as Fault;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The most names that one file can have in ext2, ext3 and ext4.
const MAX_LINKS: &str = "a file cannot have more than 65000 names here";

/// A volume's device as the library takes it.
///
/// It never flushes: the driver writes to the copy-on-write overlay of a run, whose blocks reach
/// the volume in one ordered commit or not at all.
pub(super) struct LibraryDevice {
    device: Arc<dyn BlockDevice>,
    writable: AtomicBool,
}

impl LibraryDevice {
    /// `device`, written to only when `writable`.
    pub(super) fn new(device: Arc<dyn BlockDevice>, writable: bool) -> Arc<Self> {
        let writable = AtomicBool::new(writable);
        Arc::new(Self { device, writable })
    }

    /// Lets a device that was read-only so far be written to, from now on.
    pub(super) fn allow_writes(&self) {
        self.writable.store(true, Ordering::Relaxed);
    }

    fn check_range(&self, offset: u64, len: usize) -> fs_ext4::Result<()> {
        let end = u64::try_from(len)
            .ok()
            .and_then(|len| offset.checked_add(len));
        match end {
            Some(end) if end <= self.device.len() => Ok(()),
            _ => Err(Fault::Corrupt("a block number lies past the device's end")),
        }
    }
}

impl fs_ext4::block_io::BlockDevice for LibraryDevice {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> fs_ext4::Result<()> {
        self.check_range(offset, buf.len())?;
        self.device.read_at(offset, buf).map_err(carry)
    }

    fn size_bytes(&self) -> u64 {
        self.device.len()
    }

    fn write_at(&self, offset: u64, buf: &[u8]) -> fs_ext4::Result<()> {
        if !self.is_writable() {
            return Err(Fault::ReadOnly);
        }
        self.check_range(offset, buf.len())?;
        self.device.write_at(offset, buf).map_err(carry)
    }

    fn is_writable(&self) -> bool {
        self.writable.load(Ordering::Relaxed)
    }
}

/// Takes an error of ours through the library; [`explain`] brings it out again unchanged.
pub(super) fn carry(error: VolumeError) -> Fault {
    Fault::Io(io::Error::other(error))
}

/// An error of ours that says `message`, carried through the library.
pub(super) fn refuse(kind: VolumeErrorKind, message: impl Into<String>) -> Fault {
    carry(VolumeError::new(kind, message))
}

/// The library's error as ours: `cannot WHAT PATH: WHY`.
///
/// An error that [`carry`] took through the library stays what it was, except that one made by
/// [`refuse`] gets its place in the sentence.
pub(super) fn explain(fault: Fault, what: &str, path: &VolumePath) -> VolumeError {
    let fault = match fault {
        Fault::Io(error) => match error.downcast::<VolumeError>() {
            Ok(ours) => return place(&ours, what, path),
            Err(error) => Fault::Io(error),
        },
        fault => fault,
    };
    let (kind, why) = classify(&fault);
    let error = VolumeError::cannot(kind, what, path, &why);
    match kind {
        VolumeErrorKind::Damaged => error.help(RUN_E2FSCK),
        _ => error,
    }
}

/// What to do about a damaged filesystem.
pub(super) const RUN_E2FSCK: &str =
    "check a copy of the image with `e2fsck -f` and use the repaired copy";

fn place(error: &VolumeError, what: &str, path: &VolumePath) -> VolumeError {
    let placed = VolumeError::cannot(error.kind(), what, path, &error.to_string());
    match error.help_text() {
        Some(help) => placed.help(help),
        None => placed,
    }
}

fn classify(fault: &Fault) -> (VolumeErrorKind, String) {
    use VolumeErrorKind as Kind;
    let (kind, why) = match fault {
        Fault::Io(error) => return (Kind::Io, format!("the device failed: {error}")),
        Fault::NotFound => (Kind::NotFound, "it does not exist"),
        Fault::NotADirectory => (Kind::NotADirectory, "it is not a directory"),
        Fault::IsADirectory => (Kind::IsADirectory, "it is a directory"),
        Fault::AlreadyExists => (Kind::AlreadyExists, "it exists already"),
        Fault::DirectoryNotEmpty => (Kind::DirectoryNotEmpty, "the directory is not empty"),
        Fault::ReadOnly => (Kind::ReadOnly, "it was opened read-only"),
        Fault::NameTooLong => (Kind::InvalidArgument, "it is too long for this filesystem"),
        Fault::NoSpaceLeftOnDevice => (Kind::NoSpace, "no space is left in the filesystem"),
        Fault::Corrupt(why) if why.contains("free inode") => {
            (Kind::NoSpace, "no inode is left in the filesystem")
        }
        Fault::Corrupt(why) if why.contains("contiguous free run") => (
            Kind::NoSpace,
            "the filesystem has no free run of blocks that is long enough",
        ),
        Fault::TooManyLinks => (Kind::NotSupported, MAX_LINKS),
        Fault::InvalidArgument(why) => (Kind::InvalidArgument, *why),
        Fault::Unsupported(why) => (Kind::NotSupported, *why),
        Fault::UnsupportedIncompat(_) | Fault::UnsupportedRoCompat(_) => (
            Kind::UnsupportedFeature,
            "the filesystem has a feature that is not supported",
        ),
        Fault::BadMagic { .. } => (
            Kind::UnsupportedFeature,
            "there is no ext2, ext3 or ext4 filesystem",
        ),
        Fault::Stale => (
            Kind::Damaged,
            "a directory names an inode that is not in use",
        ),
        damage => return (Kind::Damaged, damage.to_string()),
    };
    (kind, why.to_owned())
}
