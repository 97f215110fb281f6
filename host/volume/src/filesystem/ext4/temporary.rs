//! A file for a moment, for what the library can only do to a file by its path.
//!
//! Some of the library's calls take a path as text, but names in a volume are bytes. What such a
//! call makes is therefore made on a temporary file with a plain name in the root directory, and
//! then moved into the inode that it is for. Until that one write, the inode is as it was.

use super::inodes::{ROOT, edit, put, word};
use fs_ext4::{Error as Fault, Filesystem, Result};

/// Does `work` with an empty temporary file, its path and inode, and removes it afterwards.
fn with_temporary<T>(fs: &Filesystem, work: impl FnOnce(&str, u32) -> Result<T>) -> Result<T> {
    let path = free_path(fs)?;
    let name = path.trim_start_matches('/').as_bytes();
    let ino = fs.apply_create_at(ROOT, name, 0o600)?;
    let result = work(&path, ino);
    let removed = fs.apply_unlink_at(ROOT, name);
    let value = result?;
    removed?;
    Ok(value)
}

/// A path in the root directory that names nothing.
fn free_path(fs: &Filesystem) -> Result<String> {
    for number in 0..1000 {
        let path = format!("/.mintage-temporary-{number}");
        match fs.lookup_path_bytes(path.as_bytes()) {
            Ok(_) => {}
            Err(Fault::NotFound) => return Ok(path),
            Err(fault) => return Err(fault),
        }
    }
    Err(Fault::AlreadyExists)
}

/// Gives the file `ino`, which is mapped by block pointers, other content.
pub(super) fn replace_blocks(fs: &Filesystem, ino: u32, content: &[u8]) -> Result<()> {
    with_temporary(fs, |path, temporary| {
        fs.apply_replace_file_content(path, content)?;
        let made = Body::of(fs, temporary)?;
        let old = Body::of(fs, ino)?;
        edit(fs, ino, |raw| made.put(fs, raw))?;
        edit(fs, temporary, |raw| old.put(fs, raw))
    })?;
    // The library's way to say that content changed now.
    let unchanged = fs_ext4::fs::TIME_OMIT;
    fs.apply_utimens_ino(ino, unchanged, 0, 0, fs_ext4::fs::UTIME_NOW)
}

/// The part of an inode that holds its content: length, extents flag, block map, block count.
struct Body {
    size: (Vec<u8>, Vec<u8>),
    extents: u32,
    map: Vec<u8>,
    sectors: u64,
}

const EXTENTS_FLAG: u32 = 0x0008_0000;

impl Body {
    fn of(fs: &Filesystem, ino: u32) -> Result<Self> {
        let (inode, raw) = fs.read_inode_verified(ino)?;
        let part = |from: usize, to: usize| raw.get(from..to).unwrap_or_default().to_vec();
        Ok(Self {
            size: (part(0x04, 0x08), part(0x6c, 0x70)),
            extents: inode.flags & EXTENTS_FLAG,
            map: part(0x28, 0x64),
            sectors: inode.blocks.saturating_sub(attribute_sectors(fs, &raw)),
        })
    }

    fn put(&self, fs: &Filesystem, raw: &mut [u8]) {
        let flags = long(raw, 0x20) & !EXTENTS_FLAG | self.extents;
        put(raw, 0x04, &self.size.0);
        put(raw, 0x6c, &self.size.1);
        put(raw, 0x20, &flags.to_le_bytes());
        put(raw, 0x28, &self.map);
        put_sectors(raw, self.sectors + attribute_sectors(fs, raw));
    }
}

/// Sets (or, without a value, removes) an extended attribute of the inode `ino`.
///
/// The temporary file borrows all attributes of `ino` for the library's call. It gives them back
/// before it is removed, also after an error, so that a block of them is never freed with it.
pub(super) fn change_attribute(
    fs: &Filesystem,
    ino: u32,
    name: &str,
    value: Option<&[u8]>,
) -> Result<()> {
    with_temporary(fs, |path, temporary| {
        let empty = Attributes::of(fs, temporary)?;
        let lent = Attributes::of(fs, ino)?;
        edit(fs, temporary, |raw| lent.put(fs, raw))?;
        let changed = match value {
            Some(value) => fs.apply_setxattr(path, name, value),
            None => fs.apply_removexattr(path, name),
        };
        let result = changed.and_then(|()| Attributes::of(fs, temporary));
        edit(fs, temporary, |raw| empty.put(fs, raw))?;
        let changed = result?;
        edit(fs, ino, |raw| changed.put(fs, raw))
    })?;
    // The library's way to say that the inode changed now.
    fs.apply_chown_ino(ino, u32::MAX, u32::MAX)
}

/// The part of an inode that holds its attributes: all behind the first 128 bytes, and the number
/// of the block with the rest.
struct Attributes {
    area: Vec<u8>,
    block: (Vec<u8>, Vec<u8>),
}

impl Attributes {
    fn of(fs: &Filesystem, ino: u32) -> Result<Self> {
        let (_, raw) = fs.read_inode_verified(ino)?;
        let part = |from: usize, to: usize| raw.get(from..to).unwrap_or_default().to_vec();
        Ok(Self {
            area: part(0x80, raw.len()),
            block: (part(0x68, 0x6c), part(0x76, 0x78)),
        })
    }

    fn put(&self, fs: &Filesystem, raw: &mut [u8]) {
        let data = sectors(raw).saturating_sub(attribute_sectors(fs, raw));
        put(raw, 0x80, &self.area);
        put(raw, 0x68, &self.block.0);
        put(raw, 0x76, &self.block.1);
        put_sectors(raw, data + attribute_sectors(fs, raw));
    }
}

/// How much of an inode's block count is its block of attributes.
fn attribute_sectors(fs: &Filesystem, raw: &[u8]) -> u64 {
    match (long(raw, 0x68), word(raw, 0x76)) {
        (0, 0) => 0,
        _ => u64::from(fs.sb.block_size()) / 512,
    }
}

/// An inode's block count, in sectors of 512 bytes.
fn sectors(raw: &[u8]) -> u64 {
    u64::from(word(raw, 0x74)) << 32 | u64::from(long(raw, 0x1c))
}

fn put_sectors(raw: &mut [u8], sectors: u64) {
    let [a, b, c, d, e, f, _, _] = sectors.to_le_bytes();
    put(raw, 0x1c, &[a, b, c, d]);
    put(raw, 0x74, &[e, f]);
}

fn long(raw: &[u8], at: usize) -> u32 {
    u32::from(word(raw, at)) | u32::from(word(raw, at + 2)) << 16
}
