//! Copy-on-write: changes to a device are kept apart, and the device stays as it is.

use super::{BLOCK, BlockDevice, count, end_of, write_zeros};
use crate::error::{Result, VolumeError, VolumeErrorKind};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A device that reads as `base` until it is written to; every changed block of 4 KiB lies in
/// `scratch`, at the same offset. `base` is never written to.
///
/// [`super::commit`] later writes the changed blocks to the volume. Blocks that become zeros as a
/// whole are holes in a `scratch` that has holes, and count for nothing in the budget.
#[derive(Debug)]
pub struct Overlay {
    base: Arc<dyn BlockDevice>,
    scratch: Arc<dyn BlockDevice>,
    budget: u64,
    changed: RwLock<Changed>,
}

/// Which blocks are changed, and which of these are zeros.
#[derive(Debug, Default)]
struct Changed {
    blocks: BlockSet,
    zeroed: BlockSet,
}

impl Overlay {
    /// An overlay on `base` that keeps at most `budget` changed bytes in `scratch`, a writable
    /// device of the same length.
    ///
    /// # Errors
    /// `InvalidArgument` when `scratch` has another length or is not writable.
    pub fn new(
        base: Arc<dyn BlockDevice>,
        scratch: Arc<dyn BlockDevice>,
        budget: u64,
    ) -> Result<Self> {
        if scratch.len() != base.len() || !scratch.is_writable() {
            return Err(VolumeError::new(
                VolumeErrorKind::InvalidArgument,
                format!(
                    "changes to a device of {} bytes need a writable device of the same length, \
                     not one of {} bytes",
                    base.len(),
                    scratch.len()
                ),
            ));
        }
        Ok(Self {
            base,
            scratch,
            budget,
            changed: RwLock::default(),
        })
    }

    /// The changed byte ranges: whole blocks (the last one ends with the device), ascending,
    /// neighbours merged.
    pub fn changed(&self) -> Vec<Range<u64>> {
        let changed = self.lock_shared();
        let mut ranges: Vec<Range<u64>> = Vec::new();
        for block in changed.blocks.iter() {
            let range = self.range_of(block);
            match ranges.last_mut() {
                Some(last) if last.end == range.start => last.end = range.end,
                _ => ranges.push(range),
            }
        }
        ranges
    }

    /// Forgets the changed blocks whose content equals the base's again. Returns how many.
    ///
    /// # Errors
    /// `Io` when one of the devices cannot be read.
    pub fn settle(&self) -> Result<u64> {
        let mut changed = self.lock();
        let (mut before, mut after) = (Vec::new(), Vec::new());
        let mut equal = Vec::new();
        for block in changed.blocks.iter() {
            read_range(&*self.base, &self.range_of(block), &mut before)?;
            read_range(&*self.scratch, &self.range_of(block), &mut after)?;
            if before == after {
                equal.push(block);
            }
        }
        for block in &equal {
            changed.blocks.remove(*block);
            changed.zeroed.remove(*block);
        }
        Ok(equal.len() as u64)
    }

    /// Where the changed blocks lie.
    pub fn scratch(&self) -> &Arc<dyn BlockDevice> {
        &self.scratch
    }

    /// Copies the block to `scratch` when a write of `written` will cover it only in part.
    fn copy_up(&self, changed: &BlockSet, block: u64, written: &Range<u64>) -> Result<()> {
        let range = self.range_of(block);
        let covered = written.start <= range.start && range.end <= written.end;
        if covered || changed.contains(block) {
            return Ok(());
        }
        let mut content = Vec::new();
        read_range(&*self.base, &range, &mut content)?;
        let kept = self.scratch.write_at(range.start, &content);
        kept.map_err(not_kept)
    }

    fn check_budget(&self, changed: &Changed, first: u64, last: u64) -> Result<()> {
        let kept = changed.blocks.len - changed.zeroed.len;
        let (there, zeros) = (
            changed.blocks.count(first, last),
            changed.zeroed.count(first, last),
        );
        let missing = (last - first + 1) - there + zeros;
        if (kept + missing).saturating_mul(BLOCK) <= self.budget {
            return Ok(());
        }
        let error = VolumeError::new(
            VolumeErrorKind::LimitReached,
            format!(
                "cannot change more of the volume: the limit of {} changed bytes is reached",
                self.budget
            ),
        );
        Err(error.help("write less, or raise the run's limit of changed bytes"))
    }

    fn range_of(&self, block: u64) -> Range<u64> {
        let start = block * BLOCK;
        start..start.saturating_add(BLOCK).min(self.base.len())
    }

