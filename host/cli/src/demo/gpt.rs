//! Writes a GUID partition table, for images that the demo and tests make.

use flate2::Crc;
use mintage_volume::block::BlockDevice;
use mintage_volume::{Result, VolumeError, VolumeErrorKind};

/// A sector, in bytes.
pub const SECTOR: u64 = 512;
/// How many sectors the entries take.
const ENTRY_SECTORS: u64 = 32;
/// How many entries there are, and how long one is, in bytes.
const ENTRIES: u32 = 128;
const ENTRY: usize = 128;

/// A GUID as it is written, `0fc63daf-8483-4772-8e79-3d69d8477de4`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guid(pub u128);

/// The type of an EFI system partition.
pub const ESP: Guid = Guid(0xc12a7328_f81f_11d2_ba4b_00a0c93ec93b);
/// The type of a Linux filesystem.
pub const LINUX: Guid = Guid(0x0fc63daf_8483_4772_8e79_3d69d8477de4);

/// A partition to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewPartition {
    /// What it is for.
    pub kind: Guid,
    /// Its own GUID, the PARTUUID.
    pub id: Guid,
    /// Where it starts, in bytes, a multiple of [`SECTOR`].
    pub start: u64,
    /// Its length in bytes, a multiple of [`SECTOR`].
    pub length: u64,
    /// The PARTLABEL, at most 36 characters.
    pub label: &'static str,
}

impl Guid {
    /// As it lies on the disk: the first three groups in little-endian order.
    fn bytes(self) -> [u8; 16] {
        let mut bytes = self.0.to_be_bytes();
        bytes[0..4].reverse();
        bytes[4..6].reverse();
        bytes[6..8].reverse();
        bytes
    }
}

/// Writes a table with `partitions` and its copy at the end of the disk.
///
/// # Errors
/// `InvalidArgument` when the disk is too small, `Io`.
pub fn write(device: &dyn BlockDevice, disk: Guid, partitions: &[NewPartition]) -> Result<()> {
    let sectors = device.len() / SECTOR;
    let Some(backup) = sectors
        .checked_sub(1)
        .filter(|last| *last > 3 * ENTRY_SECTORS)
    else {
        return Err(VolumeError::new(
            VolumeErrorKind::InvalidArgument,
            "the disk is too small for a partition table",
        ));
    };
    let mut entries = Vec::new();
    partitions
        .iter()
        .for_each(|partition| entries.extend(entry(partition)));
    // The table's size is a constant.
    entries.resize(ENTRY * 128, 0);
    device.write_at(0, &protective_mbr(sectors))?;
    device.write_at(2 * SECTOR, &entries)?;
    device.write_at(SECTOR, &header(disk, 1, backup, 2, &entries))?;
    let copy = backup - ENTRY_SECTORS;
    device.write_at(copy * SECTOR, &entries)?;
    device.write_at(backup * SECTOR, &header(disk, backup, 1, copy, &entries))
}

fn protective_mbr(sectors: u64) -> [u8; 512] {
    let mut mbr = [0; 512];
    let length = u32::try_from(sectors - 1).unwrap_or(u32::MAX);
    mbr[446..454].copy_from_slice(&[0, 0, 2, 0, 0xee, 0xff, 0xff, 0xff]);
    mbr[454..458].copy_from_slice(&1u32.to_le_bytes());
    mbr[458..462].copy_from_slice(&length.to_le_bytes());
    mbr[510..].copy_from_slice(&[0x55, 0xaa]);
    mbr
}

fn entry(partition: &NewPartition) -> Vec<u8> {
    let first = partition.start / SECTOR;
    let last = (partition.start + partition.length) / SECTOR - 1;
    let mut entry = Vec::with_capacity(ENTRY);
    entry.extend(partition.kind.bytes());
    entry.extend(partition.id.bytes());
    entry.extend(first.to_le_bytes());
    entry.extend(last.to_le_bytes());
    entry.extend(0u64.to_le_bytes());
    let name = partition.label.encode_utf16().take(36);
    entry.extend(name.flat_map(u16::to_le_bytes));
    entry.resize(ENTRY, 0);
    entry
}

fn header(disk: Guid, own: u64, other: u64, entries_at: u64, entries: &[u8]) -> Vec<u8> {
    let last = own.max(other);
    let mut header = Vec::with_capacity(512);
    header.extend(b"EFI PART\0\0\x01\0\x5c\0\0\0\0\0\0\0\0\0\0\0");
    header.extend(own.to_le_bytes());
    header.extend(other.to_le_bytes());
    header.extend((2 + ENTRY_SECTORS).to_le_bytes());
    header.extend((last - ENTRY_SECTORS - 1).to_le_bytes());
    header.extend(disk.bytes());
    header.extend(entries_at.to_le_bytes());
    header.extend(ENTRIES.to_le_bytes());
    header.extend(128u32.to_le_bytes());
    header.extend(crc32(entries).to_le_bytes());
    let sum = crc32(&header);
    header[16..20].copy_from_slice(&sum.to_le_bytes());
    header.resize(512, 0);
    header
}

fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mintage_volume::block::MemoryDevice;
    use mintage_volume::partition;
    use std::sync::Arc;

    #[test]
    fn the_table_reads_as_it_was_written() {
        let device = Arc::new(MemoryDevice::new(8 << 20));
        let partitions = [
            NewPartition {
                kind: ESP,
                id: Guid(1),
                start: 1 << 20,
                length: 2 << 20,
                label: "EFI",
            },
            NewPartition {
                kind: LINUX,
                id: Guid(2),
                start: 3 << 20,
                length: 4 << 20,
                label: "root",
            },
        ];
        write(&*device, Guid(0x1234_5678 << 96), &partitions).unwrap();
        let device: Arc<dyn BlockDevice> = device;
        let table = partition::read(&device).unwrap().unwrap();
        assert_eq!(table.id, "12345678-0000-0000-0000-000000000000");
        let found: Vec<_> = table
            .partitions
            .iter()
            .map(|p| (p.number, p.start, p.length, p.label.as_str(), p.type_name))
            .collect();
        assert_eq!(
            found,
            [
                (1, 1 << 20, 2 << 20, "EFI", "EFI system"),
                (2, 3 << 20, 4 << 20, "root", "Linux filesystem"),
            ]
        );
        assert_eq!(
            table.partitions[1].uuid,
            "00000000-0000-0000-0000-000000000002"
        );
    }

    #[test]
    fn a_disk_that_is_too_small_is_refused() {
        let error = write(&MemoryDevice::new(10 * 512), Guid(0), &[]).unwrap_err();
        assert_eq!(error.kind(), VolumeErrorKind::InvalidArgument);
    }
}
