//! What a partition or a bare device holds, told by the marks at its known places.

use crate::block::BlockDevice;
use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::fields::Fields;
use serde::Serialize;
use std::fmt;

/// What a partition or bare device holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Contents {
    /// The format.
    pub format: Format,
    /// The label; empty where there is none or it is not read.
    pub label: String,
    /// The UUID as Linux writes it (`XXXX-XXXX` for vfat and exFAT); empty where there is none.
    pub uuid: String,
    /// Further formats whose marks are there, too: one of them is a leftover, and nobody can tell
    /// which.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Format>,
}

/// A format of a partition's contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Format {
    /// ext2: no journal, none of ext4's features.
    Ext2,
    /// ext3: a journal, none of ext4's features.
    Ext3,
    /// ext4.
    Ext4,
    /// FAT12, FAT16 or FAT32.
    Vfat,
    /// Swap space.
    Swap,
    /// Encrypted by LUKS.
    Luks,
    /// A physical volume of LVM2.
    Lvm,
    /// A member of a Linux software RAID.
    Raid,
    /// XFS.
    Xfs,
    /// btrfs.
    Btrfs,
    /// ISO 9660.
    Iso9660,
    /// NTFS.
    Ntfs,
    /// exFAT.
    ExFat,
    /// SquashFS.
    SquashFs,
    /// Nothing but zeros where formats have their marks.
    Empty,
    /// None of the above.
    Unknown,
}

impl Format {
    /// Whether this is ext2, ext3 or ext4.
    pub fn is_ext(self) -> bool {
        matches!(self, Self::Ext2 | Self::Ext3 | Self::Ext4)
    }

    /// Whether files may be in it, even if there is no driver to reach them.
    pub fn may_hold_files(self) -> bool {
        !matches!(self, Self::Swap | Self::Empty | Self::Unknown)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ext2 => "ext2",
            Self::Ext3 => "ext3",
            Self::Ext4 => "ext4",
            Self::Vfat => "vfat",
            Self::Swap => "swap",
            Self::Luks => "LUKS",
            Self::Lvm => "LVM",
            Self::Raid => "RAID",
            Self::Xfs => "XFS",
            Self::Btrfs => "btrfs",
            Self::Iso9660 => "ISO 9660",
            Self::Ntfs => "NTFS",
            Self::ExFat => "exFAT",
            Self::SquashFs => "SquashFS",
            Self::Empty => "empty",
            Self::Unknown => "unknown",
        })
    }
}

/// How much of a device's start is looked at: up to btrfs' superblock, the furthest.
const HEAD: u64 = 68 * 1024;

/// A mark that was found: format, label, UUID.
type Found = (Format, String, String);

/// Looks for the marks of all known formats.
///
/// # Errors
/// `Io` when the device cannot be read.
pub fn inspect(device: &dyn BlockDevice) -> Result<Contents> {
    let head = read(device, 0, HEAD)?;
    let fields = Fields(&head);
    let mut found: Vec<Found> = Vec::new();
    // Containers first: what lies inside of one must not be taken for the partition's own.
    found.extend(raid(device, fields)?);
    found.extend([luks(fields), lvm(fields)].into_iter().flatten());
    if found.is_empty() {
        let vfat = vfat(device, fields)?;
        let probes = [swap, xfs, btrfs, iso9660, ntfs, exfat, squashfs, ext];
        found.extend(
            vfat.into_iter()
                .chain(probes.iter().filter_map(|probe| probe(fields))),
        );
    }
    Ok(sum_up(found, head.iter().all(|byte| *byte == 0)))
}

fn sum_up(found: Vec<Found>, blank: bool) -> Contents {
    let nothing = if blank {
        Format::Empty
    } else {
        Format::Unknown
    };
    let also = found.iter().skip(1).map(|(format, ..)| *format).collect();
    let (format, label, uuid) =
        found
            .into_iter()
            .next()
            .unwrap_or((nothing, String::new(), String::new()));
    Contents {
        format,
        label,
        uuid,
        also,
    }
}

/// Up to `len` bytes from `offset` on, fewer where the device ends.
fn read(device: &dyn BlockDevice, offset: u64, len: u64) -> Result<Vec<u8>> {
    let len = device.len().saturating_sub(offset).min(len);
    // At most `HEAD`, which fits any usize.
    let mut bytes = vec![0; usize::try_from(len).unwrap_or(0)];
    if len > 0 {
        device.read_at(offset, &mut bytes)?;
    }
    Ok(bytes)
}

