//! What no file has any more: free blocks, slack, deleted names, unused inodes, the journal's log.
//!
//! What the bitmaps call free is checked against what the files and the groups' own tables hold:
//! free blocks may be zeroed, and a bitmap that lies would cost somebody a file.

use super::stale::{Role, stale};
use crate::filesystem::{Remains, RemainsKind};
use fs_ext4::bgd::BgdFlags;
use fs_ext4::checksum::linux_crc32c;
use fs_ext4::indirect::IndirectCache;
use fs_ext4::inode::{Inode, InodeFlags};
use fs_ext4::{Error as Fault, Filesystem, Result};
use std::ops::Range;

/// The root directory's inode.
const ROOT: u32 = 2;

/// All that is left over in a filesystem.
#[derive(Default)]
pub(super) struct Survey {
    /// All but directories.
    pub(super) remains: Vec<Remains>,
    /// Blocks of directories with something else than zeros between their entries.
    pub(super) directories: Vec<StaleBlock>,
    /// The blocks that files hold.
    held: Vec<Range<u64>>,
}

/// A block of a directory with stale bytes.
pub(super) struct StaleBlock {
    pub(super) ino: u32,
    pub(super) generation: u32,
    /// Where it is, in blocks.
    pub(super) block: u64,
    pub(super) role: Role,
    /// Which bytes of it are stale.
    pub(super) stale: Vec<Range<usize>>,
}

impl Survey {
    /// Looks through all inodes and bitmaps of `fs`.
    pub(super) fn of(fs: &Filesystem) -> Result<Self> {
        let mut survey = Self::default();
        let reader = Reader::new(fs);
        let mut free = Vec::new();
        for group in 0..fs.groups.len() {
            survey.look_through_inodes(&reader, group)?;
            reader.free_blocks(group, &mut free)?;
        }
        survey.held.extend(reader.tables());
        survey.held.sort_by_key(|range| range.start);
        check_apart(&survey.held, &free)?;
        let size = reader.size;
        survey
            .remains
            .extend(free.into_iter().map(|blocks| Remains {
                bytes: blocks.start * size..blocks.end * size,
                kind: RemainsKind::FreeBlocks,
            }));
        survey.remains.sort_by_key(|remains| remains.bytes.start);
        Ok(survey)
    }

    /// All of it, directories included, in order.
    pub(super) fn into_remains(self, block_size: u64) -> Vec<Remains> {
        let mut all = self.remains;
        for directory in &self.directories {
            let start = directory.block * block_size;
            all.extend(directory.stale.iter().map(|range| Remains {
                bytes: start + range.start as u64..start + range.end as u64,
                kind: RemainsKind::DirectorySlack,
            }));
        }
        all.sort_by_key(|remains| remains.bytes.start);
        all
    }

    fn look_through_inodes(&mut self, reader: &Reader<'_>, group: usize) -> Result<()> {
        let fs = reader.fs;
        let (per_group, inode_size) = (fs.sb.inodes_per_group, u64::from(fs.sb.inode_size));
        let table = fs.groups[group].inode_table * reader.size;
        let bitmap = reader.inode_bitmap(group)?;
        for index in 0..per_group {
            let number = u64::from(per_group) * group as u64 + u64::from(index) + 1;
            let ino = u32::try_from(number).map_err(|_| Fault::Corrupt("too many inodes"))?;
            if bitmap
                .as_ref()
                .is_some_and(|bits| bit(bits, index as usize))
            {
                self.look_at_inode(reader, ino)?;
            } else {
                let start = table + u64::from(index) * inode_size;
                self.add(start..start + inode_size, RemainsKind::UnusedInodes);
            }
        }
        Ok(())
    }

