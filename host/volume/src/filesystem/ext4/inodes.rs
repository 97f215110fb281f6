//! What an inode says of a file, and what a directory holds.

use super::border::refuse;
use super::mounted::Mounted;
use crate::error::VolumeErrorKind;
use crate::filesystem::{DirEntry, FileKind, Metadata, Timestamp};
use crate::path::VolumePath;
use fs_ext4::inode::Inode;
use fs_ext4::{Error as Fault, Filesystem, Result};

/// The root directory's inode.
pub(super) const ROOT: u32 = 2;

/// The most entries that a directory may have here.
const MAX_ENTRIES: usize = 1_000_000;
/// The longest directory, in bytes: the format's own limit without `large_dir`.
const MAX_DIRECTORY: u64 = 2 << 30;

/// A directory that the library can be let loose on: its length bounds every loop over it.
pub(super) fn check_directory(inode: &Inode) -> Result<()> {
    if !inode.is_dir() {
        return Err(Fault::NotADirectory);
    }
    let stored = inode.blocks.saturating_mul(512);
    if inode.size > MAX_DIRECTORY || inode.size > stored {
        return Err(Fault::Corrupt(
            "a directory is longer than the blocks it has",
        ));
    }
    Ok(())
}

/// The entries of the directory `ino`, without `.` and `..`, sorted by name.
pub(super) fn list(fs: &Filesystem, ino: u32) -> Result<Vec<DirEntry>> {
    entries(fs, ino)?
        .into_iter()
        .map(|entry| {
            Ok(DirEntry {
                kind: entry_kind(fs, &entry)?,
                name: entry.name,
            })
        })
        .collect()
}