fn ext(head: Fields) -> Option<Found> {
    const BASE: usize = 1024;
    /// Compatible features: a journal.
    const JOURNAL: u32 = 0x4;
    /// Incompatible features: this is only the journal of another filesystem.
    const JOURNAL_DEVICE: u32 = 0x8;
    /// What ext3 knows: `filetype`, `needs_recovery`, `meta_bg`.
    const EXT3_INCOMPAT: u32 = 0x2 | 0x4 | 0x10;
    /// What ext3 knows: `sparse_super`, `large_file`, `btree_dir`.
    const EXT3_RO_COMPAT: u32 = 0x1 | 0x2 | 0x4;
    let (compat, incompat, ro_compat) = (
        head.u32(BASE + 0x5c),
        head.u32(BASE + 0x60),
        head.u32(BASE + 0x64),
    );
    let is_ext = head.u16(BASE + 0x38) == 0xef53 && head.u32(BASE + 0x18) <= 6;
    if !is_ext || incompat & JOURNAL_DEVICE != 0 {
        return None;
    }
    let format = if incompat & !EXT3_INCOMPAT != 0 || ro_compat & !EXT3_RO_COMPAT != 0 {
        Format::Ext4
    } else if compat & JOURNAL != 0 {
        Format::Ext3
    } else {
        Format::Ext2
    };
    Some((format, head.text(BASE + 0x78, 16), head.uuid(BASE + 0x68)))
}

/// Whether a boot sector's numbers can be those of a FAT filesystem.
fn is_fat(boot: Fields) -> bool {
    let sector = boot.u16(11);
    let named = boot.has(0x52, b"FAT32   ")
        || [&b"FAT12   "[..], b"FAT16   ", b"FAT     "]
            .iter()
            .any(|name| boot.has(0x36, name));
    named
        && sector.is_power_of_two()
        && (512..=4096).contains(&sector)
        && boot.u8(13).is_power_of_two()
        && boot.u16(14) > 0
        && (1..=4).contains(&boot.u8(16))
}

/// The serial number as Linux writes it.
fn serial(number: u32) -> String {
    format!("{:04X}-{:04X}", number >> 16, number & 0xffff)
}

fn vfat(device: &dyn BlockDevice, head: Fields) -> Result<Option<Found>> {
    if !is_fat(head) {
        return Ok(None);
    }
    let sector = u64::from(head.u16(11));
    let is_fat32 = head.u16(22) == 0;
    let (fat, serial_at, label_at) = match is_fat32 {
        true => (u64::from(head.u32(36)), 0x43, 0x47),
        false => (u64::from(head.u16(22)), 0x27, 0x2b),
    };
    let tables = u64::from(head.u16(14)) + u64::from(head.u8(16)) * fat;
    let clusters = match is_fat32 {
        true => u64::from(head.u32(44).saturating_sub(2)) * u64::from(head.u8(13)),
        false => 0,
    };
    // All factors are 32 bits at most, so this stays below 2^57.
    let root = (tables + clusters) * sector;
    let label = match root_label(&read(device, root, 4096)?) {
        Some(label) => label,
        None => head.text(label_at, 11),
    };
    let label = Some(label).filter(|label| label != "NO NAME");
    Ok(Some((
        Format::Vfat,
        label.unwrap_or_default(),
        serial(head.u32(serial_at)),
    )))
}

/// The label in the root directory, which counts before that of the boot sector.
fn root_label(entries: &[u8]) -> Option<String> {
    const LABEL: u8 = 0x08;
    const NOT_A_LABEL: u8 = 0x10; // a directory; parts of long names have more bits, too
    const LONG_NAME: u8 = 0x0f;
    entries
        .chunks_exact(32)
        .map(Fields)
        .take_while(|entry| entry.u8(0) != 0)
        .find(|entry| {
            let attributes = entry.u8(11);
            entry.u8(0) != 0xe5
                && attributes & LABEL != 0
                && attributes & NOT_A_LABEL == 0
                && attributes & LONG_NAME != LONG_NAME
        })
        .map(|entry| entry.text(0, 11))
}

fn swap(head: Fields) -> Option<Found> {
    // The mark ends the first page, and pages are of several sizes.
    let is_swap = [4096, 8192, 16384, 32768, 65536].iter().any(|page| {
        let mark = page - 10;
        head.has(mark, b"SWAPSPACE2") || head.has(mark, b"SWAP-SPACE")
    });
    is_swap.then(|| (Format::Swap, head.text(1052, 16), head.uuid(1036)))
}

fn luks(head: Fields) -> Option<Found> {
    if !head.has(0, b"LUKS\xba\xbe") {
        return None;
    }
    // Version 1 has other things where version 2 has its label.
    let label = match head.has(6, &[0, 2]) {
        true => head.text(24, 48),
        false => String::new(),
    };
    Some((Format::Luks, label, head.text(168, 40)))
}

fn lvm(head: Fields) -> Option<Found> {
    let label = (0..4)
        .map(|sector| sector * 512)
        .find(|at| head.has(*at, b"LABELONE") && head.has(at + 24, b"LVM2 001"))?;
    let id = head.text(label + 32, 32);
    let mut uuid = String::new();
    for (index, character) in id.chars().enumerate() {
        if matches!(index, 6 | 10 | 14 | 18 | 22 | 26) {
            uuid.push('-');
        }
        uuid.push(character);
    }
    Some((Format::Lvm, String::new(), uuid))
}

