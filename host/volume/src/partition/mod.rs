//! Partition tables: GPT and MBR, read with the distrust that a hostile image deserves.
//!
//! What makes a table, and what its partitions are called, follows the Linux kernel, so that
//! numbers and PARTUUIDs are those that the guest will see. Tables that the kernel would bend into
//! shape (overlaps, partitions past the end, loops) are refused. Nothing is ever repaired.

mod gpt;
mod mbr;
mod types;

use crate::block::{BlockDevice, Slice};
use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::inspect::{Format, inspect};
use serde::Serialize;
use std::sync::Arc;

/// The partitions of a disk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PartitionTable {
    /// The format of the table.
    pub kind: TableKind,
    /// The unit of the table's numbers, in bytes: 512 or 4096.
    pub sector_size: u32,
    /// GPT: the disk's GUID in lower case. MBR: its signature, eight hexadecimal digits.
    pub id: String,
    /// The partitions that hold data, by number; an extended partition is no such.
    pub partitions: Vec<Partition>,
}

/// A format of partition tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TableKind {
    /// GUID partition table.
    Gpt,
    /// Master boot record, also with logical partitions.
    Mbr,
}

/// One partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Partition {
    /// The number that Linux gives it, from 1 on.
    pub number: u32,
    /// Where it starts, in bytes.
    pub start: u64,
    /// Its length in bytes; never 0.
    pub length: u64,
    /// GPT: the type's GUID in lower case. MBR: the type's byte (`0x83`).
    #[serde(rename = "type")]
    pub type_id: String,
    /// What the type is for (`EFI system`); empty for one that is not known here.
    pub type_name: &'static str,
    /// The PARTUUID as Linux writes it.
    pub uuid: String,
    /// The PARTLABEL; empty where there is none.
    pub label: String,
}

/// Reads the partition table of a device, or finds that it has none.
///
/// Work and memory are bounded (1024 entries of a GPT, 100 logical partitions), whatever the device holds.
///
/// # Errors
/// `BadPartitionTable` when the table contradicts itself or the device, `Io`.
pub fn read(device: &Arc<dyn BlockDevice>) -> Result<Option<PartitionTable>> {
    if device.len() < 512 {
        return Ok(None);
    }
    let mut sector = [0; 512];
    device.read_at(0, &mut sector)?;
    match mbr::Boot::parse(&sector) {
        Some(boot) if boot.is_protective() => gpt::read_table(&**device).map(Some),
        Some(boot) if boot.is_plausible() && !boot.is_blank() => mbr::read(device, &boot).map(Some),
        boot => without_partitions(&**device, boot.as_ref()),
    }
}

/// Tells a bare filesystem, whose first sector may look like a table, from a damaged table.
fn without_partitions(
    device: &dyn BlockDevice,
    boot: Option<&mbr::Boot>,
) -> Result<Option<PartitionTable>> {
    if is_known(device)? {
        return Ok(None);
    }
    if gpt::has_header(device)? {
        return Err(
            bad("there is a GPT header, but no protective MBR before it")
                .help("without a protective MBR Linux ignores a GPT; repair it with `gdisk`"),
        );
    }
    match boot {
        None => Ok(None),
        Some(boot) if boot.is_plausible() => Ok(Some(boot.blank_table())),
        Some(_) => Err(bad(
            "an entry of the MBR has a boot flag that is neither 0x00 nor 0x80",
        )),
    }
}

/// Whether a device holds a known format.
fn is_known(device: &dyn BlockDevice) -> Result<bool> {
    let format = inspect(device)?.format;
    Ok(!matches!(format, Format::Unknown | Format::Empty))
}

impl Partition {
    /// The partition as a device of its own.
    ///
    /// # Errors
    /// `InvalidArgument` when it does not lie on `device`.
    pub fn open(&self, device: Arc<dyn BlockDevice>) -> Result<Slice> {
        Slice::new(device, self.start, self.length)
    }
}

/// Checks that all `partitions` lie on a device between `first` and `end` (in bytes), and that
/// none overlaps another.
fn check_places(partitions: &[Partition], first: u64, end: u64) -> Result<()> {
    let mut by_start: Vec<&Partition> = partitions.iter().collect();
    by_start.sort_by_key(|partition| partition.start);
    let mut before: Option<&Partition> = None;
    for partition in by_start {
        let number = partition.number;
        if partition.start < first {
            return Err(bad(&format!(
                "partition {number} overlaps the table itself"
            )));
        }
        // Starts and lengths come from `place`, which has checked their sum.
        if partition.start + partition.length > end {
            return Err(bad(&format!(
                "partition {number} ends at byte {}, past the end of the usable space at {end}",
                partition.start + partition.length
            ))
            .help("the image may be cut short: compare its length with that of its original"));
        }
        if let Some(before) = before.filter(|p| p.start + p.length > partition.start) {
            return Err(bad(&format!(
                "partitions {} and {number} overlap",
                before.number
            )));
        }
        before = Some(partition);
    }
    Ok(())
}

/// Start and length in bytes of `sectors` sectors from `first` on.
fn place(number: u32, first: u64, sectors: u64, sector_size: u32) -> Result<(u64, u64)> {
    let size = u64::from(sector_size);
    let bytes = || {
        let (start, length) = (first.checked_mul(size)?, sectors.checked_mul(size)?);
        start.checked_add(length)?;
        Some((start, length))
    };
    bytes().ok_or_else(|| {
        bad(&format!(
            "the place of partition {number} is past all bounds: sector {first}, {sectors} sectors"
        ))
    })
}

fn bad(why: &str) -> VolumeError {
    VolumeError::new(
        VolumeErrorKind::BadPartitionTable,
        format!("cannot use the partition table: {why}"),
    )
}

#[cfg(test)]
mod tests;
