//! The content of regular files: written in place, streamed, cut and grown.
//!
//! Files of ext4 are mapped by extents, which the library edits in place. Files of ext2 and ext3
//! are mapped by block pointers, which it can only write as a whole, so these are read, changed in
//! memory and written again, up to a limit.

use super::border::{carry, refuse};
use super::temporary;
use crate::error::{VolumeError, VolumeErrorKind};
use fs_ext4::inode::Inode;
use fs_ext4::{Error as Fault, Filesystem, Result};
use sha2::{Digest, Sha256};
use std::io::Read;

/// The most bytes that a file mapped by block pointers may have after a change.
const MAX_BLOCK_MAPPED: u64 = 16 << 20;
/// How much of a stream is held at a time.
const CHUNK: u64 = 1 << 20;

/// What was written into a file as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Whole {
    /// Length in bytes.
    pub(super) len: u64,
    /// SHA-256 of the content.
    pub(super) digest: [u8; 32],
}

/// Writes `data` at `offset`.
pub(super) fn write_at(
    fs: &Filesystem,
    (ino, inode): (u32, &Inode),
    offset: u64,
    data: &[u8],
) -> Result<()> {
    if data.is_empty() {
        return Ok(());
    }
    let end = u64::try_from(data.len())
        .ok()
        .and_then(|len| offset.checked_add(len))
        .ok_or_else(too_long)?;
    check_len(fs, inode, end)?;
    if inode.has_extents() {
        return fs.apply_pwrite_ino(ino, offset, data).map(drop);
    }
    let mut content = read_whole(fs, ino, inode)?;
    let (start, end) = (index(offset)?, index(end)?);
    if content.len() < end {
        content.resize(end, 0);
    }
    if let Some(place) = content.get_mut(start..end) {
        place.copy_from_slice(data);
    }
    temporary::replace_blocks(fs, ino, &content)
}

/// Cuts or grows to `len`; what it grows by is a hole where the file is mapped by extents.
pub(super) fn set_len(fs: &Filesystem, (ino, inode): (u32, &Inode), len: u64) -> Result<()> {
    check_len(fs, inode, len)?;
    if inode.has_extents() {
        return fs.apply_truncate_ino(ino, len);
    }
    let mut content = read_whole(fs, ino, inode)?;
    content.resize(index(len)?, 0);
    temporary::replace_blocks(fs, ino, &content)
}

/// Replaces all of the content by what `source` gives. Whole blocks of zeros become holes.
pub(super) fn replace(
    fs: &Filesystem,
    (ino, inode): (u32, &Inode),
    mut source: &mut dyn Read,
) -> Result<Whole> {
    if !inode.has_extents() {
        return replace_block_mapped(fs, ino, source);
    }
    if inode.size > 0 || inode.blocks > 0 {
        fs.apply_truncate_ino(ino, 0)?;
    }
    let mut digest = Sha256::new();
    let mut chunk = Vec::new();
    let mut len = 0u64;
    loop {
        chunk.clear();
        let mut limited = (&mut source).take(CHUNK);
        let read = limited.read_to_end(&mut chunk);
        read.map_err(|error| carry(error.into()))?;
        if chunk.is_empty() {
            break;
        }
        digest.update(&chunk);
        let end = len + chunk.len() as u64;
        check_len(fs, inode, end)?;
        write_sparse(fs, ino, len, &chunk)?;
        len = end;
    }
    // Where the end is a hole, nothing has set the length.
    if fs.stat_ino(ino)?.size != len {
        fs.apply_truncate_ino(ino, len)?;
    }
    Ok(Whole {
        len,
        digest: digest.finalize().into(),
    })
}

/// Writes what is not zeros, in runs of whole blocks. `offset` is a multiple of the block size.
fn write_sparse(fs: &Filesystem, ino: u32, offset: u64, data: &[u8]) -> Result<()> {
    let block = usize::try_from(fs.sb.block_size()).map_err(|_| too_long())?;
    let mut at = 0;
    for run in data
        .chunks(block)
        .collect::<Vec<_>>()
        .chunk_by(|a, b| is_zero(a) == is_zero(b))
    {
        let len: usize = run.iter().map(|chunk| chunk.len()).sum();
        let bytes = data.get(at..at + len).unwrap_or_default();
        if !is_zero(bytes) {
            fs.apply_pwrite_ino(ino, offset + at as u64, bytes)?;
        }
        at += len;
    }
    Ok(())
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| *b == 0)
}

fn replace_block_mapped(fs: &Filesystem, ino: u32, source: &mut dyn Read) -> Result<Whole> {
    let mut content = Vec::new();
    let mut limited = source.take(MAX_BLOCK_MAPPED + 1);
    limited.read_to_end(&mut content).map_err(Fault::Io)?;
    let len = content.len() as u64;
    if len > MAX_BLOCK_MAPPED {
        return Err(too_long_for_block_map());
    }
    temporary::replace_blocks(fs, ino, &content)?;
    Ok(Whole {
        len,
        digest: Sha256::digest(&content).into(),
    })
}

/// All of a file mapped by block pointers; its length was checked against the limit.
fn read_whole(fs: &Filesystem, ino: u32, inode: &Inode) -> Result<Vec<u8>> {
    if inode.size > MAX_BLOCK_MAPPED {
        return Err(too_long_for_block_map());
    }
    let mut content = vec![0; index(inode.size)?];
    let read = fs.read_ino(ino, 0, &mut content)?;
    content.truncate(read);
    Ok(content)
}

/// Refuses lengths that the file's map cannot hold, before the library computes with them.
fn check_len(fs: &Filesystem, inode: &Inode, len: u64) -> Result<()> {
    let size = u64::from(fs.sb.block_size());
    let pointers = size / 4;
    let longest = match inode.has_extents() {
        true => u64::from(u32::MAX) * size,
        false => (12 + pointers + pointers.pow(2) + pointers.pow(3)) * size,
    };
    if len > longest {
        return Err(too_long());
    }
    match inode.has_extents() || len <= MAX_BLOCK_MAPPED {
        true => Ok(()),
        false => Err(too_long_for_block_map()),
    }
}

fn index(offset: u64) -> Result<usize> {
    usize::try_from(offset).map_err(|_| too_long())
}

fn too_long() -> Fault {
    refuse(
        VolumeErrorKind::InvalidArgument,
        "the file would be longer than ext4 can store",
    )
}

fn too_long_for_block_map() -> Fault {
    carry(
        VolumeError::new(
            VolumeErrorKind::LimitReached,
            "it is mapped by block pointers as in ext2 and ext3, and such files can be changed up \
             to 16 MiB only",
        )
        .help("convert the image's filesystem to ext4: `tune2fs -O extents`, and copy the file"),
    )
}