/// As [`list`], with the inodes' numbers.
pub(super) fn entries(fs: &Filesystem, ino: u32) -> Result<Vec<fs_ext4::dir::DirEntry>> {
    let inode = fs.stat_ino(ino)?;
    check_directory(&inode)?;
    let mut entries = Vec::new();
    for logical in 0..inode.size.div_ceil(u64::from(fs.sb.block_size())) {
        let Some(physical) = fs.map_inode_logical(&inode, logical)? else {
            return Err(Fault::Corrupt("a directory has a hole"));
        };
        let block = fs.read_block(physical)?;
        check_block(fs, (ino, &inode), logical, &block)?;
        for entry in fs_ext4::dir::DirBlockIter::new(&block, true) {
            let entry = entry?;
            if matches!(entry.name.as_slice(), b"." | b"..") {
                continue;
            }
            check_entry(ino, &entry)?;
            entries.push(entry);
            if entries.len() > MAX_ENTRIES {
                return Err(refuse(
                    VolumeErrorKind::LimitReached,
                    "the directory has more than 1,000,000 entries",
                ));
            }
        }
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    if entries.windows(2).any(|pair| pair[0].name == pair[1].name) {
        return Err(Fault::Corrupt("a directory has the same name twice"));
    }
    Ok(entries)
}

/// Makes `..` found in `folder` and all directories above it.
///
/// The kernel leaves four bytes at the end of the first block of a directory that it gives an
/// index, and the library takes them for the checksum of a block of entries: it then finds no `..`
/// there, which it needs to move a directory. They mean nothing, so they are cleared.
pub(super) fn mend_index_roots(fs: &Mounted, folder: &VolumePath) -> Result<()> {
    /// Where the index starts in the first block.
    const INDEX: usize = 32;
    let size = u64::from(fs.sb.block_size());
    let mut next = Some(folder.clone());
    while let Some(folder) = next {
        next = folder.parent();
        let (ino, inode) = fs.stat(&folder)?;
        let indexed = inode.flags & fs_ext4::inode::InodeFlags::INDEX.bits() != 0;
        let Some(physical) = fs.map_inode_logical(&inode, 0)?.filter(|_| indexed) else {
            continue;
        };
        let mut block = fs.read_block(physical)?;
        if !fs.csum.enabled || !fs_ext4::dir::has_csum_tail(&block) {
            continue;
        }
        let sound = fs.csum.verify_dx_tail(ino, inode.generation, &block, INDEX);
        if sound != Some(true) {
            return Err(Fault::BadChecksum {
                what: "directory index",
            });
        }
        // A block has 1024 bytes at least.
        let left = block.len() - 8;
        put(&mut block, left, &[0; 4]);
        fs.csum
            .patch_dx_tail(ino, inode.generation, &mut block, INDEX);
        fs.dev.write_at(physical * size, &block)?;
    }
    Ok(())
}

/// Blocks of entries end in a checksum where the filesystem has checksums. The first block of an
/// indexed directory does not, though the bytes at its end may still look like one from before it
/// was indexed; nor do the index's other blocks, which are one unused entry. The library checks
/// those when it looks names up.
fn check_block(
    fs: &Filesystem,
    (ino, inode): (u32, &Inode),
    logical: u64,
    block: &[u8],
) -> Result<()> {
    let indexed = inode.flags & fs_ext4::inode::InodeFlags::INDEX.bits() != 0;
    let unused = block.starts_with(&[0; 4]) && usize::from(word(block, 4)) == block.len();
    if !fs.csum.enabled || indexed && (logical == 0 || unused) {
        return Ok(());
    }
    let unsound = fs_ext4::dir::has_csum_tail(block)
        && !fs.csum.verify_dir_entry_tail(ino, inode.generation, block);
    match unsound {
        true => Err(Fault::BadChecksum {
            what: "directory block",
        }),
        false => Ok(()),
    }
}

/// A name with `/` or NUL is no name; it could be mistaken for a path.
fn check_entry(directory: u32, entry: &fs_ext4::dir::DirEntry) -> Result<()> {
    if entry.name.is_empty() || entry.name.iter().any(|b| matches!(b, b'/' | 0)) {
        return Err(Fault::Corrupt("a directory has an entry with a bad name"));
    }
    match entry.inode == directory {
        true => Err(Fault::Corrupt("a directory contains itself")),
        false => Ok(()),
    }
}

fn entry_kind(fs: &Filesystem, entry: &fs_ext4::dir::DirEntry) -> Result<FileKind> {
    use fs_ext4::dir::DirEntryType as Type;
    Ok(match entry.file_type {
        Type::RegFile => FileKind::File,
        Type::Directory => FileKind::Directory,
        Type::Symlink => FileKind::Symlink,
        Type::CharDev => FileKind::CharDevice,
        Type::BlockDev => FileKind::BlockDevice,
        Type::Fifo => FileKind::Fifo,
        Type::Socket => FileKind::Socket,
        Type::Unknown => kind(&fs.stat_ino(entry.inode)?)?,
    })
}

fn kind(inode: &Inode) -> Result<FileKind> {
    use fs_ext4::inode as format;
    Ok(match inode.mode & format::S_IFMT {
        format::S_IFREG => FileKind::File,
        format::S_IFDIR => FileKind::Directory,
        format::S_IFLNK => FileKind::Symlink,
        format::S_IFCHR => FileKind::CharDevice,
        format::S_IFBLK => FileKind::BlockDevice,
        format::S_IFIFO => FileKind::Fifo,
        format::S_IFSOCK => FileKind::Socket,
        _ => return Err(Fault::Corrupt("an inode is of no known type")),
    })
}

/// What an inode says, in the driver's terms.
pub(super) fn metadata(ino: u32, inode: &Inode) -> Result<Metadata> {
    let kind = kind(inode)?;
    Ok(Metadata {
        kind,
        mode: u32::from(inode.mode & 0o7777),
        uid: inode.uid,
        gid: inode.gid,
        len: match kind {
            FileKind::File | FileKind::Symlink => inode.size,
            _ => 0,
        },
        links: u64::from(inode.links_count),
        inode: u64::from(ino),
        device: match kind {
            FileKind::CharDevice | FileKind::BlockDevice => decode_device(&inode.block),
            _ => (0, 0),
        },
        accessed: Timestamp {
            seconds: inode.atime,
            nanoseconds: inode.atime_nsec,
        },
        modified: Timestamp {
            seconds: inode.mtime,
            nanoseconds: inode.mtime_nsec,
        },
    })
}

/// Major and minor number as the kernel reads them: 8 bits each in the first word, or, when that
/// is 0, 12 and 20 bits in the second.
fn decode_device(block: &[u8; 60]) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h, ..] = *block;
    let old = u32::from_le_bytes([a, b, c, d]);
    let new = u32::from_le_bytes([e, f, g, h]);
    match old {
        0 => (new >> 8 & 0xfff, new & 0xff | new >> 12 & 0xf_ff00),
        old => (old >> 8 & 0xff, old & 0xff),
    }
}

