//! A part of a block device as a device of its own: a partition.

use super::{BlockDevice, count, end_of};
use crate::error::{Result, VolumeError, VolumeErrorKind};
use std::ops::Range;
use std::sync::Arc;

/// A window on a device: nothing outside of it can be read or written through it.
#[derive(Debug, Clone)]
pub struct Slice {
    device: Arc<dyn BlockDevice>,
    start: u64,
    len: u64,
}

impl Slice {
    /// The `len` bytes of `device` from `start` on.
    ///
    /// # Errors
    /// `InvalidArgument` when they pass the end of the device.
    pub fn new(device: Arc<dyn BlockDevice>, start: u64, len: u64) -> Result<Self> {
        match end_of(device.len(), start, len) {
            Ok(_) => Ok(Self { device, start, len }),
            Err(past) => Err(VolumeError::new(
                VolumeErrorKind::InvalidArgument,
                format!("cannot take a part of the device: {past}"),
            )),
        }
    }
}

impl BlockDevice for Slice {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        end_of(self.len, offset, count(buf))?;
        self.device.read_at(self.start + offset, buf)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> Result<()> {
        end_of(self.len, offset, count(data))?;
        self.device.write_at(self.start + offset, data)
    }

    fn zero_at(&self, offset: u64, len: u64) -> Result<()> {
        end_of(self.len, offset, len)?;
        self.device.zero_at(self.start + offset, len)
    }

    fn next_data(&self, from: u64) -> Result<Option<Range<u64>>> {
        if from >= self.len {
            return Ok(None);
        }
        let found = self.device.next_data(self.start + from)?;
        let ours = |range: Range<u64>| {
            let end = range.end.min(self.start + self.len);
            (range.start < end).then(|| range.start - self.start..end - self.start)
        };
        Ok(found.and_then(ours))
    }

    fn is_writable(&self) -> bool {
        self.device.is_writable()
    }

    fn flush(&self) -> Result<()> {
        self.device.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FileDevice, MemoryDevice, conformance};
    use super::*;

    #[test]
    fn conforms() {
        conformance::check(|len| {
            Slice::new(Arc::new(MemoryDevice::new(len + 999)), 513, len).unwrap()
        });
        conformance::check_read_only(|len| {
            let file = tempfile::tempfile().unwrap();
            file.set_len(len + 512).unwrap();
            let device = FileDevice::read_only(file).unwrap();
            Slice::new(Arc::new(device), 512, len).unwrap()
        });
    }

    #[test]
    fn nothing_outside_is_reached() {
        let device = Arc::new(MemoryDevice::new(3000));
        device.write_at(0, &[7; 3000]).unwrap();
        let slice = Slice::new(device.clone(), 1000, 1000).unwrap();
        slice.write_at(0, &[1; 1000]).unwrap();
        for (offset, len) in [(0, 1001), (999, 2), (1000, 1), (u64::MAX - 500, 1000)] {
            assert!(slice.write_at(offset, &vec![2; len]).is_err());
            assert!(slice.read_at(offset, &mut vec![0; len]).is_err());
        }
        let mut all = vec![0; 3000];
        device.read_at(0, &mut all).unwrap();
        assert_eq!(all, [[7; 1000], [1; 1000], [7; 1000]].concat());
    }

    #[test]
    fn must_lie_on_its_device() {
        let device: Arc<dyn BlockDevice> = Arc::new(MemoryDevice::new(100));
        for (start, len) in [(0, 101), (101, 0), (u64::MAX, 2)] {
            let error = Slice::new(device.clone(), start, len).unwrap_err();
            assert_eq!(error.kind(), VolumeErrorKind::InvalidArgument);
        }
    }
}