    fn look_at_inode(&mut self, reader: &Reader<'_>, ino: u32) -> Result<()> {
        let fs = reader.fs;
        let is_journal = ino == fs.sb.journal_inode;
        if ino < fs.sb.first_inode && ino != ROOT && !is_journal {
            return Ok(());
        }
        let (inode, _) = fs.read_inode_verified(ino)?;
        let has_blocks = is_journal || inode.is_file() || inode.is_dir() || inode.is_symlink();
        // A short link's target is where others have their map of blocks.
        let is_short_link = inode.is_symlink() && !inode.has_extents() && inode.size < 60;
        if !has_blocks || is_short_link || inode.has_inline_data() {
            return Ok(());
        }
        let (pieces, nodes) = reader.pieces(&inode)?;
        self.held
            .extend(nodes.into_iter().map(|node| node..node + 1));
        self.held
            .extend(pieces.iter().map(|piece| piece.blocks.clone()));
        if is_journal {
            self.add_journal(reader.size, &pieces);
        } else if inode.is_dir() {
            self.look_at_directory(reader, (ino, &inode), &pieces)?;
        } else {
            // A file that was deleted while it was open has no content any more.
            let end = if inode.links_count == 0 {
                0
            } else {
                inode.size
            };
            for piece in &pieces {
                self.add_slack(reader.size, piece, end);
            }
        }
        Ok(())
    }

    /// All of the log but its superblock of 1024 bytes.
    fn add_journal(&mut self, size: u64, pieces: &[Piece]) {
        for piece in pieces {
            let kept = if piece.logical == 0 { 1024 } else { 0 };
            let (start, end) = (piece.blocks.start * size + kept, piece.blocks.end * size);
            self.add(start..end, RemainsKind::Journal);
        }
    }

    fn add_slack(&mut self, size: u64, piece: &Piece, end: u64) {
        let start = piece.logical * size;
        let used = match piece.unwritten {
            true => 0,
            false => end.saturating_sub(start),
        };
        let bytes = piece.blocks.start * size..piece.blocks.end * size;
        self.add(
            bytes.start.saturating_add(used)..bytes.end,
            RemainsKind::FileSlack,
        );
    }

    fn look_at_directory(
        &mut self,
        reader: &Reader<'_>,
        (ino, inode): (u32, &Inode),
        pieces: &[Piece],
    ) -> Result<()> {
        let fs = reader.fs;
        let mut index_nodes = Vec::new();
        for piece in pieces {
            for (logical, physical) in (piece.logical..).zip(piece.blocks.clone()) {
                let block = fs.read_block(physical)?;
                let indexed = inode.flags & InodeFlags::INDEX.bits() != 0;
                let role = match logical {
                    0 if indexed => Role::IndexRoot,
                    logical if index_nodes.contains(&logical) => Role::IndexNode,
                    _ => Role::Entries,
                };
                if role == Role::IndexRoot {
                    index_nodes = nodes_of_index(&block)?;
                }
                let mut stale = stale(&block, role, fs.csum.enabled)?;
                stale.retain(|range| block[range.clone()].iter().any(|byte| *byte != 0));
                if !stale.is_empty() {
                    self.directories.push(StaleBlock {
                        ino,
                        generation: inode.generation,
                        block: physical,
                        role,
                        stale,
                    });
                }
            }
        }
        Ok(())
    }

    fn add(&mut self, bytes: Range<u64>, kind: RemainsKind) {
        match self.remains.last_mut() {
            Some(last) if last.kind == kind && last.bytes.end == bytes.start => {
                last.bytes.end = bytes.end;
            }
            _ if bytes.start < bytes.end => self.remains.push(Remains { bytes, kind }),
            _ => {}
        }
    }
}

/// The blocks of a directory that hold an index below its root, by their number in it.
fn nodes_of_index(root: &[u8]) -> Result<Vec<u64>> {
    let info = fs_ext4::htree::parse_root_info(root)?;
    match info.indirect_levels {
        0 => Ok(Vec::new()),
        1 => {
            let (_, entries) = fs_ext4::htree::parse_root_entries(root)?;
            Ok(entries.iter().map(|entry| u64::from(entry.block)).collect())
        }
        // More needs the feature `large_dir`, which is refused.
        _ => Err(Fault::Corrupt("a directory's index is too deep")),
    }
}

