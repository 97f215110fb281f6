//! Which bytes of a directory's block name nothing: deleted entries and what lies behind names.

use super::inodes::word;
use fs_ext4::{Error as Fault, Result};
use std::ops::Range;

/// What a block of a directory is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Entries.
    Entries,
    /// The first block of an indexed directory: `.`, `..`, and the index.
    IndexRoot,
    /// A further block of the index.
    IndexNode,
}

/// Length of an entry before its name.
const HEAD: usize = 8;
/// Length of one entry of an index, and of the checksum behind all of them.
const INDEX_ENTRY: usize = 8;
/// Type byte of the entry that holds a block's checksum.
const CHECKSUM_TYPE: u8 = 0xde;

impl Role {
    /// Where the count and limit of an index start.
    pub(super) fn index_at(self) -> Option<usize> {
        match self {
            Self::Entries => None,
            Self::IndexRoot => Some(32),
            Self::IndexNode => Some(8),
        }
    }
}

/// The bytes of `block` that mean nothing, in order. `checksums` says whether the filesystem has them.
pub(super) fn stale(block: &[u8], role: Role, checksums: bool) -> Result<Vec<Range<usize>>> {
    match role.index_at() {
        None => in_entries(block),
        Some(start) => in_index(block, start, checksums),
    }
}

fn in_entries(block: &[u8]) -> Result<Vec<Range<usize>>> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < block.len() {
        let entry = block.get(at..).unwrap_or_default();
        let len = match usize::from(word(entry, 4)) {
            // A block of 64 KiB does not fit into 16 bits.
            0 | 0xffff if block.len() == 1 << 16 => block.len(),
            len => len,
        };
        if len < HEAD || !len.is_multiple_of(4) || len > entry.len() {
            return Err(Fault::Corrupt(
                "a directory has an entry of impossible length",
            ));
        }
        let named = entry
            .first_chunk()
            .is_some_and(|inode: &[u8; 4]| *inode != [0; 4]);
        let (name, kind) = (entry.get(6).copied(), entry.get(7).copied());
        let used = match named {
            true => HEAD + usize::from(name.unwrap_or(0)),
            false if kind == Some(CHECKSUM_TYPE) && len == 12 => len,
            false => HEAD,
        };
        if used > len {
            return Err(Fault::Corrupt(
                "a directory has a name that is longer than its entry",
            ));
        }
        if used < len {
            found.push(at + used..at + len);
        }
        at += len;
    }
    Ok(found)
}

fn in_index(block: &[u8], start: usize, checksums: bool) -> Result<Vec<Range<usize>>> {
    let (limit, count) = (word(block, start), word(block, start + 2));
    let end = |entries: u16| start + usize::from(entries) * INDEX_ENTRY;
    let checksum = if checksums { INDEX_ENTRY } else { 0 };
    if count == 0 || count > limit || end(limit) + checksum > block.len() {
        return Err(Fault::Corrupt("a directory's index has impossible counts"));
    }
    let stretches = [end(count)..end(limit), end(limit) + checksum..block.len()];
    Ok(stretches.into_iter().filter(|s| !s.is_empty()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(inode: u32, len: u16, name: &[u8], kind: u8) -> Vec<u8> {
        let mut bytes = inode.to_le_bytes().to_vec();
        bytes.extend(len.to_le_bytes());
        bytes.push(u8::try_from(name.len()).unwrap());
        bytes.push(kind);
        bytes.extend(name);
        bytes.resize(usize::from(len), b'#');
        bytes
    }

    #[test]
    fn names_stay_and_all_between_them_is_stale() {
        let block = [
            entry(2, 12, b".", 2),
            entry(2, 40, b"..", 2),
            entry(0, 20, b"deleted", 1),
            entry(11, 12, b"full", 1),
            entry(0, 12, b"", CHECKSUM_TYPE),
        ]
        .concat();
        assert_eq!(
            stale(&block, Role::Entries, true).unwrap(),
            [9..12, 22..52, 60..72]
        );
        for damage in [entry(2, 6, b"", 1), entry(2, 12, b"longer than it", 1)] {
            stale(&damage[..6.max(damage.len().min(12))], Role::Entries, true).unwrap_err();
        }
    }

    #[test]
    fn an_index_ends_with_its_count() {
        let mut block = vec![b'#'; 1024];
        block[32..36].copy_from_slice(&[100, 0, 3, 0]);
        let found = stale(&block, Role::IndexRoot, true).unwrap();
        assert_eq!(found, [56..832, 840..1024]);
        block[32..34].copy_from_slice(&124u16.to_le_bytes());
        stale(&block, Role::IndexRoot, true).unwrap_err();
        let found = stale(&block, Role::IndexRoot, false).unwrap();
        assert_eq!((found.len(), &found[0]), (1, &(56..1024)));
        block[8..12].copy_from_slice(&[2, 0, 3, 0]);
        stale(&block, Role::IndexNode, false).unwrap_err();
    }
}
