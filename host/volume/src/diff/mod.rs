//! The difference between two volume trees, file by file: what a preview shows and what the record
//! of a deployment keeps.
//!
//! A [`TreeDiff`] is plain data that holds everything needed to show it: it travels as JSON from
//! the process that made it. `compare` makes the entries, `content` their content changes, `owners`
//! the names in them; `render` shows it, `redact` masks secrets.

mod compare;
mod content;
mod owners;
mod redact;
mod render;
#[cfg(test)]
mod tests;

pub use render::Style;

use crate::error::Result;
use crate::filesystem::FileKind;
use crate::path::VolumePath;
use crate::tree::VolumeTree;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What changed between two trees.
///
/// Times are not compared, nor are numbers of names: a file whose time alone differs is no change.
/// A file that was moved shows as removed and added.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TreeDiff {
    /// The changed paths, in the order of their bytes.
    pub entries: Vec<DiffEntry>,
}

/// One changed path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffEntry {
    /// The path without links, escaped.
    pub path: VolumePath,
    /// `added`, `removed` or `modified`.
    pub change: Change,
    /// What was there, unless it was added.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<FileState>,
    /// What is there now, unless it was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<FileState>,
    /// How the content of the file that is there now differs, if it does. Nothing for a removed
    /// one: what it held is in the volume that it was removed from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ContentChange>,
    /// What changed it last, as [`VolumeTree::set_origin`] was told: `scripts/network.rhai:12`. It
    /// is not shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// What happened to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Nothing was there before.
    Added,
    /// Nothing is there now.
    Removed,
    /// Something else is there, or the same with other content or attributes.
    Modified,
}

/// What is known of a file beside its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileState {
    /// `file`, `directory`, `symlink`, `char-device`, `block-device`, `fifo` or `socket`.
    pub kind: FileKind,
    /// The 12 permission bits, as a number.
    pub mode: u32,
    /// Number of the owner.
    pub uid: u32,
    /// Number of the group.
    pub gid: u32,
    /// The owner's name in that tree's `/etc/passwd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    /// The group's name in that tree's `/etc/group`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// Length in bytes of a regular file, unless that could tell of a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub len: Option<u64>,
    /// Target of a symbolic link, escaped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Major and minor number of a device node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<(u32, u32)>,
    /// Extended attributes: a text as it is (escaped, without the NUL that ends it), anything else
    /// in hexadecimal digits after `0x`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub xattrs: BTreeMap<String, String>,
}

/// How a file's content changed; `kind` in JSON says which of these it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ContentChange {
    /// Text, as a unified diff.
    Text {
        /// The changed places, in order, with 3 lines around them.
        hunks: Vec<Hunk>,
    },
    /// Binary content, or text beyond the limits.
    Summary {
        /// What it was, if it was a regular file.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<ContentSummary>,
        /// What it is now.
        after: ContentSummary,
    },
    /// The file holds a secret: only how many lines changed.
    Secret {
        /// Lines added or changed, the larger of new and old; nothing when it is not text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lines: Option<u64>,
    },
}

/// One place in a text that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// Number of its first line in the text before, from 1; where it would be, if it has none.
    pub before_line: u64,
    /// Number of its first line in the text after.
    pub after_line: u64,
    /// Its lines, in order.
    pub lines: Vec<DiffLine>,
}

/// One line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    /// `same`, `removed` or `added`.
    pub side: Side,
    /// The line as it is, without its line feed; for a terminal it must be escaped.
    pub text: String,
    /// Whether the file ends here without a line feed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_newline: bool,
}

/// Which of the two texts a line is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// In both.
    Same,
    /// Only in the one before.
    Removed,
    /// Only in the one after.
    Added,
}

/// Content that is not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContentSummary {
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 of it, 64 hexadecimal digits.
    pub sha256: String,
}

/// Which paths a diff compares.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// All of both trees.
    Everything,
    /// Only these, without links, as [`VolumeTree::touched`] gives them; the cost is that of
    /// looking at them, whatever the size of the trees.
    Paths(&'a BTreeMap<VolumePath, bool>),
}

/// How much a diff takes and shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiffLimits {
    /// The most entries of either tree that are compared.
    pub entries: usize,
    /// The longest text in bytes that is shown as a diff; longer ones are summarised.
    pub text: u64,
    /// The most bytes of diff lines in all; past it, every change is summarised.
    pub total: u64,
}

impl Default for DiffLimits {
    /// A million entries, 256 KiB a text, 16 MiB in all.
    fn default() -> Self {
        Self {
            entries: 1_000_000,
            text: 256 * 1024,
            total: 16 * 1024 * 1024,
        }
    }
}

/// How many entries of each kind a diff has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct DiffCounts {
    /// Modified entries.
    pub changed: usize,
    /// Added entries.
    pub added: usize,
    /// Removed entries.
    pub removed: usize,
}

impl TreeDiff {
    /// Compares two trees. Files that either tree marks secret show only how much of them changed.
    ///
    /// With [`Scope::Paths`], a file that has several names shows under those that are among the
    /// paths; its other names, which changed with it, are not looked for.
    ///
    /// # Errors
    /// Those of reading both trees; `LimitReached` past the limit of entries.
    pub fn between(
        before: &VolumeTree,
        after: &VolumeTree,
        scope: Scope<'_>,
        limits: DiffLimits,
    ) -> Result<Self> {
        compare::compare(before, after, scope, limits)
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many entries of each kind there are.
    pub fn counts(&self) -> DiffCounts {
        let count = |change| self.entries.iter().filter(|e| e.change == change).count();
        DiffCounts {
            changed: count(Change::Modified),
            added: count(Change::Added),
            removed: count(Change::Removed),
        }
    }

    /// Masks every text that has one of the plain `secrets` in it, also in base64 or hexadecimal
    /// form: a diff line becomes `[secret]`. Of a secret of several lines, each line counts.
    /// Secrets and lines shorter than 4 bytes are not looked for: they are in every file.
    pub fn redact(&mut self, secrets: &[&str]) {
        redact::redact(self, secrets);
    }

    /// The diff as text: a line for each path, the content's diff below it, and the counts.
    pub fn render(&self, style: Style) -> String {
        render::render(self, style)
    }

    /// As [`Self::render`], without the line of counts ([`DiffCounts`] displays as it).
    pub fn render_entries(&self, style: Style) -> String {
        render::render_entries(self, style)
    }
}
