//! From descriptors to a volume.

use super::{descriptor_error, volume_error};
use mintage_engine::Diagnostic;
use mintage_volume::block::{BlockDevice, FileDevice, open_descriptor};
use mintage_volume::tree::VolumeTree;
use mintage_volume::volume::{TreeOptions, Volume};
use mintage_worker::Descriptors;
use std::sync::Arc;

/// A device that many may hold.
pub(super) type Device = Arc<dyn BlockDevice>;

/// For looking only; not even a journal's replay reaches the device.
pub(super) fn read_only() -> TreeOptions {
    TreeOptions {
        read_only: true,
        ..TreeOptions::default()
    }
}

/// The next descriptor, an image, as a device.
pub(super) fn image(files: &mut Descriptors) -> Result<Device, Diagnostic> {
    let file = files.take().map_err(descriptor_error)?;
    open_descriptor(file).map_err(volume_error)
}

/// The next descriptor, a scratch file, as a device.
pub(super) fn scratch(files: &mut Descriptors) -> Result<Device, Diagnostic> {
    let file = files.take().map_err(descriptor_error)?;
    Ok(Arc::new(FileDevice::writable(file).map_err(volume_error)?))
}

/// The next image as the guest would see it.
pub(super) fn open_tree(files: &mut Descriptors) -> Result<VolumeTree, Diagnostic> {
    open_tree_of(image(files)?)
}

/// As [`open_tree`], of a device.
pub(super) fn open_tree_of(image: Device) -> Result<VolumeTree, Diagnostic> {
    Volume::open(image)
        .and_then(|volume| volume.open_tree(&read_only()))
        .map_err(volume_error)
}
