//! Zeroing what no file has any more, with the checksums of directories kept right.

use super::border::{explain, refuse};
use super::remains::{StaleBlock, Survey};
use crate::block::{self, BlockDevice};
use crate::error::{Result, VolumeErrorKind};
use crate::path::VolumePath;
use fs_ext4::{Error as Fault, Filesystem};

/// Zeroes all remains on `device`, which `fs` was freshly mounted from.
///
/// # Errors
/// `Damaged` when the filesystem contradicts itself, before anything was zeroed; `Io`.
pub(super) fn wipe(fs: &Filesystem, device: &dyn BlockDevice) -> Result<()> {
    let survey = survey(fs).map_err(cannot_wipe)?;
    for remains in &survey.remains {
        block::wipe(device, remains.bytes.clone())?;
    }
    for directory in &survey.directories {
        wipe_directory(fs, device, directory)?;
    }
    Ok(())
}

fn survey(fs: &Filesystem) -> fs_ext4::Result<Survey> {
    let journal = fs_ext4::jbd2::read_superblock(fs)?;
    if journal.is_some_and(|journal| !journal.is_clean()) {
        return Err(refuse(VolumeErrorKind::Damaged, "its journal is not empty"));
    }
    Survey::of(fs)
}

fn wipe_directory(fs: &Filesystem, device: &dyn BlockDevice, stale: &StaleBlock) -> Result<()> {
    let size = u64::from(fs.sb.block_size());
    let mut block = fs.read_block(stale.block).map_err(cannot_wipe)?;
    for range in &stale.stale {
        block[range.clone()].fill(0);
    }
    let (ino, generation) = (stale.ino, stale.generation);
    match stale.role.index_at() {
        Some(start) => {
            fs.csum.patch_dx_tail(ino, generation, &mut block, start);
        }
        // An old filesystem's directory may have a block without a place for a checksum.
        None if fs_ext4::dir::has_csum_tail(&block) => {
            fs.csum.patch_dir_entry_tail(ino, generation, &mut block);
        }
        None => {}
    }
    device.write_at(stale.block * size, &block)
}

pub(super) fn cannot_wipe(fault: Fault) -> crate::error::VolumeError {
    explain(
        fault,
        "look for remains in the filesystem at",
        &VolumePath::root(),
    )
}
