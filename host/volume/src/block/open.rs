//! A descriptor that somebody else opened, as a block device.

use super::{BlockDevice, FileDevice, NbdDevice};
use crate::error::Result;
use rustix::fs::FileType;
use std::fs::File;
use std::io;
use std::sync::Arc;

/// The device behind `descriptor`, for reading only: a regular file or block device, or a connection to an
/// NBD server that nobody has spoken on yet.
///
/// # Errors
/// As [`FileDevice::read_only`] and [`NbdDevice::read_only`].
pub fn open_descriptor(descriptor: File) -> Result<Arc<dyn BlockDevice>> {
    let status = rustix::fs::fstat(&descriptor).map_err(io::Error::from)?;
    match FileType::from_raw_mode(status.st_mode) {
        FileType::Socket => Ok(Arc::new(NbdDevice::read_only(descriptor.into())?)),
        _ => Ok(Arc::new(FileDevice::read_only(descriptor)?)),
    }
}
