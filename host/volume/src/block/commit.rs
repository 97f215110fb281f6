//! The one place that writes to a volume: a run's changed blocks, once, in order.

use super::{BLOCK, BlockDevice};
use crate::error::{Result, VolumeError, VolumeErrorKind};
use serde::Serialize;
use std::ops::Range;

/// What a commit wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Committed {
    /// Blocks of 4 KiB, a last shorter one counted as one.
    pub blocks: u64,
    /// Bytes.
    pub bytes: u64,
}

/// How much is copied at a time.
const CHUNK: u64 = 256 * 1024;

/// Copies the byte ranges `changes` from `scratch` to `target`, each byte once, in ascending order,
/// and returns when they are on stable storage. Long runs of zeros become holes where `target` has
/// them.
///
/// All of `changes` is checked before the first byte is written. A failure in the middle leaves
/// the target partly written: a volume that is not committed to its end must not be used.
///
/// # Errors
/// `InvalidArgument` when `changes` is not ascending or passes the end of a device, `ReadOnly`,
/// `Io`.
pub fn commit(
    changes: &[Range<u64>],
    scratch: &dyn BlockDevice,
    target: &dyn BlockDevice,
) -> Result<Committed> {
    check(changes, scratch.len().min(target.len()))?;
    let mut buffer = Vec::new();
    let mut done = Committed::default();
    for range in changes {
        copy(range.clone(), scratch, target, &mut buffer)?;
        done.blocks += range.end.div_ceil(BLOCK) - range.start / BLOCK;
        done.bytes += range.end - range.start;
    }
    target.flush()?;
    Ok(done)
}

fn check(changes: &[Range<u64>], len: u64) -> Result<()> {
    let mut end = 0;
    for range in changes {
        if range.start < end || range.end <= range.start || range.end > len {
            return Err(VolumeError::new(
                VolumeErrorKind::InvalidArgument,
                format!(
                    "cannot commit: the changed range {} to {} is out of order or passes the end \
                     of the volume at {len}",
                    range.start, range.end
                ),
            ));
        }
        end = range.end;
    }
    Ok(())
}

fn copy(
    mut range: Range<u64>,
    scratch: &dyn BlockDevice,
    target: &dyn BlockDevice,
    buffer: &mut Vec<u8>,
) -> Result<()> {
    while !range.is_empty() {
        let length = CHUNK.min(range.end - range.start);
        // At most `CHUNK`, which fits any usize.
        buffer.resize(usize::try_from(length).unwrap_or(0), 0);
        scratch.read_at(range.start, buffer)?;
        match buffer.iter().all(|byte| *byte == 0) {
            true => target.zero_at(range.start, length)?,
            false => target.write_at(range.start, buffer)?,
        }
        range.start += length;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{Fault, FaultyDevice, MemoryDevice, Overlay};
    use super::*;
    use std::sync::Arc;

    const LEN: u64 = 40 * BLOCK + 100;

    fn content(device: &dyn BlockDevice) -> Vec<u8> {
        let mut all = vec![0; usize::try_from(device.len()).unwrap()];
        device.read_at(0, &mut all).unwrap();
        all
    }

    /// An overlay with scattered changes, its base, and what a whole commit gives.
    fn changed_overlay() -> (Overlay, Arc<MemoryDevice>, Vec<u8>) {
        let base = Arc::new(MemoryDevice::new(LEN));
        base.write_at(0, &vec![1; usize::try_from(LEN).unwrap()])
            .unwrap();
        let scratch = Arc::new(MemoryDevice::new(LEN));
        let overlay = Overlay::new(base.clone(), scratch, u64::MAX).unwrap();
        overlay.write_at(10, b"first").unwrap();
        overlay.write_at(3 * BLOCK - 1, &[2; 9000]).unwrap();
        overlay.write_at(LEN - 3, b"end").unwrap();
        let expected = content(&overlay);
        (overlay, base, expected)
    }

    #[test]
    fn copies_the_changes_only_and_counts_them() {
        let (overlay, base, expected) = changed_overlay();
        let target = FaultyDevice::new(Arc::new(MemoryDevice::from(&content(&*base)[..])));
        let done = commit(&overlay.changed(), &**overlay.scratch(), &target).unwrap();
        assert_eq!(content(&target), expected);
        let bytes = 5 * BLOCK + 100;
        assert_eq!(done, Committed { blocks: 6, bytes });
        assert_eq!(target.traffic().bytes_written, bytes);
        assert_eq!(target.traffic().flushes, 1);
    }

    #[test]
    fn stopped_at_every_block_the_base_is_untouched_and_a_second_try_is_whole() {
        let (overlay, base, expected) = changed_overlay();
        let before = content(&*base);
        let changes = overlay.changed();
        let total: u64 = changes.iter().map(|range| range.end - range.start).sum();
        for stop in (0..total).step_by(512) {
            let target = Arc::new(MemoryDevice::from(before.as_slice()));
            let faulty = FaultyDevice::new(target.clone()).with(Fault::WriteAfterBytes(stop));
            let error = commit(&changes, &**overlay.scratch(), &faulty).unwrap_err();
            assert_eq!(error.kind(), VolumeErrorKind::Io);
            assert_eq!(content(&*base), before, "stopped after {stop} bytes");
            assert_eq!(content(&overlay), expected);
            assert_eq!(faulty.traffic().bytes_written, stop);
            commit(&changes, &**overlay.scratch(), &*target).unwrap();
            assert_eq!(content(&*target), expected);
        }
    }

    #[test]
    fn a_failed_read_or_flush_is_reported() {
        let (overlay, base, _) = changed_overlay();
        let scratch = FaultyDevice::new(overlay.scratch().clone()).with(Fault::Read(1));
        assert!(commit(&overlay.changed(), &scratch, &*base).is_err());
        let target = FaultyDevice::new(base).with(Fault::Flush);
        assert!(commit(&overlay.changed(), &**overlay.scratch(), &target).is_err());
    }

    #[test]
    fn bad_ranges_are_refused_before_anything_is_written() {
        let scratch = MemoryDevice::new(LEN);
        for bad in [
            &[(0, 10), (5, 20)][..],
            &[(20, 30), (0, 10)],
            &[(0, LEN + 1)],
            &[(10, 10)],
            &[(10, 5)],
        ] {
            let bad: Vec<Range<u64>> = bad.iter().map(|(start, end)| *start..*end).collect();
            let target = FaultyDevice::new(Arc::new(MemoryDevice::new(LEN)));
            let error = commit(&bad, &scratch, &target).unwrap_err();
            assert_eq!(error.kind(), VolumeErrorKind::InvalidArgument);
            assert_eq!(target.traffic().writes, 0);
        }
    }
}