    // A panic under the lock leaves the set as it was or complete, so poison does not matter.
    fn lock_shared(&self) -> RwLockReadGuard<'_, Changed> {
        self.changed.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> RwLockWriteGuard<'_, Changed> {
        self.changed.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BlockDevice for Overlay {
    fn len(&self) -> u64 {
        self.base.len()
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        let end = end_of(self.len(), offset, count(buf))?;
        let changed = self.lock_shared();
        let (mut at, mut rest) = (offset, buf);
        while !rest.is_empty() {
            let (in_scratch, run_end) = changed.blocks.run(at / BLOCK, end.div_ceil(BLOCK));
            // The run is cut to the rest of the buffer, so its length fits a usize.
            let length = usize::try_from((run_end * BLOCK).min(end) - at).unwrap_or(rest.len());
            let (piece, after) = rest.split_at_mut(length);
            let device = if in_scratch {
                &self.scratch
            } else {
                &self.base
            };
            device.read_at(at, piece)?;
            at += count(piece);
            rest = after;
        }
        Ok(())
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> Result<()> {
        let end = end_of(self.len(), offset, count(data))?;
        if data.is_empty() {
            return Ok(());
        }
        let (first, last) = (offset / BLOCK, (end - 1) / BLOCK);
        let mut changed = self.lock();
        self.check_budget(&changed, first, last)?;
        self.copy_up(&changed.blocks, first, &(offset..end))?;
        if last != first {
            self.copy_up(&changed.blocks, last, &(offset..end))?;
        }
        self.scratch.write_at(offset, data).map_err(not_kept)?;
        // Only now: had anything failed before, new blocks would still read as the base's.
        for block in first..=last {
            changed.blocks.insert(block);
            changed.zeroed.remove(block);
        }
        Ok(())
    }

    fn zero_at(&self, offset: u64, len: u64) -> Result<()> {
        let end = end_of(self.len(), offset, len)?;
        let (first, last) = (offset.div_ceil(BLOCK), end / BLOCK);
        if first >= last {
            return write_zeros(self, offset, len);
        }
        let whole = first * BLOCK..last * BLOCK;
        write_zeros(self, offset, whole.start - offset)?;
        {
            let mut changed = self.lock();
            let zeroed = self.scratch.zero_at(whole.start, whole.end - whole.start);
            zeroed.map_err(not_kept)?;
            for block in first..last {
                changed.blocks.insert(block);
                changed.zeroed.insert(block);
            }
        }
        write_zeros(self, whole.end, end - whole.end)
    }

    fn next_data(&self, from: u64) -> Result<Option<Range<u64>>> {
        if from >= self.len() {
            return Ok(None);
        }
        let below = self.base.next_data(from)?;
        let changed = self.lock_shared();
        let Some(first) = changed.blocks.next(from / BLOCK) else {
            return Ok(below);
        };
        let (_, end) = changed.blocks.run(first, self.len().div_ceil(BLOCK));
        let own = self.range_of(first).start.max(from)..self.range_of(end - 1).end;
        Ok(match below {
            Some(below) if below.start < own.start => Some(below),
            _ => Some(own),
        })
    }

    fn is_writable(&self) -> bool {
        true
    }

    fn flush(&self) -> Result<()> {
        self.scratch.flush()
    }
}

/// A failed write to the scratch, which is not the image that the message would make one think of.
fn not_kept(error: VolumeError) -> VolumeError {
    error.help(
        "changes are kept in the folder of the new volume, those of a preview in that for \
         temporary files: see whether there is room",
    )
}

fn read_range(device: &dyn BlockDevice, range: &Range<u64>, into: &mut Vec<u8>) -> Result<()> {
    // A range is one block at most.
    into.resize(usize::try_from(range.end - range.start).unwrap_or(0), 0);
    device.read_at(range.start, into)
}

/// A sparse, ordered set of block numbers: 64 of them a word.
#[derive(Debug, Default)]
struct BlockSet {
    words: BTreeMap<u64, u64>,
    len: u64,
}

impl BlockSet {
    fn contains(&self, block: u64) -> bool {
        let word = self.words.get(&(block / 64)).copied().unwrap_or(0);
        word >> (block % 64) & 1 == 1
    }

    fn insert(&mut self, block: u64) {
        let word = self.words.entry(block / 64).or_default();
        self.len += u64::from(*word >> (block % 64) & 1 == 0);
        *word |= 1 << (block % 64);
    }

    /// The first block from `from` on that it has.
    fn next(&self, from: u64) -> Option<u64> {
        self.words.range(from / 64..).find_map(|(index, word)| {
            let at = match *index == from / 64 {
                true => *word & (u64::MAX << (from % 64)),
                false => *word,
            };
            (at != 0).then(|| index * 64 + u64::from(at.trailing_zeros()))
        })
    }

    fn remove(&mut self, block: u64) {
        if let Some(word) = self.words.get_mut(&(block / 64)) {
            self.len -= *word >> (block % 64) & 1;
            *word &= !(1 << (block % 64));
        }
    }

    fn iter(&self) -> impl Iterator<Item = u64> {
        self.words.iter().flat_map(|(index, word)| {
            (0..64)
                .filter(move |bit| *word >> bit & 1 == 1)
                .map(move |bit| index * 64 + bit)
        })
    }

    /// How many of the blocks `first` to `last` it has.
    fn count(&self, first: u64, last: u64) -> u64 {
        let words = self.words.range(first / 64..=last / 64);
        words
            .map(|(index, word)| {
                let from = first.saturating_sub(index * 64);
                let to = (last - index * 64).min(63);
                let mask = (u64::MAX << from) & (u64::MAX >> (63 - to));
                u64::from((word & mask).count_ones())
            })
            .sum()
    }

    /// Whether it has block `from`, and the first block up to `limit` that differs in that.
    fn run(&self, from: u64, limit: u64) -> (bool, u64) {
        let inside = self.contains(from);
        let mut at = from + 1;
        while at < limit && self.contains(at) == inside {
            // Whole words of untouched blocks are passed at once: a device may have millions.
            let next_word = (at / 64 + 1) * 64;
            let skip = !inside && at.is_multiple_of(64) && !self.words.contains_key(&(at / 64));
            at = if skip { next_word } else { at + 1 };
        }
        (inside, at.min(limit))
    }
}

#[cfg(test)]
mod tests;