/// Neighbouring blocks of a file.
struct Piece {
    /// Number of the first in the file.
    logical: u64,
    /// Where they are.
    blocks: Range<u64>,
    /// Set aside and never written: they read as zeros, whatever is there.
    unwritten: bool,
}

/// Reads the structures of a filesystem.
struct Reader<'a> {
    fs: &'a Filesystem,
    /// Length of a block in bytes.
    size: u64,
}

impl<'a> Reader<'a> {
    fn new(fs: &'a Filesystem) -> Self {
        let size = u64::from(fs.sb.block_size());
        Self { fs, size }
    }

    /// The blocks of a file in order, and those that hold its map.
    fn pieces(&self, inode: &Inode) -> Result<(Vec<Piece>, Vec<u64>)> {
        if !inode.has_extents() {
            return Ok((self.mapped_pieces(inode)?, Vec::new()));
        }
        let (extents, nodes) = fs_ext4::extent::collect_all_with_nodes(
            &inode.block,
            self.fs.dev.as_ref(),
            self.fs.sb.block_size(),
        )?;
        let piece = |extent: &fs_ext4::extent::Extent| Piece {
            logical: u64::from(extent.logical_block),
            blocks: extent.physical_block..extent.physical_block + u64::from(extent.length),
            unwritten: extent.uninitialized,
        };
        let mut pieces: Vec<Piece> = extents.iter().map(piece).collect();
        if pieces
            .iter()
            .any(|piece| piece.blocks.end > self.fs.sb.blocks_count)
        {
            return Err(Fault::Corrupt(
                "a file has blocks past the filesystem's end",
            ));
        }
        pieces.sort_by_key(|piece| piece.logical);
        Ok((pieces, nodes))
    }

    /// As [`Self::pieces`] for a file that is mapped block by block, as in ext2 and ext3. No more
    /// blocks are looked for than the file has.
    fn mapped_pieces(&self, inode: &Inode) -> Result<Vec<Piece>> {
        let (mut pieces, mut cache) = (Vec::<Piece>::new(), IndirectCache::new());
        let mut left = inode.blocks * 512 / self.size;
        for logical in 0..inode.size.div_ceil(self.size) {
            if left == 0 {
                break;
            }
            let (map, device) = (&inode.block, self.fs.dev.as_ref());
            let block_size = self.fs.sb.block_size();
            let found = fs_ext4::indirect::lookup(map, device, block_size, logical, &mut cache)?;
            let Some(physical) = found else { continue };
            left -= 1;
            if physical >= self.fs.sb.blocks_count {
                return Err(Fault::Corrupt(
                    "a file has blocks past the filesystem's end",
                ));
            }
            match pieces.last_mut() {
                Some(last)
                    if last.blocks.end == physical
                        && last.logical + (last.blocks.end - last.blocks.start) == logical =>
                {
                    last.blocks.end += 1;
                }
                _ => pieces.push(Piece {
                    logical,
                    blocks: physical..physical + 1,
                    unwritten: false,
                }),
            }
        }
        Ok(pieces)
    }

    /// Which inodes of a group are in use; none where none ever was.
    fn inode_bitmap(&self, group: usize) -> Result<Option<Vec<u8>>> {
        let descriptor = &self.fs.groups[group];
        if descriptor.flags().contains(BgdFlags::INODE_UNINIT) {
            return Ok(None);
        }
        let bitmap = self.fs.read_block(descriptor.inode_bitmap)?;
        let used = self.fs.sb.inodes_per_group as usize / 8;
        self.check_sum(&bitmap, used, descriptor.inode_bitmap_csum)?;
        Ok(Some(bitmap))
    }