/// The two words of an inode that hold major and minor number as the kernel writes them.
/// `None` when they are larger than the format's 12 and 20 bits.
fn encode_device((major, minor): (u32, u32)) -> Option<[u8; 8]> {
    let (old, new) = match (major, minor) {
        (0..0x100, 0..0x100) => (major << 8 | minor, 0),
        (0..0x1000, 0..0x10_0000) => (0, minor & 0xff | major << 8 | (minor & !0xff) << 12),
        _ => return None,
    };
    let mut words = [0; 8];
    words[..4].copy_from_slice(&u32::to_le_bytes(old));
    words[4..].copy_from_slice(&u32::to_le_bytes(new));
    Some(words)
}

/// The type bits of a node's mode, and the words that hold its device number.
pub(super) fn node(kind: FileKind, device: (u32, u32)) -> Result<(u16, [u8; 8])> {
    use fs_ext4::inode as format;
    let type_bits = match kind {
        FileKind::CharDevice => format::S_IFCHR,
        FileKind::BlockDevice => format::S_IFBLK,
        FileKind::Fifo => format::S_IFIFO,
        FileKind::Socket => return Ok((format::S_IFSOCK, [0; 8])),
        FileKind::File | FileKind::Directory | FileKind::Symlink => {
            return Err(Fault::InvalidArgument("it would not be a node"));
        }
    };
    let words = encode_device(device);
    let words = words.ok_or(Fault::InvalidArgument("its device number is out of range"))?;
    Ok((type_bits, words))
}

/// Changes the raw bytes of an inode and mends its checksum.
pub(super) fn edit(fs: &Filesystem, ino: u32, change: impl FnOnce(&mut [u8])) -> Result<()> {
    let (inode, mut raw) = fs.read_inode_verified(ino)?;
    change(&mut raw);
    if let Some((low, high)) = fs.csum.compute_inode_checksum(ino, inode.generation, &raw) {
        put(&mut raw, 0x7c, &low.to_le_bytes());
        if word(&raw, 0x80) >= 4 {
            put(&mut raw, 0x82, &high.to_le_bytes());
        }
    }
    fs.write_inode_raw(ino, &raw)
}

/// Two bytes of a raw inode; 0 past its end.
pub(super) fn word(raw: &[u8], at: usize) -> u16 {
    let bytes = raw.get(at..).and_then(<[u8]>::first_chunk);
    bytes.map_or(0, |bytes| u16::from_le_bytes(*bytes))
}

/// Puts bytes into a raw inode; nothing past its end.
pub(super) fn put(raw: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(place) = raw.get_mut(at..at + bytes.len()) {
        place.copy_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_numbers_come_back() {
        for device in [
            (0, 0),
            (1, 3),
            (8, 255),
            (255, 255),
            (256, 0),
            (4095, 0xf_ffff),
            (8, 256),
        ] {
            let words = encode_device(device).unwrap();
            let mut block = [0; 60];
            block[..8].copy_from_slice(&words);
            assert_eq!(decode_device(&block), device, "{device:?}");
        }
        assert_eq!(encode_device((4096, 0)), None);
        assert_eq!(encode_device((0, 0x10_0000)), None);
    }
}
