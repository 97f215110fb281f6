//! Where things are in a FAT filesystem: what its boot sector says, checked.

use crate::block::BlockDevice;
use crate::error::{Result, VolumeError, VolumeErrorKind as Kind};

/// The most clusters that are handled: their table takes 64 MiB of memory.
const MAX_CLUSTERS: u64 = 1 << 24;

/// Number of the first cluster with data.
pub(super) const FIRST: u32 = 2;

/// Width of the entries in the file allocation table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    Fat12,
    Fat16,
    Fat32,
}

/// Offsets and lengths in bytes from the start of the device.
#[derive(Debug, Clone)]
pub(super) struct Geometry {
    pub(super) width: Width,
    pub(super) cluster: u32,
    /// Start of the first file allocation table, distance to the next, and how many there are.
    pub(super) table: u64,
    pub(super) table_len: u64,
    pub(super) tables: u8,
    /// The one table in use, where they are not kept equal.
    pub(super) only_table: Option<u8>,
    /// Start and length of the root directory; of no length on FAT32.
    pub(super) root: u64,
    pub(super) root_len: u32,
    /// First cluster of the root directory on FAT32.
    pub(super) root_cluster: u32,
    data: u64,
    /// How many clusters hold data; the first has number [`FIRST`].
    pub(super) clusters: u32,
    /// Offset of the sector with the count of free clusters on FAT32.
    pub(super) info: Option<u64>,
    pub(super) dirty: bool,
    pub(super) serial: u32,
    pub(super) label: [u8; 11],
}

/// The fields of a boot sector, by their offsets.
struct Boot([u8; 512]);

impl Boot {
    fn bytes<const N: usize>(&self, offset: usize) -> [u8; N] {
        // The offsets are constants below 512, so there is always something to copy.
        let mut bytes = [0; N];
        bytes.copy_from_slice(&self.0[offset..offset + N]);
        bytes
    }

    fn u8(&self, offset: usize) -> u8 {
        self.0[offset]
    }

    fn u16(&self, offset: usize) -> u16 {
        u16::from_le_bytes(self.bytes(offset))
    }

    fn u32(&self, offset: usize) -> u32 {
        u32::from_le_bytes(self.bytes(offset))
    }

    /// The field of 16 bits at `short`, or that of 32 bits at `long` when it is 0.
    fn either(&self, short: usize, long: usize) -> u64 {
        match self.u16(short) {
            0 => u64::from(self.u32(long)),
            value => u64::from(value),
        }
    }
}

impl Geometry {
    /// Reads and checks the boot sector.
    pub(super) fn read(device: &dyn BlockDevice) -> Result<Self> {
        let mut boot = Boot([0; 512]);
        if device.len() < 512 {
            return Err(damaged("the device is shorter than a boot sector"));
        }
        device.read_at(0, &mut boot.0)?;
        let (sector, cluster) = units(&boot)?;
        let layout = Layout::read(&boot, u64::from(sector))?;
        if layout.end > device.len() {
            return Err(damaged("it is larger than its device"));
        }
        let wide = boot.u16(22) == 0;
        let (width, clusters) = layout.clusters(u64::from(cluster), wide)?;
        let mirrored = !wide || boot.u16(40) & 0x80 == 0;
        let only_table = (!mirrored).then_some(boot.u8(40) & 0x0f);
        if only_table.is_some_and(|table| table >= boot.u8(16)) {
            return Err(damaged("the table in use is none of its tables"));
        }
        // FAT32 has its extended fields behind 28 bytes of its own.
        let extended = if wide { 64 } else { 36 };
        let has_label = boot.u8(extended + 2) == 0x29;
        Ok(Self {
            width,
            cluster,
            table: layout.table,
            table_len: layout.table_len,
            tables: boot.u8(16),
            only_table,
            root: layout.root,
            root_len: layout.root_len,
            root_cluster: if wide { boot.u32(44) } else { 0 },
            data: layout.data,
            clusters,
            info: info_sector(&boot, wide, sector, &layout),
            dirty: boot.u8(extended + 1) & 1 != 0,
            serial: boot.u32(extended + 3),
            label: if has_label {
                boot.bytes(extended + 7)
            } else {
                *b"           "
            },
        })
    }