    /// Adds the runs of free blocks of a group.
    fn free_blocks(&self, group: usize, free: &mut Vec<Range<u64>>) -> Result<()> {
        let (sb, descriptor) = (&self.fs.sb, &self.fs.groups[group]);
        let per_group = u64::from(sb.blocks_per_group);
        let first = u64::from(sb.first_data_block) + group as u64 * per_group;
        let end = (first + per_group).min(sb.blocks_count);
        if descriptor.flags().contains(BgdFlags::BLOCK_UNINIT) {
            free.extend(self.without_tables(first..end));
            return Ok(());
        }
        let bitmap = self.fs.read_block(descriptor.block_bitmap)?;
        let used = sb.blocks_per_group as usize / 8;
        self.check_sum(&bitmap, used, descriptor.block_bitmap_csum)?;
        for (index, block) in (first..end).enumerate() {
            if bit(&bitmap, index) {
                continue;
            }
            match free.last_mut() {
                Some(last) if last.end == block => last.end += 1,
                _ => free.push(block..block + 1),
            }
        }
        Ok(())
    }

    /// A bitmap against the sum in its group's descriptor.
    fn check_sum(&self, bitmap: &[u8], used: usize, stored: u32) -> Result<()> {
        let covered = bitmap
            .get(..used)
            .ok_or(Fault::Corrupt("a group has too many blocks"))?;
        if !self.fs.csum.enabled {
            return Ok(());
        }
        let sum = linux_crc32c(self.fs.csum.seed, covered);
        // Short descriptors have room for half of it.
        let mask = if self.fs.sb.desc_size >= 64 {
            u32::MAX
        } else {
            0xffff
        };
        match sum & mask == stored {
            true => Ok(()),
            false => Err(Fault::BadChecksum { what: "bitmap" }),
        }
    }

    /// The blocks of the groups' own tables: superblocks, descriptors, bitmaps, inodes.
    fn tables(&self) -> impl Iterator<Item = Range<u64>> {
        let sb = &self.fs.sb;
        let inodes = u64::from(sb.inodes_per_group) * u64::from(sb.inode_size);
        let table = inodes.div_ceil(self.size);
        let start = u64::from(sb.first_data_block);
        (0u64..)
            .zip(&self.fs.groups)
            .flat_map(move |(number, group)| {
                let first = start + number * u64::from(sb.blocks_per_group);
                [
                    first..first + sb.group_head_metadata_blocks(number),
                    group.block_bitmap..group.block_bitmap + 1,
                    group.inode_bitmap..group.inode_bitmap + 1,
                    group.inode_table..group.inode_table + table,
                ]
            })
    }

    /// What the groups' tables leave of `blocks`.
    fn without_tables(&self, blocks: Range<u64>) -> Vec<Range<u64>> {
        let inside = |range: &Range<u64>| range.start < blocks.end && blocks.start < range.end;
        let mut taken: Vec<_> = self.tables().filter(inside).collect();
        taken.sort_by_key(|range| range.start);
        let (mut left, mut at) = (Vec::new(), blocks.start);
        for range in taken {
            if at < range.start {
                left.push(at..range.start);
            }
            at = at.max(range.end);
        }
        if at < blocks.end {
            left.push(at..blocks.end);
        }
        left
    }
}

/// Refuses free blocks that something holds. Both are sorted.
fn check_apart(held: &[Range<u64>], free: &[Range<u64>]) -> Result<()> {
    let mut free = free.iter().peekable();
    for range in held.iter().filter(|range| !range.is_empty()) {
        while free.next_if(|f| f.end <= range.start).is_some() {}
        if free.peek().is_some_and(|f| f.start < range.end) {
            return Err(Fault::Corrupt("a block that is in use is marked as free"));
        }
    }
    Ok(())
}

fn bit(bitmap: &[u8], index: usize) -> bool {
    bitmap
        .get(index / 8)
        .is_none_or(|byte| byte >> (index % 8) & 1 == 1)
}
