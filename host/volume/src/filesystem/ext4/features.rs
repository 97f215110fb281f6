//! The gate: which ext2, ext3 and ext4 filesystems are taken at all.
//!
//! It stands before anything is written, for reading as for writing: what a run could not write
//! or read back must be refused when the golden image is looked at, before it is cloned.

use super::border::RUN_E2FSCK;
use crate::error::{Result, VolumeError, VolumeErrorKind};
use fs_ext4::Superblock;

/// Which of the superblock's three words a feature is a bit of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Compat,
    Incompat,
    ReadOnlyCompat,
}

/// What the driver does with a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stance {
    Taken,
    /// `tune2fs -O ^NAME` removes it from an unmounted filesystem.
    Removable,
    /// Only a new filesystem is without it.
    Permanent,
    Encryption,
}

use Stance::{Encryption, Permanent, Removable, Taken};
use Word::{Compat, Incompat, ReadOnlyCompat};

/// Every known feature, with the name that e2fsprogs prints.
const FEATURES: &[(Word, u32, &str, Stance)] = &[
    (Compat, 0x1, "dir_prealloc", Taken),
    (Compat, 0x2, "imagic_inodes", Permanent),
    (Compat, 0x4, "has_journal", Taken),
    (Compat, 0x8, "ext_attr", Taken),
    (Compat, 0x10, "resize_inode", Taken),
    (Compat, 0x20, "dir_index", Taken),
    (Compat, 0x40, "lazy_bg", Permanent),
    (Compat, 0x100, "snapshot_bitmap", Permanent),
    (Compat, 0x200, "sparse_super2", Taken),
    (Compat, 0x400, "fast_commit", Taken),
    (Compat, 0x800, "stable_inodes", Taken),
    (Compat, 0x1000, "orphan_file", Taken),
    (Incompat, 0x1, "compression", Permanent),
    (Incompat, 0x2, "filetype", Taken),
    (Incompat, 0x4, "needs_recovery", Taken),
    (Incompat, 0x8, "journal_dev", Permanent),
    (Incompat, 0x10, "meta_bg", Permanent),
    (Incompat, 0x40, "extent", Taken),
    (Incompat, 0x80, "64bit", Taken),
    (Incompat, 0x100, "mmp", Removable),
    (Incompat, 0x200, "flex_bg", Taken),
    (Incompat, 0x400, "ea_inode", Permanent),
    (Incompat, 0x1000, "dirdata", Permanent),
    (Incompat, 0x2000, "metadata_csum_seed", Taken),
    (Incompat, 0x4000, "large_dir", Permanent),
    (Incompat, 0x8000, "inline_data", Permanent),
    (Incompat, 0x1_0000, "encrypt", Encryption),
    (Incompat, 0x2_0000, "casefold", Removable),
    (ReadOnlyCompat, 0x1, "sparse_super", Taken),
    (ReadOnlyCompat, 0x2, "large_file", Taken),
    (ReadOnlyCompat, 0x8, "huge_file", Taken),
    (ReadOnlyCompat, 0x10, "uninit_bg", Taken),
    (ReadOnlyCompat, 0x20, "dir_nlink", Taken),
    (ReadOnlyCompat, 0x40, "extra_isize", Taken),
    (ReadOnlyCompat, 0x80, "snapshot", Permanent),
    (ReadOnlyCompat, 0x100, "quota", Removable),
    (ReadOnlyCompat, 0x200, "bigalloc", Permanent),
    (ReadOnlyCompat, 0x400, "metadata_csum", Taken),
    (ReadOnlyCompat, 0x800, "replica", Permanent),
    (ReadOnlyCompat, 0x1000, "read-only", Removable),
    (ReadOnlyCompat, 0x2000, "project", Removable),
    (ReadOnlyCompat, 0x4000, "shared_blocks", Permanent),
    (ReadOnlyCompat, 0x8000, "verity", Permanent),
    (ReadOnlyCompat, 0x1_0000, "orphan_present", Permanent),
];

/// `s_state`: the kernel found the filesystem to be damaged.
const STATE_ERRORS: u16 = 0x2;
/// `s_state`: it was unmounted cleanly, or has a journal to be replayed.
const STATE_VALID: u16 = 0x1;

/// The names of the filesystem's features, as `dumpe2fs` prints them.
pub(super) fn names(superblock: &Superblock) -> Vec<String> {
    bits(superblock)
        .map(|(word, bit)| name(word, bit))
        .collect()
}