    /// Where a cluster starts. Its number must have been checked.
    pub(super) fn offset(&self, cluster: u32) -> u64 {
        self.data + u64::from(cluster.saturating_sub(FIRST)) * u64::from(self.cluster)
    }

    /// Whether a cluster of that number exists.
    pub(super) fn has(&self, cluster: u32) -> bool {
        cluster >= FIRST && cluster - FIRST < self.clusters
    }

    /// How many clusters hold `len` bytes.
    pub(super) fn count(&self, len: u64) -> usize {
        let count = len.div_ceil(u64::from(self.cluster));
        usize::try_from(count).unwrap_or(usize::MAX)
    }
}

/// The lengths of a sector and of a cluster.
fn units(boot: &Boot) -> Result<(u32, u32)> {
    let (sector, sectors) = (u32::from(boot.u16(11)), u32::from(boot.u8(13)));
    let media = boot.u8(21);
    if boot.u16(510) != 0xaa55 || (media != 0xf0 && media < 0xf8) {
        return Err(damaged("the boot sector has no FAT signature"));
    }
    if !sector.is_power_of_two() || !(512..=4096).contains(&sector) {
        return Err(damaged("its sectors have an impossible length"));
    }
    if !sectors.is_power_of_two() {
        return Err(damaged("its clusters have an impossible length"));
    }
    Ok((sector, sector * sectors))
}

/// The areas that follow each other: reserved sectors, tables, root directory, data.
struct Layout {
    table: u64,
    table_len: u64,
    root: u64,
    root_len: u32,
    data: u64,
    end: u64,
}

impl Layout {
    fn read(boot: &Boot, sector: u64) -> Result<Self> {
        let (reserved, tables) = (u64::from(boot.u16(14)), u64::from(boot.u8(16)));
        let table_len = boot.either(22, 36) * sector;
        if reserved == 0 || tables == 0 || table_len == 0 {
            return Err(damaged("it has no file allocation table"));
        }
        let root_len = u32::from(boot.u16(17)) * 32;
        let table = reserved * sector;
        let root = table + tables * table_len;
        let data = root + u64::from(root_len).next_multiple_of(sector);
        let end = boot.either(19, 32) * sector;
        if data >= end {
            return Err(damaged("there is no place for data in it"));
        }
        Ok(Self {
            table,
            table_len,
            root,
            root_len,
            data,
            end,
        })
    }

    /// The width of the table's entries and the number of clusters, as Linux finds them: by the
    /// boot sector's form and not by the number alone, as small FAT32 filesystems do exist.
    fn clusters(&self, cluster: u64, wide: bool) -> Result<(Width, u32)> {
        let count = (self.end - self.data) / cluster;
        let (width, bits, limit) = match (wide, count) {
            (true, _) => (Width::Fat32, 32, 0x0fff_fff5),
            (false, ..=4084) => (Width::Fat12, 12, 4084),
            (false, _) => (Width::Fat16, 16, 65_524),
        };
        let held = (self.table_len * 8 / bits).saturating_sub(u64::from(FIRST));
        let count = count.min(held);
        if count == 0 || count > limit || (wide && self.root_len != 0) {
            return Err(damaged("its number of clusters is impossible"));
        }
        if count > MAX_CLUSTERS {
            let why = format!("cannot open the FAT filesystem: {count} clusters are too many");
            return Err(VolumeError::new(Kind::UnsupportedFeature, why));
        }
        let count = u32::try_from(count).map_err(|_| damaged("it has too many clusters"))?;
        Ok((width, count))
    }
}

/// Where the count of free clusters is, when it is where it can be.
fn info_sector(boot: &Boot, wide: bool, sector: u32, layout: &Layout) -> Option<u64> {
    let offset = u64::from(boot.u16(48)) * u64::from(sector);
    (wide && offset > 0 && offset + u64::from(sector) <= layout.table).then_some(offset)
}

/// The filesystem as a whole contradicts itself.
pub(super) fn damaged(why: &str) -> VolumeError {
    VolumeError::new(
        Kind::Damaged,
        format!("the FAT filesystem is damaged: {why}"),
    )
    .help("check it with `fsck.vfat` on a copy")
}
