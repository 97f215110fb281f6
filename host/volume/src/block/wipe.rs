//! Zeroing what is not zeros already, so that the cost is that of the data and not of the range.

use super::{BLOCK, BlockDevice};
use crate::error::Result;
use std::ops::Range;

/// How much is looked at in one go, in bytes.
const CHUNK: u64 = 1 << 20;

/// Makes all bytes of `range` zeros, changing only the blocks of 4 KiB that are not, and returns how
/// many bytes those are.
///
/// # Errors
/// Those of the device.
pub fn wipe(device: &dyn BlockDevice, range: Range<u64>) -> Result<u64> {
    let mut wiped = 0;
    let mut at = range.start;
    let mut chunk = Vec::new();
    while let Some(data) = device.next_data(at)?.filter(|d| d.start < range.end) {
        let end = data.end.min(range.end);
        at = data.start;
        while at < end {
            // Whole blocks, but for those at the ends of the data.
            let next = ((at + CHUNK) / BLOCK * BLOCK).min(end);
            chunk.resize(usize::try_from(next - at).unwrap_or(0), 0);
            device.read_at(at, &mut chunk)?;
            for dirty in dirty_runs(&chunk, at) {
                device.zero_at(dirty.start, dirty.end - dirty.start)?;
                wiped += dirty.end - dirty.start;
            }
            at = next;
        }
    }
    Ok(wiped)
}

/// The stretches of `bytes`, which lie at `offset`, whose blocks are not all zeros.
fn dirty_runs(bytes: &[u8], offset: u64) -> Vec<Range<u64>> {
    let mut runs: Vec<Range<u64>> = Vec::new();
    let mut rest = bytes;
    let mut at = offset;
    while !rest.is_empty() {
        let left = BLOCK - at % BLOCK;
        let (block, after) =
            rest.split_at(usize::try_from(left).map_or(rest.len(), |n| n.min(rest.len())));
        let end = at + block.len() as u64;
        if block.iter().any(|byte| *byte != 0) {
            match runs.last_mut() {
                Some(last) if last.end == at => last.end = end,
                _ => runs.push(at..end),
            }
        }
        rest = after;
        at = end;
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::super::{FaultyDevice, MemoryDevice};
    use super::*;
    use std::sync::Arc;

    #[test]
    fn only_what_is_not_zeros_is_written() {
        let device = Arc::new(MemoryDevice::new(3 << 20));
        for at in [0, 5000, 9000, (1 << 20) + 1, (3 << 20) - 1] {
            device.write_at(at, b"x").unwrap();
        }
        let counted = FaultyDevice::new(device.clone());
        let range = 4100..(3 << 20) - 1;
        assert_eq!(wipe(&counted, range.clone()).unwrap(), 8192 - 4 + 4096);
        assert_eq!(counted.traffic().bytes_written, 8192 - 4 + 4096);
        let mut all = vec![0; 3 << 20];
        device.read_at(0, &mut all).unwrap();
        let left: Vec<usize> = (0..all.len()).filter(|at| all[*at] != 0).collect();
        assert_eq!(left, [0, (3 << 20) - 1]);
        assert_eq!(wipe(&counted, range).unwrap(), 0);
    }
}
