//! Mounting: from a device to the library's handle, with the journal replayed and turned off.

use super::border::{LibraryDevice, explain};
use super::time::{DeclaredTime, storable};
use super::{features, view};
use crate::block::BlockDevice;
use crate::digits::uuid;
use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::filesystem::{FileSystemInfo, Timestamp};
use crate::path::VolumePath;
use fs_ext4::{Error as Fault, Filesystem, Superblock};
use std::sync::Arc;

/// Checks that the filesystem can be taken, and mounts it. Gives the time as it can be stored.
pub(super) fn open(
    device: &Arc<dyn BlockDevice>,
    writable: bool,
    time: Timestamp,
) -> Result<(Filesystem, Timestamp)> {
    let border = LibraryDevice::new(device.clone(), false);
    let superblock = Superblock::read(border.as_ref()).map_err(cannot_open)?;
    features::check(&superblock)?;
    let time = storable(time, &superblock);
    let library = mount(device, writable, time)?;
    if writable {
        mend_counts(&library).map_err(cannot_open)?;
        // What could not be read back must not be written to.
        view::open(device)?;
    }
    Ok((library, time))
}

/// Mounts through the library, which replays a dirty journal, and turns the journal off.
pub(super) fn mount(
    device: &Arc<dyn BlockDevice>,
    writable: bool,
    time: Timestamp,
) -> Result<Filesystem> {
    let border = LibraryDevice::new(device.clone(), false);
    let mut library = mount_on(border.clone(), time)?;
    if writable && is_at_rest(&library).map_err(cannot_open)? {
        // What the library does besides when it mounts for writing is to find every block of the
        // journal. That takes as long as the journal is large, and nothing will use it.
        border.allow_writes();
    } else if writable {
        library = mount_on(LibraryDevice::new(device.clone(), true), time)?;
    }
    // The journal may have brought a newer superblock.
    features::check(&library.sb)?;
    // A journal protects a filesystem in place from a crash half-way. Here nothing is in place:
    // the blocks reach the volume all at once. The log stays empty, as after an unmount.
    library.journal = None;
    Ok(library)
}

fn mount_on(border: Arc<LibraryDevice>, time: Timestamp) -> Result<Filesystem> {
    let mounted = Filesystem::mount_with_runtime(border, DeclaredTime::new(time));
    mounted.map_err(|fault| match fault {
        Fault::Unsupported(_) => unsupported_journal(),
        fault => cannot_open(fault),
    })
}

/// Whether a mount for writing has nothing to bring in order first: no transaction in the journal,
/// no mark that there may be one, no file that was being removed.
fn is_at_rest(fs: &Filesystem) -> fs_ext4::Result<bool> {
    let recover = fs_ext4::features::Incompat::RECOVER.bits();
    if fs.sb.feature_incompat & recover != 0 || fs.sb.last_orphan != 0 {
        return Ok(false);
    }
    let journal = fs_ext4::jbd2::read_superblock(fs)?;
    Ok(journal.is_none_or(|journal| journal.is_clean()))
}

/// The library's only reason to support no mount is a journal that it cannot replay.
fn unsupported_journal() -> VolumeError {
    VolumeError::new(
        VolumeErrorKind::UnsupportedFeature,
        "the ext4 journal holds changes that cannot be replayed (feature `fast_commit`)",
    )
    .help("the filesystem was in use when the image was taken; mount and unmount it once")
}

/// Sets the superblock's free counts to the sums of its groups', as the kernel does at every
/// mount: a machine that lost its power leaves them behind the groups.
fn mend_counts(fs: &Filesystem) -> fs_ext4::Result<()> {
    const START: u64 = fs_ext4::superblock::SUPERBLOCK_OFFSET;
    let blocks: u64 = fs
        .groups
        .iter()
        .map(|g| u64::from(g.free_blocks_count))
        .sum();
    let inodes: u64 = fs
        .groups
        .iter()
        .map(|g| u64::from(g.free_inodes_count))
        .sum();
    let mut raw = Superblock::read(fs.dev.as_ref())?;
    if (raw.free_blocks_count, u64::from(raw.free_inodes_count)) == (blocks, inodes) {
        return Ok(());
    }
    let inodes = u32::try_from(inodes).map_err(|_| Fault::Corrupt("too many free inodes"))?;
    let [a, b, c, d, high @ ..] = blocks.to_le_bytes();
    let mut put = |at: usize, bytes: &[u8]| super::inodes::put(&mut raw.raw, at, bytes);
    put(0x0c, &[a, b, c, d]);
    put(0x10, &inodes.to_le_bytes());
    if fs.sb.is_64bit() {
        put(0x158, &high);
    }
    if fs.csum.enabled {
        let body = raw.raw.get(..0x3fc).unwrap_or_default();
        let sum = fs_ext4::checksum::linux_crc32c(!0, body);
        super::inodes::put(&mut raw.raw, 0x3fc, &sum.to_le_bytes());
    }
    fs.dev.write_at(START, &raw.raw)
}

/// What the filesystem says of itself now.
pub(super) fn info(fs: &Filesystem) -> fs_ext4::Result<FileSystemInfo> {
    let superblock = Superblock::read(fs.dev.as_ref())?;
    let size = u64::from(superblock.block_size());
    Ok(FileSystemInfo {
        kind: kind(&superblock),
        label: superblock.volume_name.clone(),
        uuid: uuid(&superblock.uuid),
        block_size: superblock.block_size(),
        total_bytes: superblock.blocks_count.saturating_mul(size),
        free_bytes: superblock.free_blocks_count.saturating_mul(size),
        features: features::names(&superblock),
    })
}

fn cannot_open(fault: Fault) -> VolumeError {
    explain(fault, "open the filesystem at", &VolumePath::root())
}

fn kind(superblock: &Superblock) -> &'static str {
    use fs_ext4::features::FsFlavor;
    match FsFlavor::detect(superblock.feature_compat, superblock.feature_incompat) {
        FsFlavor::Ext2 => "ext2",
        FsFlavor::Ext3 => "ext3",
        FsFlavor::Ext4 => "ext4",
    }
}
