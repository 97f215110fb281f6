//! What a finished filesystem must hold: taken from the driver before it lets go of the device.

use super::attributes;
use super::changes::Changes;
use super::inodes;
use super::mounted::Mounted;
use crate::filesystem::{DirEntry, FileKind, Metadata};
use crate::path::VolumePath;
use fs_ext4::inode::Inode;
use fs_ext4::{Error as Fault, Filesystem};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::Range;

/// As the library gives it, unless another error is named.
type Result<T, E = Fault> = std::result::Result<T, E>;

/// How much of a file is held at a time.
const CHUNK: usize = 256 << 10;

/// Every path that a driver changed, with what must be there; none where nothing must be.
pub(super) type Expected = BTreeMap<VolumePath, Option<Expectation>>;

/// What must be at a path.
#[derive(Debug)]
pub(super) struct Expectation {
    pub(super) metadata: Metadata,
    pub(super) xattrs: BTreeMap<String, Vec<u8>>,
    /// The target of a symbolic link.
    pub(super) target: Option<Vec<u8>>,
    /// The entries of a directory.
    pub(super) entries: Option<Vec<DirEntry>>,
    /// The content of a regular file, when it changed.
    pub(super) content: Option<Content>,
}

/// The SHA-256 of the bytes in some ranges of a file, in order.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) ranges: Vec<Range<u64>>,
    pub(super) digest: [u8; 32],
}

impl Content {
    /// Reads `ranges` by `read`, which fills a buffer from an offset on.
    pub(super) fn of<E>(
        ranges: Vec<Range<u64>>,
        mut read: impl FnMut(u64, &mut [u8]) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut digest = Sha256::new();
        let longest = ranges.iter().map(|range| range.end - range.start).max();
        let longest = usize::try_from(longest.unwrap_or(0)).unwrap_or(CHUNK);
        let size = longest.min(CHUNK);
        let mut chunk = vec![0; size];
        for range in &ranges {
            let mut at = range.start;
            while at < range.end {
                let rest = usize::try_from(range.end - at).unwrap_or(size);
                let (part, _) = chunk.split_at_mut(rest.min(size));
                read(at, part)?;
                digest.update(&*part);
                at += part.len() as u64;
            }
        }
        Ok(Self {
            ranges,
            digest: digest.finalize().into(),
        })
    }
}

/// What the driver says of every path that it changed.
pub(super) fn collect(fs: &Mounted, changes: &Changes) -> Result<Expected> {
    let mut expected = Expected::new();
    for path in changes.paths() {
        let wanted = match fs.stat_if_there(path)? {
            Some((ino, inode)) => Some(expectation(fs, (ino, &inode), changes)?),
            None => None,
        };
        expected.insert(path.clone(), wanted);
    }
    Ok(expected)
}

fn expectation(
    fs: &Filesystem,
    (ino, inode): (u32, &Inode),
    changes: &Changes,
) -> Result<Expectation> {
    let metadata = inodes::metadata(ino, inode)?;
    let is = |kind| metadata.kind == kind;
    Ok(Expectation {
        xattrs: attributes::all(fs, ino)?,
        target: match is(FileKind::Symlink) {
            true => Some(fs.read_link_ino(ino)?),
            false => None,
        },
        entries: match is(FileKind::Directory) {
            true => Some(inodes::list(fs, ino)?),
            false => None,
        },
        content: match is(FileKind::File) {
            true => content(fs, (ino, inode), changes)?,
            false => None,
        },
        metadata,
    })
}

/// What was asked to be written when that is known for the whole file, else what the driver reads.
fn content(
    fs: &Filesystem,
    (ino, inode): (u32, &Inode),
    changes: &Changes,
) -> Result<Option<Content>> {
    match changes.content_of(ino) {
        None => Ok(None),
        Some(Some(whole)) => Ok(Some(Content {
            ranges: std::iter::once(0..whole.len).collect(),
            digest: whole.digest,
        })),
        Some(None) => {
            let ranges = stored_ranges(fs, inode)?;
            Content::of(ranges, |at, part| read_exactly(fs, ino, at, part)).map(Some)
        }
    }
}

/// Where a file has blocks: a hole of a terabyte is not read.
fn stored_ranges(fs: &Filesystem, inode: &Inode) -> Result<Vec<Range<u64>>> {
    if !inode.has_extents() {
        return Ok(std::iter::once(0..inode.size).collect());
    }
    let size = fs.sb.block_size();
    let extents = fs_ext4::extent::collect_all(&inode.block, fs.dev.as_ref(), size)?;
    let offset = |block: u64| block.saturating_mul(u64::from(size)).min(inode.size);
    Ok(extents
        .iter()
        .map(|e| (u64::from(e.logical_block), u64::from(e.length)))
        .map(|(first, len)| offset(first)..offset(first + len))
        .collect())
}

/// Fills `part` from the file.
pub(super) fn read_exactly(fs: &Filesystem, ino: u32, at: u64, part: &mut [u8]) -> Result<()> {
    match fs.read_ino(ino, at, part)? {
        read if read == part.len() => Ok(()),
        _ => Err(Fault::OutOfBounds),
    }
}
