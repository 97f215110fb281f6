//! The file allocation table: which cluster follows which, and which are free.
//!
//! It is held in memory whole and written back by [`Table::store`], the changed parts to all its
//! copies. Cluster numbers given to its methods have been checked by [`Table::chain`] or come from
//! [`Table::allocate`].

use super::geometry::{FIRST, Geometry, Width, damaged};
use crate::block::BlockDevice;
use crate::error::Result;
use std::collections::BTreeSet;

/// Bytes that are written back together.
const PART: usize = 512;

#[derive(Debug)]
pub(super) struct Table {
    width: Width,
    raw: Vec<u8>,
    changed: BTreeSet<usize>,
    clusters: u32,
    free: u32,
    /// Where the search for a free cluster goes on.
    next: u32,
    /// Whether a file or directory holds the cluster; a cluster that two hold is damage.
    held: Vec<bool>,
}

impl Table {
    /// Reads the table and checks that its copies are equal.
    pub(super) fn load(device: &dyn BlockDevice, geometry: &Geometry) -> Result<Self> {
        let entries = geometry.clusters as usize + FIRST as usize;
        let len = match geometry.width {
            Width::Fat12 => (entries * 3).div_ceil(2),
            Width::Fat16 => entries * 2,
            Width::Fat32 => entries * 4,
        };
        let mut raw = vec![0; len.next_multiple_of(PART)];
        let mut copies = copies(geometry);
        device.read_at(copies.next().unwrap_or(geometry.table), &mut raw)?;
        for copy in copies {
            if !is_equal(device, copy, raw.get(..len).unwrap_or_default())? {
                return Err(damaged("the copies of its file allocation table differ"));
            }
        }
        let mut table = Self {
            width: geometry.width,
            raw,
            changed: BTreeSet::new(),
            clusters: geometry.clusters,
            free: 0,
            next: FIRST,
            held: vec![false; entries],
        };
        let free = table.numbers().filter(|n| table.get(*n) == 0).count();
        table.free = u32::try_from(free).unwrap_or(0);
        if let Some(hint) = read_hint(device, geometry)? {
            table.next = hint;
        }
        Ok(table)
    }

    /// How many clusters are free.
    pub(super) fn free(&self) -> u32 {
        self.free
    }

    /// The clusters that nothing holds and that are not marked as bad.
    pub(super) fn unheld(&self) -> impl Iterator<Item = u32> {
        let bad = self.end_mark() & !8;
        self.numbers()
            .filter(move |n| !self.held[*n as usize] && self.get(*n) != bad)
    }

    /// The numbers of all clusters.
    fn numbers(&self) -> std::ops::Range<u32> {
        FIRST..FIRST + self.clusters
    }

    /// The clusters of a file from its first on, now held by it.
    ///
    /// Every cluster is held once at most, so all chains together are as long as the table.
    pub(super) fn chain(&mut self, first: u32) -> Result<Vec<u32>> {
        let mut chain = Vec::new();
        let mut cluster = first;
        loop {
            if !self.numbers().contains(&cluster) {
                return Err(damaged("a file leads to a cluster that does not exist"));
            }
            let held = &mut self.held[cluster as usize];
            if std::mem::replace(held, true) {
                return Err(damaged(
                    "two files hold the same cluster, or one holds it twice",
                ));
            }
            chain.push(cluster);
            match self.get(cluster) {
                next if next >= self.end_mark() & !7 => return Ok(chain),
                0 => return Err(damaged("a file holds a cluster that is marked as free")),
                next => cluster = next,
            }
        }
    }

    /// Takes `count` free clusters and chains them, after `last` when there is one. None when not
    /// so many are free.
    pub(super) fn allocate(&mut self, count: usize, last: Option<u32>) -> Option<Vec<u32>> {
        if count > self.free as usize {
            return None;
        }
        let first = self.next;
        let turn = (first..self.numbers().end).chain(FIRST..first);
        let taken: Vec<u32> = turn
            .filter(|n| self.numbers().contains(n) && self.get(*n) == 0)
            .take(count)
            .collect();
        let mut previous = last;
        for cluster in taken.iter().copied() {
            if let Some(previous) = previous {
                self.set(previous, cluster);
            }
            self.set(cluster, self.end_mark());
            self.held[cluster as usize] = true;
            previous = Some(cluster);
        }
        if let Some(last) = taken.last() {
            self.next = last + 1;
        }
        self.free -= u32::try_from(taken.len()).unwrap_or(0);
        Some(taken)
    }

    /// Cuts a chain after its first `keep` clusters and frees the others.
    pub(super) fn cut(&mut self, chain: &mut Vec<u32>, keep: usize) {
        if keep >= chain.len() {
            return;
        }
        for cluster in chain.split_off(keep) {
            self.set(cluster, 0);
            self.held[cluster as usize] = false;
            self.free += 1;
        }
        if let Some(last) = chain.last() {
            self.set(*last, self.end_mark());
        }
    }