/// Refuses what cannot be both written and read back.
///
/// # Errors
/// `UnsupportedFeature` with the feature's name, `Encrypted`, `Damaged`.
pub(super) fn check(superblock: &Superblock) -> Result<()> {
    for (word, bit) in bits(superblock) {
        let known = FEATURES.iter().find(|f| f.0 == word && f.1 == bit);
        match known.map(|f| f.3) {
            Some(Taken) => {}
            Some(Encryption) => return Err(encrypted()),
            stance => return Err(unsupported(&name(word, bit), stance)),
        }
    }
    check_combinations(superblock)?;
    check_geometry(superblock)?;
    check_state(superblock)
}

fn bits(superblock: &Superblock) -> impl Iterator<Item = (Word, u32)> {
    [
        (Compat, superblock.feature_compat),
        (Incompat, superblock.feature_incompat),
        (ReadOnlyCompat, superblock.feature_ro_compat),
    ]
    .into_iter()
    .flat_map(|(word, set)| {
        (0..u32::BITS)
            .map(|shift| 1u32 << shift)
            .filter(move |bit| set & bit != 0)
            .map(move |bit| (word, bit))
    })
}

/// As e2fsprogs prints it; `FEATURE_I18` for an unknown one.
fn name(word: Word, bit: u32) -> String {
    let known = FEATURES.iter().find(|f| f.0 == word && f.1 == bit);
    let letter = match word {
        Compat => 'C',
        Incompat => 'I',
        ReadOnlyCompat => 'R',
    };
    known.map_or_else(
        || format!("FEATURE_{letter}{}", bit.trailing_zeros()),
        |f| f.2.to_owned(),
    )
}

fn unsupported(name: &str, stance: Option<Stance>) -> VolumeError {
    let help = match (name, stance) {
        ("orphan_present", _) => {
            "the filesystem was in use when the image was taken; mount and unmount it once, or \
             run `e2fsck -f` on it"
                .to_owned()
        }
        (_, Some(Removable)) => {
            format!("remove the feature from the image with `tune2fs -O ^{name}`")
        }
        _ => format!("make the image's filesystem again with `mkfs.ext4 -O ^{name}`"),
    };
    VolumeError::new(
        VolumeErrorKind::UnsupportedFeature,
        format!("the ext4 feature `{name}` is not supported"),
    )
    .help(help)
}

fn encrypted() -> VolumeError {
    VolumeError::new(
        VolumeErrorKind::Encrypted,
        "the ext4 filesystem has encrypted files (feature `encrypt`)",
    )
    .help("use an image whose filesystem was made without `encrypt`")
}

fn check_combinations(superblock: &Superblock) -> Result<()> {
    let has = |word: u32, bit: u32| word & bit != 0;
    if !has(superblock.feature_incompat, 0x2) {
        return Err(VolumeError::new(
            VolumeErrorKind::UnsupportedFeature,
            "an ext2 filesystem without the feature `filetype` is not supported",
        )
        .help("add the feature with `tune2fs -O filetype`, then run `e2fsck -f`"));
    }
    if superblock.inode_size < 256 && has(superblock.feature_ro_compat, 0x400) {
        return Err(VolumeError::new(
            VolumeErrorKind::UnsupportedFeature,
            "inodes of 128 bytes together with the ext4 feature `metadata_csum` are not supported",
        )
        .help("remove the checksums with `tune2fs -O ^metadata_csum`"));
    }
    if has(superblock.feature_compat, 0x4) && superblock.journal_inode == 0 {
        return Err(VolumeError::new(
            VolumeErrorKind::UnsupportedFeature,
            "a journal on a device of its own is not supported",
        )
        .help("give the filesystem a journal of its own: `tune2fs -O ^has_journal`, then `-j`"));
    }
    Ok(())
}

/// What the kernel demands of every ext filesystem, and the libraries do not all check.
fn check_geometry(superblock: &Superblock) -> Result<()> {
    let groups = superblock.block_group_count();
    let inodes = groups.checked_mul(u64::from(superblock.inodes_per_group));
    let inode_size = usize::from(superblock.inode_size);
    let sound = inodes == Some(u64::from(superblock.inodes_count))
        && inode_size.is_power_of_two()
        && (128..=4096).contains(&inode_size)
        && u32::from(superblock.inode_size) <= superblock.block_size();
    if sound {
        return Ok(());
    }
    Err(damaged(
        "the ext4 superblock's counts of inodes and groups contradict each other",
    ))
}

fn check_state(superblock: &Superblock) -> Result<()> {
    if superblock.state & STATE_ERRORS != 0 {
        return Err(damaged("the ext4 filesystem is marked as having errors"));
    }
    if superblock.state & STATE_VALID == 0 {
        return Err(damaged("the ext4 filesystem was not unmounted cleanly"));
    }
    Ok(())
}

fn damaged(message: &str) -> VolumeError {
    VolumeError::new(VolumeErrorKind::Damaged, message).help(RUN_E2FSCK)
}
