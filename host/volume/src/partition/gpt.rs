//! The GUID partition table.

use super::types::gpt_type_name;
use super::{Partition, PartitionTable, TableKind, bad, check_places, place};
use crate::block::{BlockDevice, count};
use crate::error::Result;
use crate::fields::Fields;

/// More entries than any tool makes; Linux numbers 256 partitions at most.
const MAX_ENTRIES: u32 = 1024;
/// The standard's size of an entry, and the only one in use.
const ENTRY: u32 = 128;
/// Length of a header as all tools write it, in bytes.
const HEADER: u32 = 92;
const SIGNATURE: &[u8] = b"EFI PART";
const SECTOR_SIZES: [u32; 2] = [512, 4096];

/// A header and its entries, checksums verified.
struct Table {
    sector_size: u32,
    disk: String,
    first_usable: u64,
    last_usable: u64,
    entries_at: u64,
    entries: Vec<u8>,
}

/// What is wrong with a header or its entries.
type Damage = &'static str;

/// Whether there is a GPT header where the first one belongs.
///
/// # Errors
/// `Io`.
pub fn has_header(device: &dyn BlockDevice) -> Result<bool> {
    for sector_size in SECTOR_SIZES {
        let sector = read(device, u64::from(sector_size), sector_size)?;
        if sector.is_some_and(|sector| sector.starts_with(SIGNATURE)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads the table of a device that has a protective MBR.
///
/// # Errors
/// `BadPartitionTable`, `Io`.
pub fn read_table(device: &dyn BlockDevice) -> Result<PartitionTable> {
    let mut damage = None;
    for sector_size in SECTOR_SIZES {
        match load(device, sector_size, 1)? {
            Ok(table) => return table.partitions(device.len()),
            // A header with something wrong says more than that there is none.
            Err(why) => damage = damage.filter(|_| why == NO_HEADER).or(Some(why)),
        }
    }
    let damage = damage.unwrap_or(NO_HEADER);
    for sector_size in SECTOR_SIZES {
        let last = (device.len() / u64::from(sector_size)).saturating_sub(1);
        if load(device, sector_size, last)?.is_ok() {
            return Err(bad(&format!(
                "the primary GPT is damaged ({damage}); its backup at the end of the disk is intact"
            ))
            .help("a damaged disk is not repaired here; restore the table with `gdisk` first"));
        }
    }
    Err(bad(&format!(
        "the primary GPT is damaged ({damage}), and there is no intact backup at the end of the disk"
    )))
}

const NO_HEADER: Damage = "it has no header";

/// Reads and verifies the header at sector `lba`, and its entries.
fn load(device: &dyn BlockDevice, sector_size: u32, lba: u64) -> Result<Result<Table, Damage>> {
    let offset = lba * u64::from(sector_size);
    let Some(sector) = read(device, offset, sector_size)? else {
        return Ok(Err(NO_HEADER));
    };
    if let Err(damage) = check_header(&sector, lba) {
        return Ok(Err(damage));
    }
    let header = Fields(&sector);
    // Saturated, it lies past the end of any device.
    let entries_at = header.u64(72).saturating_mul(u64::from(sector_size));
    // At most 1024 entries of 128 bytes: `check_header` saw to it.
    let entries = read(device, entries_at, header.u32(80) * ENTRY)?;
    Ok(match entries {
        None => Err("its entries lie past the end of the disk"),
        Some(entries) if crc32(&entries) != header.u32(88) => {
            Err("the checksum of its entries is wrong")
        }
        Some(entries) => Ok(Table {
            sector_size,
            disk: header.guid(56),
            first_usable: header.u64(40),
            last_usable: header.u64(48),
            entries_at,
            entries,
        }),
    })
}

fn check_header(sector: &[u8], lba: u64) -> Result<(), Damage> {
    let header = Fields(sector);
    if !header.has(0, SIGNATURE) {
        return Err(NO_HEADER);
    }
    // A longer header would be a later version of the standard, with rules not known here.
    if header.u32(12) != HEADER {
        return Err("its header has a length other than 92 bytes");
    }
    let mut bytes: [u8; 92] = header.array(0);
    bytes[16..20].fill(0);
    if crc32(&bytes) != header.u32(16) {
        return Err("the checksum of its header is wrong");
    }
    if header.u64(24) != lba {
        return Err("its header belongs to another place on the disk");
    }
    if header.u32(84) != ENTRY {
        return Err("its entries have a size other than 128 bytes");
    }
    if header.u32(80) > MAX_ENTRIES {
        return Err("it has more than 1024 entries");
    }
    Ok(())
}

impl Table {
    fn partitions(&self, device_len: u64) -> Result<PartitionTable> {
        let mut partitions = Vec::new();
        for (number, entry) in (1..).zip(self.entries.chunks_exact(128)) {
            let entry = Fields(entry);
            if entry.array(0) != [0; 16] {
                partitions.push(self.partition(number, entry)?);
            }
        }
        let size = u64::from(self.sector_size);
        let usable = (
            self.first_usable.checked_mul(size),
            self.last_usable
                .checked_add(1)
                .and_then(|end| end.checked_mul(size)),
        );
        let (Some(first), Some(end)) = usable else {
            return Err(bad("the usable space in its GPT header is past all bounds"));
        };
        // Before the usable space lie the MBR and the header.
        check_places(&partitions, first.max(2 * size), end.min(device_len))?;
        self.check_entries(&partitions)?;
        Ok(PartitionTable {
            kind: TableKind::Gpt,
            sector_size: self.sector_size,
            id: self.disk.clone(),
            partitions,
        })
    }

    /// A partition on the table's entries could change the table when it is written to.
    fn check_entries(&self, partitions: &[Partition]) -> Result<()> {
        let end = self.entries_at + count(&self.entries);
        let hit = partitions
            .iter()
            .find(|p| p.start < end && self.entries_at < p.start + p.length);
        match hit {
            None => Ok(()),
            Some(hit) => Err(bad(&format!(
                "partition {} overlaps the table itself",
                hit.number
            ))),
        }
    }

    fn partition(&self, number: u32, entry: Fields) -> Result<Partition> {
        let (first, last) = (entry.u64(32), entry.u64(40));
        let sectors = last
            .checked_sub(first)
            .and_then(|sectors| sectors.checked_add(1));
        let Some(sectors) = sectors else {
            return Err(bad(&format!(
                "partition {number} ends at sector {last}, before its start at {first}"
            )));
        };
        let (start, length) = place(number, first, sectors, self.sector_size)?;
        let type_id = entry.guid(0);
        Ok(Partition {
            number,
            start,
            length,
            type_name: gpt_type_name(&type_id),
            type_id,
            uuid: entry.guid(16),
            label: label(entry),
        })
    }
}

/// The name of an entry: 36 characters of UTF-16 up to a NUL.
fn label(entry: Fields) -> String {
    let units = (0..36).map(|index| entry.u16(56 + 2 * index));
    char::decode_utf16(units.take_while(|unit| *unit != 0))
        .map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// `len` bytes at `offset`, or nothing when they would pass the end.
fn read(device: &dyn BlockDevice, offset: u64, len: u32) -> Result<Option<Vec<u8>>> {
    let end = offset.checked_add(u64::from(len));
    if end.is_none_or(|end| end > device.len()) {
        return Ok(None);
    }
    // At most the 128 KiB of 1024 entries.
    let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
    device.read_at(offset, &mut bytes)?;
    Ok(Some(bytes))
}

/// CRC-32 as in ISO 3309, which EFI uses.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        let index = crc.to_le_bytes()[0] ^ byte;
        CRC_TABLE[usize::from(index)] ^ (crc >> 8)
    })
}

const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut index = 0;
    let mut value = 0u32;
    while index < 256 {
        let mut crc = value;
        let mut bit = 0;
        while bit < 8 {
            crc = (crc >> 1) ^ (0xedb8_8320 * (crc & 1));
            bit += 1;
        }
        table[index] = crc;
        index += 1;
        value += 1;
    }
    table
};

#[cfg(test)]
pub(super) mod tests;
