//! The independent implementation, `ext4-view`, in the driver's terms.

use super::border::{RUN_E2FSCK, carry, explain};
use super::readback::mismatch;
use crate::block::BlockDevice;
use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::filesystem::{FileKind, Timestamp};
use crate::path::VolumePath;
use ext4_view::{Ext4 as View, Ext4Error, Ext4Read, FileType};
use std::collections::BTreeMap;
use std::error::Error;
use std::sync::Arc;

struct ViewDevice(Arc<dyn BlockDevice>);

impl Ext4Read for ViewDevice {
    fn read(
        &mut self,
        start: u64,
        buf: &mut [u8],
    ) -> std::result::Result<(), Box<dyn Error + Send + Sync + 'static>> {
        self.0.read_at(start, buf).map_err(Into::into)
    }
}

/// Opens the filesystem through the independent implementation.
///
/// # Errors
/// `UnsupportedFeature` and `Damaged` when it does not take the filesystem, `Io`.
pub(super) fn open(device: &Arc<dyn BlockDevice>) -> Result<View> {
    View::load(Box::new(ViewDevice(device.clone()))).map_err(|error| {
        let kind = match &error {
            Ext4Error::Incompatible(_) => VolumeErrorKind::UnsupportedFeature,
            Ext4Error::Io(_) => VolumeErrorKind::Io,
            _ => VolumeErrorKind::Damaged,
        };
        let what = format!("cannot open the ext4 filesystem for reading back: {error}");
        VolumeError::new(kind, what).help(RUN_E2FSCK)
    })
}

/// The entries of a directory by name; none when it is not there or not a directory.
pub(super) fn list(
    view: &View,
    folder: &VolumePath,
) -> Result<BTreeMap<Vec<u8>, ext4_view::DirEntry>> {
    let entries = match view.read_dir(folder.as_bytes()) {
        Ok(entries) => entries,
        Err(Ext4Error::NotFound | Ext4Error::NotADirectory) => return Ok(BTreeMap::new()),
        Err(error) => return Err(viewing(folder)(error)),
    };
    let mut listing = BTreeMap::new();
    for entry in entries {
        let entry = entry.map_err(viewing(folder))?;
        let name = entry.file_name().as_ref().to_vec();
        if !matches!(name.as_slice(), b"." | b"..") {
            listing.insert(name, entry);
        }
    }
    Ok(listing)
}

/// What a type of the view's is.
pub(super) fn kind(file_type: FileType) -> FileKind {
    match file_type {
        FileType::BlockDevice => FileKind::BlockDevice,
        FileType::CharacterDevice => FileKind::CharDevice,
        FileType::Directory => FileKind::Directory,
        FileType::Fifo => FileKind::Fifo,
        FileType::Regular => FileKind::File,
        FileType::Socket => FileKind::Socket,
        FileType::Symlink => FileKind::Symlink,
    }
}

/// A time of the view's.
pub(super) fn time(time: ext4_view::Timestamp) -> Timestamp {
    Timestamp {
        seconds: time.seconds(),
        nanoseconds: time.nanoseconds(),
    }
}

/// What the view says of a path is a mismatch, unless the device failed.
pub(super) fn viewing(path: &VolumePath) -> impl Fn(Ext4Error) -> VolumeError {
    |error| match error {
        Ext4Error::Io(error) => match error.downcast::<VolumeError>() {
            Ok(ours) => explain(carry(*ours), "read back", path),
            Err(error) => mismatch(path, &error.to_string()),
        },
        error => mismatch(path, &format!("the second reader says: {error}")),
    }
}
