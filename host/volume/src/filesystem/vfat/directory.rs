//! One directory of a FAT filesystem: its entries as stored, and what they name.

use super::entry::{Entry, SLOT};
use super::geometry::damaged;
use super::name::{self, LongName};
use crate::error::Result;
use std::collections::{BTreeMap, BTreeSet};

/// The most entries that a directory can have.
pub(super) const MAX_SLOTS: usize = 65_536;

const REMOVED: u8 = 0xe5;

/// The entries of a directory, held in memory and written back where they changed.
#[derive(Debug, Default)]
pub(super) struct Directory {
    slots: Vec<u8>,
    changed: BTreeSet<usize>,
    /// Every entry before this one is in use.
    full: usize,
    /// What is in it, by folded name.
    pub(super) children: BTreeMap<String, u32>,
    /// The same by short name, which can be used to find a file too.
    pub(super) aliases: BTreeMap<[u8; 11], u32>,
}

/// A file or directory as found in the entries of its directory.
pub(super) struct Found {
    pub(super) name: String,
    pub(super) entry: Entry,
    /// Its first entry, and how many it has with those of its long name.
    pub(super) at: usize,
    pub(super) count: usize,
}

impl Directory {
    /// A directory of the given stored entries, and what is in it; the label apart.
    pub(super) fn parse(mut slots: Vec<u8>) -> Result<(Self, Vec<Found>, Option<[u8; 11]>)> {
        let (mut all, mut label) = (Vec::new(), None);
        let mut long = LongName::default();
        let end = end_of(&slots);
        // What follows the mark of the end is not in use, whatever it is.
        slots[end * SLOT..].fill(0);
        for (at, slot) in slots.as_chunks::<SLOT>().0.iter().take(end).enumerate() {
            if slot[0] == REMOVED {
                long = LongName::default();
                continue;
            }
            if long.take(slot) {
                continue;
            }
            let entry = Entry(*slot);
            let named = long.finish(&entry);
            if entry.is_label() {
                label.get_or_insert(entry.short_name());
            } else if &entry.short_name() != b".          " && &entry.short_name() != b"..         "
            {
                all.push(found(named, entry, at)?);
            }
        }
        let directory = Self {
            slots,
            ..Self::default()
        };
        Ok((directory, all, label))
    }

    /// A new directory of `len` bytes with its two entries for itself and its parent.
    pub(super) fn new(len: usize, entry: &Entry, own: u32, parent: u32) -> Self {
        let mut directory = Self::default();
        directory.grow(len);
        for (at, name, cluster) in [(0, b".          ", own), (1, b"..         ", parent)] {
            let mut dot = entry.clone();
            dot.set_short_name(*name);
            dot.set_first_cluster(cluster);
            directory.put(at, &[dot.0]);
        }
        directory
    }

    /// Makes the entry for its parent name another cluster.
    pub(super) fn set_parent(&mut self, cluster: u32) {
        let Some(slot) = self.slots.as_chunks::<SLOT>().0.get(1) else {
            return;
        };
        let mut dots = Entry(*slot);
        if &dots.short_name() == b"..         " {
            dots.set_first_cluster(cluster);
            self.put(1, &[dots.0]);
        }
    }

    /// Adds `len` bytes of free entries.
    pub(super) fn grow(&mut self, len: usize) {
        let old = self.slots.len();
        self.slots.resize(old + len, 0);
        self.changed.extend(old / SLOT..self.slots.len() / SLOT);
    }

    /// How many entries there is room for.
    pub(super) fn len(&self) -> usize {
        self.slots.len() / SLOT
    }

    /// The first of `count` free entries in a row.
    pub(super) fn room(&self, count: usize) -> Option<usize> {
        let mut run = 0;
        for (at, slot) in self
            .slots
            .as_chunks::<SLOT>()
            .0
            .iter()
            .enumerate()
            .skip(self.full)
        {
            run = if is_free(slot) { run + 1 } else { 0 };
            if run == count {
                return Some(at + 1 - count);
            }
        }
        None
    }

    /// Stores entries from `at` on, where there is room for them.
    pub(super) fn put(&mut self, at: usize, entries: &[[u8; SLOT]]) {
        let bytes = entries.as_flattened();
        self.slots[at * SLOT..at * SLOT + bytes.len()].copy_from_slice(bytes);
        // The one behind too: it may be the mark of the end, and something else on the device.
        let behind = (at + entries.len() + 1).min(self.len());
        self.changed.extend(at..behind);
        while self
            .slots
            .get(self.full * SLOT)
            .is_some_and(|first| !matches!(first, 0 | &REMOVED))
        {
            self.full += 1;
        }
    }

    /// Marks entries as removed.
    pub(super) fn erase(&mut self, at: usize, count: usize) {
        for slot in at..at + count {
            self.slots[slot * SLOT] = REMOVED;
            self.changed.insert(slot);
        }
        self.full = self.full.min(at);
    }

    /// The changed stretches, by their offset in the directory; they are then as stored.
    pub(super) fn take_changed(&mut self) -> Vec<(u64, Vec<u8>)> {
        let mut stretches: Vec<(u64, Vec<u8>)> = Vec::new();
        for slot in std::mem::take(&mut self.changed) {
            let (offset, bytes) = (slot * SLOT, &self.slots[slot * SLOT..(slot + 1) * SLOT]);
            match stretches.last_mut() {
                Some((start, stretch)) if *start + stretch.len() as u64 == offset as u64 => {
                    stretch.extend(bytes);
                }
                _ => stretches.push((offset as u64, bytes.to_vec())),
            }
        }
        stretches
    }
}

fn is_free(slot: &[u8; SLOT]) -> bool {
    matches!(slot[0], 0 | REMOVED)
}

/// How many entries there are before the mark of the end.
fn end_of(slots: &[u8]) -> usize {
    let slots = slots.as_chunks::<SLOT>().0;
    let end = slots.iter().position(|slot| slot[0] == 0);
    end.unwrap_or(slots.len())
}

fn found(named: Option<(String, usize)>, entry: Entry, at: usize) -> Result<Found> {
    let (name, parts) = match named {
        Some(named) => named,
        None => {
            let name = name::short_text(&entry);
            let name = name.ok_or_else(|| damaged("a directory has a name that cannot be one"))?;
            (name, 0)
        }
    };
    Ok(Found {
        name,
        entry,
        at: at - parts,
        count: parts + 1,
    })
}
