//! Block devices: what the filesystem drivers read from and write to.

use crate::error::Result;
use std::fmt::Debug;

/// A run of bytes of fixed length that is read and written at offsets.
///
/// Contract, checked by [`conformance`]:
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

    /// Whether writes can succeed.
    fn is_writable(&self) -> bool;

    /// Returns when all that was written is on stable storage, where the device has one.
    ///
    /// # Errors
    /// `Io` when the device fails.
    fn flush(&self) -> Result<()>;
}
