//! Block devices: what the filesystem drivers read from and write to.

mod commit;
#[cfg(any(test, feature = "testsuite"))]
pub mod conformance;
#[cfg(any(test, feature = "testsuite"))]
mod faulty;
mod file;
mod memory;
pub mod nbd;
mod open;
mod overlay;
mod read_only;
mod slice;
mod wipe;

pub use commit::{Committed, commit};
#[cfg(any(test, feature = "testsuite"))]
pub use faulty::{Fault, FaultyDevice, Traffic};
pub use file::FileDevice;
pub use memory::MemoryDevice;
pub use nbd::NbdDevice;
pub use open::open_descriptor;
pub use overlay::Overlay;
pub use read_only::ReadOnly;
pub use slice::Slice;
pub use wipe::wipe;

use crate::error::{Result, VolumeError, VolumeErrorKind};
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

/// Size in bytes of the blocks that changes are kept and counted in.
pub const BLOCK: u64 = 4096;

/// A run of bytes of fixed length that is read and written at offsets.
///
/// Contract, checked by the suite in `block::conformance`:
/// - offsets and lengths are in bytes and need no alignment;
/// - a read or write that would pass the end fails with `Io` and changes nothing;
/// - what was written is what every later read on the same device sees;
/// - a device that is not writable fails every write with `ReadOnly` and stays as it is;
/// - all methods may be called from several threads.
pub trait BlockDevice: Send + Sync + Debug {
    /// Length in bytes.
    fn len(&self) -> u64;

    /// Whether its length is 0.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Fills `buf` from `offset` on.
    ///
    /// # Errors
    /// `Io` when the range passes the end or the device fails.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()>;

    /// Writes all of `data` at `offset`.
    ///
    /// # Errors
    /// `ReadOnly`, `Io`, or `LimitReached` on a device with a write budget.
    fn write_at(&self, offset: u64, data: &[u8]) -> Result<()>;

    /// Makes `len` bytes from `offset` on read as zeros, without keeping them where the device knows
    /// holes.
    ///
    /// # Errors
    /// As [`Self::write_at`]; after one, a part of the range may be zeros.
    fn zero_at(&self, offset: u64, len: u64) -> Result<()> {
        write_zeros(self, offset, len)
    }

    /// The next bytes from `from` on that may be something else than zeros; none when there are
    /// none up to the end. A device that knows no holes gives all of the rest.
    ///
    /// # Errors
    /// `Io` when the device fails.
    fn next_data(&self, from: u64) -> Result<Option<Range<u64>>> {
        Ok((from < self.len()).then(|| from..self.len()))
    }

    /// Whether writes can succeed.
    fn is_writable(&self) -> bool;

    /// Returns when all that was written is on stable storage, where the device has one.
    ///
    /// # Errors
    /// `Io` when the device fails.
    fn flush(&self) -> Result<()>;
}

impl<D: BlockDevice + ?Sized> BlockDevice for Arc<D> {
    fn len(&self) -> u64 {
        (**self).len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        (**self).read_at(offset, buf)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> Result<()> {
        (**self).write_at(offset, data)
    }

    fn zero_at(&self, offset: u64, len: u64) -> Result<()> {
        (**self).zero_at(offset, len)
    }

    fn next_data(&self, from: u64) -> Result<Option<Range<u64>>> {
        (**self).next_data(from)
    }

    fn is_writable(&self) -> bool {
        (**self).is_writable()
    }

    fn flush(&self) -> Result<()> {
        (**self).flush()
    }
}

/// The length of a slice as a device counts: no platform has a `usize` of more than 64 bits.
pub(crate) fn count(slice: &[u8]) -> u64 {
    slice.len() as u64
}

/// The end of `count` bytes at `offset` on a device of `len` bytes.
///
/// # Errors
/// `Io` when they would pass the end.
fn end_of(len: u64, offset: u64, count: u64) -> Result<u64> {
    offset
        .checked_add(count)
        .filter(|end| *end <= len)
        .ok_or_else(|| {
            VolumeError::new(
                VolumeErrorKind::Io,
                format!("{count} bytes at {offset} pass the end of a device of {len} bytes"),
            )
        })
}

/// Writes `len` zeros at `offset`, piece by piece.
fn write_zeros<D: BlockDevice + ?Sized>(device: &D, offset: u64, len: u64) -> Result<()> {
    static ZEROS: [u8; 64 * 1024] = [0; 64 * 1024];
    let end = end_of(device.len(), offset, len)?;
    let mut at = offset;
    while at < end {
        let piece = usize::try_from(end - at).map_or(ZEROS.len(), |rest| rest.min(ZEROS.len()));
        let (zeros, _) = ZEROS.split_at(piece);
        device.write_at(at, zeros)?;
        at += count(zeros);
    }
    Ok(())
}

/// What a device that is not writable answers to a write.
fn read_only() -> VolumeError {
    VolumeError::new(
        VolumeErrorKind::ReadOnly,
        "cannot write to the device: it was opened read-only",
    )
}
