//! Tree text: a file tree as text that people write by hand and that reads back exactly.
//!
//! The format is described in `docs/reference/tree-text.md`, whose example a test reads.

mod entry;
mod read;
#[cfg(test)]
mod tests;
mod write;

use crate::error::Result;
use crate::filesystem::{FileKind, Timestamp};
use crate::tree::VolumeTree;

/// How much a tree text takes, and what it leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLimits {
    /// The most entries that are written.
    pub entries: usize,
    /// The longest content in bytes that is written out; of a longer one, only length and digest
    /// are, and such a text cannot be read back.
    pub content: u64,
    /// The most bytes of text.
    pub total: usize,
    /// The tree's own time: an entry of another time gets an `mtime`.
    pub time: Timestamp,
}

impl Default for TextLimits {
    /// A million entries, 64 KiB a content, 64 MiB of text, the time 0.
    fn default() -> Self {
        Self {
            entries: 1_000_000,
            content: 64 * 1024,
            total: 64 * 1024 * 1024,
            time: Timestamp::default(),
        }
    }
}

/// Writes everything below the directory `from` as tree text, `from` being `/` in it.
///
/// # Errors
/// `NotADirectory`, those of reading the tree, and `LimitReached`.
pub fn write(tree: &VolumeTree, from: impl AsRef<[u8]>, limits: &TextLimits) -> Result<String> {
    write::write(tree, from.as_ref(), limits)
}

/// Reads a tree text into a filesystem in memory; `time` is the time of all that has no `mtime`.
///
/// # Errors
/// `InvalidArgument`, with the number of the line.
pub fn read(text: &str, time: Timestamp) -> Result<VolumeTree> {
    read::read(text, time)
}

/// The mode of an entry that gives none.
fn default_mode(kind: FileKind) -> u32 {
    match kind {
        FileKind::File => 0o644,
        FileKind::Directory => 0o755,
        FileKind::Symlink => 0o777,
        _ => 0o600,
    }
}
