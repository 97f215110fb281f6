//! The master boot record, with the chain of logical partitions in an extended one.

use super::types::mbr_type_name;
use super::{Partition, PartitionTable, TableKind, bad, check_places, is_known, place};
use crate::block::BlockDevice;
use crate::error::Result;
use crate::fields::Fields;
use crate::inspect::is_boot_sector;
use std::sync::Arc;

/// More logical partitions than Linux reads; it ends a chain that may be a loop.
const MAX_LOGICAL: usize = 100;
/// The type of the entry that protects a GPT.
const PROTECTIVE: u8 = 0xee;

/// An entry of a table, in sectors.
#[derive(Debug, Clone, Copy)]
struct Entry {
    flag: u8,
    kind: u8,
    first: u32,
    sectors: u32,
}

impl Entry {
    /// The four entries of a sector, or nothing when it does not end with the mark of a table.
    fn all(sector: &[u8; 512]) -> Option<[Self; 4]> {
        let fields = Fields(sector);
        let entry = |index: usize| {
            let at = 446 + 16 * index;
            Self {
                flag: fields.u8(at),
                kind: fields.u8(at + 4),
                first: fields.u32(at + 8),
                sectors: fields.u32(at + 12),
            }
        };
        fields
            .has(510, &[0x55, 0xaa])
            .then(|| [0, 1, 2, 3].map(entry))
    }

    fn is_used(self) -> bool {
        self.kind != 0 && self.sectors != 0
    }

    fn is_extended(self) -> bool {
        matches!(self.kind, 0x05 | 0x0f | 0x85)
    }
}

/// The boot record of a disk: its first sector, when that ends with the mark of a table.
#[derive(Debug)]
pub struct Boot {
    signature: u32,
    entries: [Entry; 4],
}

impl Boot {
    /// Nothing when the sector is not marked, or starts a FAT, NTFS or exFAT filesystem.
    pub fn parse(sector: &[u8; 512]) -> Option<Self> {
        let entries = Entry::all(sector).filter(|_| !is_boot_sector(sector))?;
        let signature = Fields(sector).u32(440);
        Some(Self { signature, entries })
    }

    /// Whether it stands before a GPT.
    pub fn is_protective(&self) -> bool {
        self.entries.iter().any(|entry| entry.kind == PROTECTIVE)
    }

    /// Whether the entries can be such: what is code or data instead seldom has these flags.
    pub fn is_plausible(&self) -> bool {
        self.entries
            .iter()
            .all(|entry| matches!(entry.flag, 0 | 0x80))
    }

    /// Whether no entry is in use.
    pub fn is_blank(&self) -> bool {
        !self.entries.iter().any(|entry| entry.is_used())
    }

    /// A table without partitions.
    pub fn blank_table(&self) -> PartitionTable {
        self.table(512, Vec::new())
    }

    fn table(&self, sector_size: u32, partitions: Vec<Partition>) -> PartitionTable {
        PartitionTable {
            kind: TableKind::Mbr,
            sector_size,
            id: format!("{:08x}", self.signature),
            partitions,
        }
    }

    fn partition(&self, number: u32, first: u64, entry: Entry, size: u32) -> Result<Partition> {
        let (start, length) = place(number, first, u64::from(entry.sectors), size)?;
        Ok(Partition {
            number,
            start,
            length,
            type_id: format!("0x{:02x}", entry.kind),
            type_name: mbr_type_name(entry.kind),
            uuid: format!("{:08x}-{number:02x}", self.signature),
            label: String::new(),
        })
    }
}

/// Reads the partitions of a boot record.
///
/// The table does not say how long its sectors are. They are taken as 512 bytes, unless only with
/// 4096 bytes a partition holds something known.
///
/// # Errors
/// `BadPartitionTable`, `Io`.
pub fn read(device: &Arc<dyn BlockDevice>, boot: &Boot) -> Result<PartitionTable> {
    let usual = partitions(device, boot, 512);
    if let Ok(usual) = &usual
        && any_known(device, usual)?
    {
        return Ok(boot.table(512, usual.clone()));
    }
    if let Ok(large) = partitions(device, boot, 4096)
        && any_known(device, &large)?
    {
        return Ok(boot.table(4096, large));
    }
    Ok(boot.table(512, usual?))
}

