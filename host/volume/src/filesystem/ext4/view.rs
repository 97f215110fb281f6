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

/// A volume's device as the view takes it. The view reads group descriptors and inodes one by one;
/// the last page is kept, so that those beside each other cost one read. Nothing writes to the
/// device as long as a view is open.
struct ViewDevice {
    device: Arc<dyn BlockDevice>,
    start: u64,
    page: Vec<u8>,
}

/// How much is read for a short read, in bytes.
const PAGE: u64 = 4096;

impl ViewDevice {
    fn new(device: Arc<dyn BlockDevice>) -> Self {
        Self {
            device,
            start: 0,
            page: Vec::new(),
        }
    }

    /// The bytes of the kept page at `start`, when it has all of them.
    fn kept(&self, start: u64, len: usize) -> Option<&[u8]> {
        let from = usize::try_from(start.checked_sub(self.start)?).ok()?;
        self.page.get(from..from.checked_add(len)?)
    }

    /// Keeps the page that `start` is in.
    fn keep(&mut self, start: u64) -> Result<()> {
        self.start = start / PAGE * PAGE;
        let rest = self.device.len().saturating_sub(self.start).min(PAGE);
        // A page at most, so it fits any usize. A read that fails leaves nothing to be found.
        let mut page = vec![0; usize::try_from(rest).unwrap_or(0)];
        self.page.clear();
        self.device.read_at(self.start, &mut page)?;
        self.page = page;
        Ok(())
    }
}

impl Ext4Read for ViewDevice {
    fn read(
        &mut self,
        start: u64,
        buf: &mut [u8],
    ) -> std::result::Result<(), Box<dyn Error + Send + Sync + 'static>> {
        let short = u64::try_from(buf.len()).is_ok_and(|len| len < PAGE);
        if short && self.kept(start, buf.len()).is_none() {
            self.keep(start)?;
        }
        match self.kept(start, buf.len()).filter(|_| short) {
            Some(bytes) => buf.copy_from_slice(bytes),
            None => self.device.read_at(start, buf)?,
        }
        Ok(())
    }
}

/// Opens the filesystem through the independent implementation.
///
/// # Errors
/// `UnsupportedFeature` and `Damaged` when it does not take the filesystem, `Io`.
pub(super) fn open(device: &Arc<dyn BlockDevice>) -> Result<View> {
    View::load(Box::new(ViewDevice::new(device.clone()))).map_err(|error| {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::{FaultyDevice, MemoryDevice};

    #[test]
    fn neighbours_cost_one_read_and_every_byte_is_right() {
        let bytes: Vec<u8> = (0..10_000u32).map(|n| n.to_le_bytes()[0]).collect();
        let device = Arc::new(FaultyDevice::new(Arc::new(MemoryDevice::from(&bytes[..]))));
        let mut view = ViewDevice::new(device.clone());
        for start in (0..4096).step_by(64) {
            let mut found = [0; 64];
            view.read(start as u64, &mut found).unwrap();
            assert_eq!(found[..], bytes[start..start + 64]);
        }
        assert_eq!(device.traffic().reads, 1);
        // Across a page, at the end, whole pages, and past the end.
        for (start, len) in [(4090, 20), (9990, 10), (0, 8192), (4096, 4096)] {
            let mut found = vec![0; len];
            view.read(start as u64, &mut found).unwrap();
            assert_eq!(found, bytes[start..start + len], "{start}");
        }
        assert!(view.read(9995, &mut [0; 10]).is_err());
    }
}
