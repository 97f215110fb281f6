//! A device as it is, but not to be written to.

use super::{BlockDevice, read_only};
use crate::error::Result;
use std::ops::Range;
use std::sync::Arc;

/// Reads from another device and refuses every write.
#[derive(Debug, Clone)]
pub struct ReadOnly(Arc<dyn BlockDevice>);

impl ReadOnly {
    /// `device`, not to be written to.
    pub fn new(device: Arc<dyn BlockDevice>) -> Self {
        Self(device)
    }
}

impl BlockDevice for ReadOnly {
    fn len(&self) -> u64 {
        self.0.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        self.0.read_at(offset, buf)
    }

    fn write_at(&self, _offset: u64, _data: &[u8]) -> Result<()> {
        Err(read_only())
    }

    fn next_data(&self, from: u64) -> Result<Option<Range<u64>>> {
        self.0.next_data(from)
    }

    fn is_writable(&self) -> bool {
        false
    }

    fn flush(&self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{MemoryDevice, conformance};
    use super::*;

    #[test]
    fn conforms() {
        conformance::check_read_only(|len| ReadOnly::new(Arc::new(MemoryDevice::new(len))));
    }
}