fn any_known(device: &Arc<dyn BlockDevice>, partitions: &[Partition]) -> Result<bool> {
    for partition in partitions {
        if is_known(&partition.open(device.clone())?)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn partitions(device: &Arc<dyn BlockDevice>, boot: &Boot, size: u32) -> Result<Vec<Partition>> {
    let mut primary = Vec::new();
    let mut extended = None;
    for (number, entry) in (1..).zip(boot.entries).filter(|(_, entry)| entry.is_used()) {
        primary.push(boot.partition(number, u64::from(entry.first), entry, size)?);
        if entry.is_extended() && extended.replace((number, entry)).is_some() {
            return Err(bad("it has more than one extended partition"));
        }
    }
    check_places(&primary, u64::from(size), device.len())?;
    if let Some((number, entry)) = extended {
        primary.retain(|partition| partition.number != number);
        primary.extend(logical(&**device, boot, entry, size)?);
    }
    Ok(primary)
}

/// The partitions in the extended partition, which lies on the device.
fn logical(
    device: &dyn BlockDevice,
    boot: &Boot,
    extended: Entry,
    size: u32,
) -> Result<Vec<Partition>> {
    let chain = follow(device, extended, size)?;
    let mut partitions = Vec::new();
    for (record, data) in &chain {
        if let Some(entry) = data {
            // `follow` returns at most 100 records.
            let number = 5 + u32::try_from(partitions.len()).unwrap_or(0);
            let first = record + u64::from(entry.first);
            partitions.push(boot.partition(number, first, *entry, size)?);
        }
    }
    let (base, sectors) = (u64::from(extended.first), u64::from(extended.sectors));
    let (first, end) = (base * u64::from(size), (base + sectors) * u64::from(size));
    check_places(&partitions, first, end)?;
    check_records(&partitions, &chain, size)?;
    Ok(partitions)
}

/// A boot record in an extended partition: its sector, and its entry for data.
type Record = (u64, Option<Entry>);

/// Follows the chain of boot records to its end.
fn follow(device: &dyn BlockDevice, extended: Entry, size: u32) -> Result<Vec<Record>> {
    let base = u64::from(extended.first);
    let mut chain: Vec<Record> = Vec::new();
    let mut next = Some(0);
    while let Some(offset) = next {
        let sector = base + offset;
        if offset >= u64::from(extended.sectors) {
            return Err(bad(
                "a logical partition's record lies outside the extended partition",
            ));
        }
        if chain.iter().any(|(record, _)| *record == sector) {
            return Err(bad("the chain of logical partitions is a loop"));
        }
        if chain.len() == MAX_LOGICAL {
            return Err(bad("it has more than 100 logical partitions"));
        }
        let (data, link) = match record(device, sector * u64::from(size))? {
            Some(entries) => split(entries)?,
            // An extended partition may be empty, but the chain must not lead nowhere.
            None if offset == 0 => (None, None),
            None => {
                return Err(bad(
                    "the chain of logical partitions leads to no boot record",
                ));
            }
        };
        chain.push((sector, data));
        // Links count from the extended partition, places of data from their own record.
        next = link.map(|entry| u64::from(entry.first));
    }
    Ok(chain)
}

fn record(device: &dyn BlockDevice, offset: u64) -> Result<Option<[Entry; 4]>> {
    let mut sector = [0; 512];
    device.read_at(offset, &mut sector)?;
    Ok(Entry::all(&sector))
}

/// The entry for data and the link to the next record.
fn split(entries: [Entry; 4]) -> Result<(Option<Entry>, Option<Entry>)> {
    let (mut data, mut link) = (None, None);
    for entry in entries.into_iter().filter(|entry| entry.is_used()) {
        let place = if entry.is_extended() {
            &mut link
        } else {
            &mut data
        };
        if place.replace(entry).is_some() {
            return Err(bad(
                "the record of a logical partition has entries for more than one",
            ));
        }
    }
    Ok((data, link))
}

/// A partition that covers a boot record could change the table when it is written to.
fn check_records(partitions: &[Partition], chain: &[Record], size: u32) -> Result<()> {
    for partition in partitions {
        let place = partition.start..partition.start + partition.length;
        let covers = |(record, _): &Record| place.contains(&(record * u64::from(size)));
        if chain.iter().any(covers) {
            return Err(bad(&format!(
                "partition {} covers the record of a logical partition",
                partition.number
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
pub(super) mod tests;