    /// Writes what changed to every copy, and the count of free clusters.
    pub(super) fn store(&mut self, device: &dyn BlockDevice, geometry: &Geometry) -> Result<()> {
        if self.changed.is_empty() {
            return Ok(());
        }
        for copy in copies(geometry) {
            for part in &self.changed {
                let start = part * PART;
                let bytes = self.raw.get(start..start + PART).unwrap_or_default();
                device.write_at(copy + start as u64, bytes)?;
            }
        }
        if let Some(offset) = checked_info(device, geometry)? {
            let mut counts = self.free.to_le_bytes().to_vec();
            let next = if self.numbers().contains(&self.next) {
                self.next
            } else {
                FIRST
            };
            counts.extend(next.to_le_bytes());
            device.write_at(offset + 488, &counts)?;
        }
        self.changed.clear();
        Ok(())
    }

    /// The mark of a chain's end. The lowest three bits may be anything when it is read.
    fn end_mark(&self) -> u32 {
        match self.width {
            Width::Fat12 => 0xfff,
            Width::Fat16 => 0xffff,
            Width::Fat32 => 0x0fff_ffff,
        }
    }

    fn get(&self, cluster: u32) -> u32 {
        let n = cluster as usize;
        let byte = |at: usize| u32::from(self.raw[at]);
        match self.width {
            Width::Fat12 => {
                let at = n * 3 / 2;
                let pair = byte(at) | byte(at + 1) << 8;
                if n.is_multiple_of(2) {
                    pair & 0xfff
                } else {
                    pair >> 4
                }
            }
            Width::Fat16 => byte(2 * n) | byte(2 * n + 1) << 8,
            Width::Fat32 => {
                let at = 4 * n;
                (byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24)
                    & 0x0fff_ffff
            }
        }
    }

    fn set(&mut self, cluster: u32, value: u32) {
        let n = cluster as usize;
        let [b0, b1, b2, b3] = value.to_le_bytes();
        match self.width {
            Width::Fat12 if n.is_multiple_of(2) => {
                let high = self.raw[n * 3 / 2 + 1] & 0xf0;
                self.put(n * 3 / 2, &[b0, high | b1 & 0x0f]);
            }
            Width::Fat12 => {
                let low = self.raw[n * 3 / 2] & 0x0f;
                self.put(n * 3 / 2, &[low | b0 << 4, b0 >> 4 | b1 << 4]);
            }
            Width::Fat16 => self.put(2 * n, &[b0, b1]),
            Width::Fat32 => {
                // The four highest bits are reserved and stay.
                let high = self.raw[4 * n + 3] & 0xf0;
                self.put(4 * n, &[b0, b1, b2, high | b3 & 0x0f]);
            }
        }
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.raw[at..at + bytes.len()].copy_from_slice(bytes);
        self.changed.insert(at / PART);
        self.changed.insert((at + bytes.len() - 1) / PART);
    }
}

/// Where the copies of the table that are in use start.
fn copies(geometry: &Geometry) -> impl Iterator<Item = u64> + use<> {
    let (first, count) = match geometry.only_table {
        Some(table) => (u64::from(table), 1),
        None => (0, u64::from(geometry.tables)),
    };
    let (start, len) = (geometry.table, geometry.table_len);
    (first..first + count).map(move |n| start + n * len)
}

/// Compares in pieces what is at `offset` with `expected`.
fn is_equal(device: &dyn BlockDevice, offset: u64, expected: &[u8]) -> Result<bool> {
    let mut at = offset;
    let mut buf = vec![0; 64 * 1024];
    for piece in expected.chunks(buf.len()) {
        let found = &mut buf[..piece.len()];
        device.read_at(at, found)?;
        if found != piece {
            return Ok(false);
        }
        at += piece.len() as u64;
    }
    Ok(true)
}

/// The offset of the sector with the counts, when its signatures say that it is one.
fn checked_info(device: &dyn BlockDevice, geometry: &Geometry) -> Result<Option<u64>> {
    let Some(offset) = geometry.info else {
        return Ok(None);
    };
    let (mut lead, mut second) = ([0; 4], [0; 4]);
    device.read_at(offset, &mut lead)?;
    device.read_at(offset + 484, &mut second)?;
    Ok((&lead == b"RRaA" && &second == b"rrAa").then_some(offset))
}

/// The cluster from which on the filesystem says that free ones are to be sought.
fn read_hint(device: &dyn BlockDevice, geometry: &Geometry) -> Result<Option<u32>> {
    let Some(offset) = checked_info(device, geometry)? else {
        return Ok(None);
    };
    let mut hint = [0; 4];
    device.read_at(offset + 492, &mut hint)?;
    let hint = u32::from_le_bytes(hint);
    Ok(geometry.has(hint).then_some(hint))
}
