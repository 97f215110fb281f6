//! Makes a new, empty ext4 filesystem.

use super::border::LibraryDevice;
use crate::block::BlockDevice;
use crate::error::{Result, VolumeError, VolumeErrorKind};
use std::sync::Arc;

/// The size of a block of a new filesystem, in bytes.
const BLOCK_SIZE: u32 = 4096;

/// Formats all of `device`, which must read as zeros, as ext4 without a journal.
///
/// The same arguments give the same bytes: nothing depends on the clock or on chance.
///
/// # Errors
/// `InvalidArgument` when the device is too small, `ReadOnly`, `Io`.
pub(super) fn format(device: Arc<dyn BlockDevice>, label: &str, uuid: [u8; 16]) -> Result<()> {
    let len = device.len();
    let border = LibraryDevice::new(device, true);
    fs_ext4::mkfs::format_filesystem(border.as_ref(), Some(label), Some(uuid), len, BLOCK_SIZE)
        .map_err(|fault| {
            VolumeError::new(
                VolumeErrorKind::InvalidArgument,
                format!("cannot make an ext4 filesystem of {len} bytes: {fault}"),
            )
        })
}