/// A member of a software RAID has its superblock at the start, after 4 KiB, or near the end.
fn raid(device: &dyn BlockDevice, head: Fields) -> Result<Option<Found>> {
    const MARK: [u8; 4] = 0xa92b_4efc_u32.to_le_bytes();
    let version_1 = |fields: Fields, sector: u64| {
        let is_raid = fields.has(0, &MARK) && fields.u32(4) == 1 && fields.u64(144) == sector;
        is_raid.then(|| (Format::Raid, fields.text(32, 32), fields.uuid(16)))
    };
    let after_4k = Fields(head.0.get(4096..).unwrap_or_default());
    if let Some(found) = version_1(head, 0).or_else(|| version_1(after_4k, 8)) {
        return Ok(Some(found));
    }
    let last = (device.len() / 512).saturating_sub(16) & !7;
    let tail = read(device, last * 512, 256)?;
    if let Some(found) = version_1(Fields(&tail), last) {
        return Ok(Some(found));
    }
    let oldest = (device.len() & !0xffff).saturating_sub(0x1_0000);
    let tail = read(device, oldest, 64)?;
    let tail = Fields(&tail);
    let is_raid = tail.has(0, &MARK) && tail.u32(4) == 0 && tail.u32(8) == 90;
    Ok(is_raid.then(|| (Format::Raid, String::new(), String::new())))
}

fn xfs(head: Fields) -> Option<Found> {
    let found = || (Format::Xfs, head.text(108, 12), head.uuid(32));
    head.has(0, b"XFSB").then(found)
}

fn btrfs(head: Fields) -> Option<Found> {
    const BASE: usize = 64 * 1024;
    let found = || {
        (
            Format::Btrfs,
            head.text(BASE + 0x12b, 256),
            head.uuid(BASE + 32),
        )
    };
    head.has(BASE + 64, b"_BHRfS_M").then(found)
}

fn iso9660(head: Fields) -> Option<Found> {
    let found = || (Format::Iso9660, head.text(32768 + 40, 32), String::new());
    head.has(32769, b"CD001").then(found)
}

fn ntfs(head: Fields) -> Option<Found> {
    let found = || {
        (
            Format::Ntfs,
            String::new(),
            format!("{:016X}", head.u64(72)),
        )
    };
    head.has(3, b"NTFS    ").then(found)
}

fn exfat(head: Fields) -> Option<Found> {
    let found = || (Format::ExFat, String::new(), serial(head.u32(100)));
    head.has(3, b"EXFAT   ").then(found)
}

fn squashfs(head: Fields) -> Option<Found> {
    let found = || (Format::SquashFs, String::new(), String::new());
    head.has(0, b"hsqs").then(found)
}

/// Whether the first sector is the boot sector of a filesystem, which ends with the same mark as
/// a partition table.
pub(crate) fn is_boot_sector(sector: &[u8]) -> bool {
    let fields = Fields(sector);
    is_fat(fields) || ntfs(fields).is_some() || exfat(fields).is_some()
}

/// Refuses a device that starts as a disk image of another format than raw, or as a compressed file.
///
/// Such an image may name other files of the host as its parts, so its format is never guessed.
///
/// # Errors
/// `UnsupportedFeature` when the header of such a format is there, `Io`.
pub fn refuse_other_image_formats(device: &dyn BlockDevice) -> Result<()> {
    let head = read(device, 0, 512)?;
    let marks: [(usize, &[u8], &str); 9] = [
        (0, b"QFI\xfb", "qcow2"),
        (0, b"QED\0", "QED"),
        (0, b"KDMV", "VMDK"),
        (0, b"COWD", "VMDK"),
        (0, b"# Disk DescriptorFile", "VMDK"),
        (0, b"vhdxfile", "VHDX"),
        (0, b"conectix", "VHD"),
        (64, &[0x7f, 0x10, 0xda, 0xbe], "VDI"),
        (0, b"WithoutFreeSpace", "Parallels"),
    ];
    if let Some((.., name)) = marks
        .iter()
        .find(|(at, mark, _)| Fields(&head).has(*at, mark))
    {
        return Err(not_raw(format!("starts with a `{name}` header"))
            .help("convert it first: `qemu-img convert -O raw IMAGE IMAGE.raw`"));
    }
    match COMPRESSED
        .iter()
        .find(|(at, mark, ..)| Fields(&head).has(*at, mark))
    {
        Some((.., name, unpack)) => Err(not_raw(format!("is compressed by {name}"))
            .help(format!("unpack it first: `{unpack} IMAGE > IMAGE.raw`"))),
        None => Ok(()),
    }
}

/// How files begin that are compressed: where, with what, by what, and what unpacks them.
const COMPRESSED: [(usize, &[u8], &str, &str); 6] = [
    (0, b"\x1f\x8b\x08", "gzip", "gzip -dc"),
    (0, b"\xfd7zXZ\0", "xz", "xz -dc"),
    (0, b"\x28\xb5\x2f\xfd", "zstd", "zstd -dc"),
    (4, b"1AY&SY", "bzip2", "bzip2 -dc"),
    (0, b"\x04\x22\x4d\x18", "lz4", "lz4 -dc"),
    (0, b"PK\x03\x04", "zip", "unzip -p"),
];

fn not_raw(what: String) -> VolumeError {
    VolumeError::new(
        VolumeErrorKind::UnsupportedFeature,
        format!("the image {what}, and only raw images are read"),
    )
}

#[cfg(test)]
mod tests;
