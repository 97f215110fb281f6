//! Reading back what was written, before anyone relies on it.
//!
//! First this driver opens the device afresh and must find what it holds in memory. Then another
//! implementation, the crate `fatfs`, must find the changed files with the same content. It decides
//! between FAT16 and FAT32 otherwise than Linux, so a small FAT32 is left out of the second step.

use super::geometry::Width;
use super::nodes::{Node, ROOT};
use super::{Vfat, name};
use crate::block::BlockDevice;
use crate::error::{Result, VolumeError, VolumeErrorKind as Kind};
use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

type Reader = fatfs::FileSystem<DeviceReader>;
type Directory<'a> = fatfs::Dir<'a, DeviceReader>;

impl Vfat {
    /// Checks that the device holds what this driver says that it holds.
    pub(super) fn read_back(&self) -> Result<()> {
        let fresh = Self::open(Arc::clone(&self.device), self.time)
            .map_err(|error| mismatch(&format!("it cannot be opened: {error}")))?;
        self.compare(&fresh)?;
        // The structures were just checked, so `fatfs` has nothing to stumble over; but it is not
        // written for hostile filesystems and a panic of it must not end the run without a name.
        let reading = AssertUnwindSafe(|| self.read_by_another());
        catch_unwind(reading).unwrap_or_else(|_| Err(mismatch("the second reader broke off")))
    }

    /// Compares all files but for their content with those of `fresh`.
    fn compare(&self, fresh: &Self) -> Result<()> {
        let mut waiting = vec![(ROOT, ROOT)];
        while let Some((own, other)) = waiting.pop() {
            let (own, other) = (self.node(own)?, fresh.node(other)?);
            let same = own.name == other.name
                && own.chain == other.chain
                && (own.entry == other.entry)
                && (own.at, own.count) == (other.at, other.count);
            if !same {
                return Err(mismatch(&format!("the entry of {} differs", shown(own))));
            }
            let children = |node: &Node| match &node.directory {
                Some(directory) => directory.children.clone(),
                None => Default::default(),
            };
            let (own_children, other_children) = (children(own), children(other));
            if !own_children.keys().eq(other_children.keys()) {
                return Err(mismatch(&format!("the names in {} differ", shown(own))));
            }
            waiting.extend(
                own_children
                    .values()
                    .copied()
                    .zip(other_children.into_values()),
            );
        }
        if self.table.free() != fresh.table.free() {
            return Err(mismatch("the number of free clusters differs"));
        }
        Ok(())
    }

    /// Compares the content of the changed files with what `fatfs` reads.
    fn read_by_another(&self) -> Result<()> {
        let device = DeviceReader::new(Arc::clone(&self.device));
        let Ok(reader) = Reader::new(device, fatfs::FsOptions::new()) else {
            return Ok(());
        };
        let width = match reader.fat_type() {
            fatfs::FatType::Fat12 => Width::Fat12,
            fatfs::FatType::Fat16 => Width::Fat16,
            fatfs::FatType::Fat32 => Width::Fat32,
        };
        if width != self.geometry.width {
            return Ok(());
        }
        let wanted = self.with_parents(&self.touched)?;
        let mut waiting = vec![(ROOT, reader.root_dir())];
        while let Some((id, directory)) = waiting.pop() {
            self.compare_directory(id, &directory, &wanted, &mut waiting)?;
        }
        Ok(())
    }

    /// The given nodes and all directories above them.
    fn with_parents(&self, ids: &BTreeSet<u32>) -> Result<BTreeSet<u32>> {
        let mut all = BTreeSet::new();
        for id in ids {
            let mut id = *id;
            while id != ROOT && all.insert(id) {
                id = self.node(id)?.parent;
            }
        }
        Ok(all)
    }

    fn compare_directory<'a>(
        &self,
        id: u32,
        directory: &Directory<'a>,
        wanted: &BTreeSet<u32>,
        waiting: &mut Vec<(u32, Directory<'a>)>,
    ) -> Result<()> {
        let Some(own) = &self.node(id)?.directory else {
            return Ok(());
        };
        let mut missing: BTreeSet<u32> = own.children.values().copied().collect();
        missing.retain(|child| wanted.contains(child));
        for found in directory.iter() {
            let found = found.map_err(unreadable)?;
            let alias = name::padded_short(found.short_file_name_as_bytes());
            let child = alias.and_then(|alias| own.aliases.get(&alias).copied());
            let Some(child) = child.filter(|child| missing.remove(child)) else {
                continue;
            };
            let node = self.node(child)?;
            if node.count > 1 && found.file_name() != node.name {
                return Err(mismatch(&format!("the name of {} differs", shown(node))));
            }
            match found.is_dir() {
                true => waiting.push((child, found.to_dir())),
                false => self.compare_content(child, found.to_file())?,
            }
        }
        match missing.first() {
            Some(id) => Err(mismatch(&format!("{} is missing", shown(self.node(*id)?)))),
            None => Ok(()),
        }
    }

    fn compare_content(&self, id: u32, mut found: impl Read) -> Result<()> {
        let (mut expected, mut buf) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
        let mut offset = 0;
        loop {
            let count = super::super::fill(&mut found, &mut buf).map_err(unreadable)?;
            let own = self.read_content(id, offset, &mut expected)?;
            if buf.get(..count) != expected.get(..own) {
                let which = shown(self.node(id)?);
                return Err(mismatch(&format!("the content of {which} differs")));
            }
            if count == 0 {
                return Ok(());
            }
            offset += count as u64;
        }
    }
}

fn shown(node: &Node) -> String {
    format!("`{}`", crate::escape::escape(node.name.as_bytes()))
}

fn mismatch(why: &str) -> VolumeError {
    VolumeError::new(
        Kind::ReadBackMismatch,
        format!("the vfat filesystem reads back otherwise than it was written: {why}"),
    )
}

fn unreadable(error: impl std::fmt::Display) -> VolumeError {
    mismatch(&format!("the second reader failed: {error}"))
}

/// Bytes that are kept of the device: `fatfs` reads entries field by field.
const KEPT: usize = 4096;

/// A device as the stream that `fatfs` wants. It refuses to be written to.
struct DeviceReader {
    device: Arc<dyn BlockDevice>,
    at: u64,
    kept: Vec<u8>,
    kept_at: u64,
}

impl DeviceReader {
    fn new(device: Arc<dyn BlockDevice>) -> Self {
        Self {
            device,
            at: 0,
            kept: Vec::new(),
            kept_at: 0,
        }
    }

    /// What is kept from `at` on, read when needed.
    fn keep(&mut self) -> io::Result<&[u8]> {
        let end = self.kept_at + self.kept.len() as u64;
        if !(self.kept_at..end).contains(&self.at) {
            let start = self.at / KEPT as u64 * KEPT as u64;
            let left = self.device.len().saturating_sub(start);
            let len = usize::try_from(left).map_or(KEPT, |left| left.min(KEPT));
            self.kept.resize(len, 0);
            self.kept_at = start;
            self.device
                .read_at(start, &mut self.kept)
                .map_err(io::Error::other)?;
        }
        let skip = usize::try_from(self.at - self.kept_at).unwrap_or(KEPT);
        Ok(self.kept.get(skip..).unwrap_or_default())
    }
}

impl Read for DeviceReader {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let count = self.keep()?.read(buf)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl Write for DeviceReader {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::Error::other("this is for reading back only"))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for DeviceReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.device.len().checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::other("a seek before the start"))?;
        Ok(self.at)
    }
}
