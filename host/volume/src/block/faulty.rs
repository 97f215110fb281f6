//! For tests: a device that fails where it is told to, and counts what passes through it.

use super::{BlockDevice, count};
use crate::error::{Result, VolumeError, VolumeErrorKind};
use std::sync::{Arc, Mutex, PoisonError};

/// What a [`FaultyDevice`] fails. Calls are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The read of this number.
    Read(u64),
    /// This read and all after it.
    ReadsFrom(u64),
    /// The write of this number; nothing of it is written.
    Write(u64),
    /// This write and all after it; nothing of them is written.
    WritesFrom(u64),
    /// The write that would pass this many bytes in all, and all after it; the bytes up to there
    /// are written, as when power fails in the middle.
    WriteAfterBytes(u64),
    /// Every flush.
    Flush,
}

/// What passed through a [`FaultyDevice`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Traffic {
    /// Calls that read, failed ones included.
    pub reads: u64,
    /// Calls that wrote, failed ones included.
    pub writes: u64,
    /// Calls of flush, failed ones included.
    pub flushes: u64,
    /// Bytes read.
    pub bytes_read: u64,
    /// Bytes written.
    pub bytes_written: u64,
}

/// A device that passes everything on to another one, counts it, and fails as told.
#[derive(Debug)]
pub struct FaultyDevice {
    device: Arc<dyn BlockDevice>,
    faults: Vec<Fault>,
    traffic: Mutex<Traffic>,
}

impl FaultyDevice {
    /// Counts and fails nothing.
    pub fn new(device: Arc<dyn BlockDevice>) -> Self {
        Self {
            device,
            faults: Vec::new(),
            traffic: Mutex::default(),
        }
    }

    /// Fails this, too.
    #[must_use]
    pub fn with(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// What passed so far.
    pub fn traffic(&self) -> Traffic {
        *self.lock()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Traffic> {
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check(&self, fails: impl Fn(Fault) -> bool, what: &str) -> Result<()> {
        if self.faults.iter().any(|fault| fails(*fault)) {
            return Err(VolumeError::new(
                VolumeErrorKind::Io,
                format!("the test's device failed this {what}"),
            ));
        }
        Ok(())
    }

    /// How many of `len` bytes may be written before a fault of power strikes.
    fn left(&self, written: u64, len: u64) -> u64 {
        self.faults.iter().fold(len, |left, fault| match fault {
            Fault::WriteAfterBytes(limit) => left.min(limit.saturating_sub(written)),
            _ => left,
        })
    }
}

impl BlockDevice for FaultyDevice {
    fn len(&self) -> u64 {
        self.device.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let mut traffic = self.lock();
        let number = traffic.reads;
        traffic.reads += 1;
        let fails = |fault| match fault {
            Fault::Read(n) => number == n,
            Fault::ReadsFrom(n) => number >= n,
            _ => false,
        };
        self.check(fails, "read")?;
        self.device.read_at(offset, buf)?;
        traffic.bytes_read += count(buf);
        Ok(())
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> Result<()> {
        let mut traffic = self.lock();
        let number = traffic.writes;
        traffic.writes += 1;
        let fails = |fault| match fault {
            Fault::Write(n) => number == n,
            Fault::WritesFrom(n) => number >= n,
            _ => false,
        };
        self.check(fails, "write")?;
        let left = self.left(traffic.bytes_written, count(data));
        let (now, never) = data.split_at(usize::try_from(left).unwrap_or(data.len()));
        self.device.write_at(offset, now)?;
        traffic.bytes_written += count(now);
        self.check(|_| !never.is_empty(), "write")
    }

    fn is_writable(&self) -> bool {
        self.device.is_writable()
    }

    fn flush(&self) -> Result<()> {
        self.lock().flushes += 1;
        self.check(|fault| fault == Fault::Flush, "flush")?;
        self.device.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{MemoryDevice, conformance};
    use super::*;

    fn faulty(fault: Fault) -> FaultyDevice {
        FaultyDevice::new(Arc::new(MemoryDevice::new(100))).with(fault)
    }

    #[test]
    fn conforms_while_nothing_fails() {
        conformance::check(|len| FaultyDevice::new(Arc::new(MemoryDevice::new(len))));
    }

    #[test]
    fn fails_as_told() {
        for (fault, expected) in [
            (Fault::Write(1), [true, false, true]),
            (Fault::WritesFrom(1), [true, false, false]),
            (Fault::WriteAfterBytes(5), [true, false, false]),
            (Fault::Read(1), [true, true, true]),
        ] {
            let device = faulty(fault);
            let results = [0, 10, 20].map(|at| device.write_at(at, b"abc").is_ok());
            assert_eq!(results, expected, "{fault:?}");
        }
        for (fault, expected) in [
            (Fault::Read(0), [false, true]),
            (Fault::ReadsFrom(0), [false, false]),
        ] {
            let device = faulty(fault);
            assert_eq!(
                [0, 1].map(|at| device.read_at(at, &mut [0]).is_ok()),
                expected
            );
        }
    }

    #[test]
    fn a_power_failure_tears_a_write() {
        let device = faulty(Fault::WriteAfterBytes(4));
        device.write_at(0, b"abcdef").unwrap_err();
        let mut read = [0; 6];
        device.read_at(0, &mut read).unwrap();
        assert_eq!(&read, b"abcd\0\0");
    }
}
