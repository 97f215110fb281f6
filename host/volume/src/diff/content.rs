//! How the content of one file changed: as a unified diff, a summary, or only how much.

use super::{ContentChange, ContentSummary, DiffLimits, DiffLine, Hunk, Side};
use crate::digits::hex;
use crate::error::Result;
use crate::filesystem::{FileKind, Metadata};
use crate::path::VolumePath;
use crate::tree::VolumeTree;
use sha2::{Digest, Sha256};
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

/// How many lines of context a hunk has on each side.
const CONTEXT: usize = 3;

/// The most lines of both texts together that are compared line by line.
const MAX_LINES: usize = 20_000;

/// Compares contents, within the limits of one diff.
pub(super) struct Contents<'a> {
    before: &'a VolumeTree,
    after: &'a VolumeTree,
    limits: DiffLimits,
    /// Bytes of diff lines so far.
    shown: u64,
}

/// The content of one file: in memory where it is short enough, else its digest.
enum Content {
    Short(Vec<u8>),
    Long(ContentSummary),
}

impl<'a> Contents<'a> {
    pub(super) fn new(before: &'a VolumeTree, after: &'a VolumeTree, limits: DiffLimits) -> Self {
        Self {
            before,
            after,
            limits,
            shown: 0,
        }
    }

    /// How the content at `path` changed; nothing when it did not, or when no regular file is
    /// there now.
    pub(super) fn change(
        &mut self,
        path: &VolumePath,
        was: Option<&Metadata>,
        is: Option<&Metadata>,
        secret: bool,
    ) -> Result<Option<ContentChange>> {
        let is_file = |metadata: &&Metadata| metadata.kind == FileKind::File;
        let Some(is) = is.filter(is_file) else {
            return Ok(None);
        };
        let was = was.filter(is_file);
        let before = was
            .map(|was| self.content(self.before, path, was.len))
            .transpose()?;
        let after = self.content(self.after, path, is.len)?;
        if before.as_ref().is_some_and(|before| before.is_same(&after)) {
            return Ok(None);
        }
        if is.len == 0 && was.is_none() {
            return Ok(None);
        }
        Ok(Some(self.describe(before, after, secret)))
    }

    fn content(&self, tree: &VolumeTree, path: &VolumePath, len: u64) -> Result<Content> {
        let mut short = Vec::new();
        let mut hash = Sha256::new();
        let is_short = len <= self.limits.text;
        tree.stored_content(path, len, |chunk| {
            if is_short {
                short.extend_from_slice(chunk);
            } else {
                hash.update(chunk);
            }
            Ok(())
        })?;
        Ok(match is_short {
            true => Content::Short(short),
            false => Content::Long(ContentSummary {
                bytes: len,
                sha256: hex(&hash.finalize()),
            }),
        })
    }

    fn describe(&mut self, before: Option<Content>, after: Content, secret: bool) -> ContentChange {
        let hunks = lines(before.as_ref(), &after).map(|(old, new)| hunks(&old, &new));
        if secret {
            let lines = hunks.as_deref().map(count_changed);
            return ContentChange::Secret { lines };
        }
        if let Some(hunks) = hunks {
            let texts = hunks.iter().flat_map(|hunk| &hunk.lines);
            let bytes = texts.map(|line| line.text.len() as u64).sum::<u64>();
            if self.shown.saturating_add(bytes) <= self.limits.total {
                self.shown += bytes;
                return ContentChange::Text { hunks };
            }
        }
        ContentChange::Summary {
            before: before.map(Content::summary),
            after: after.summary(),
        }
    }
}

impl Content {
    fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Short(a), Self::Short(b)) => a == b,
            (Self::Long(a), Self::Long(b)) => a == b,
            _ => false,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Short(bytes) if !bytes.contains(&0) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    fn summary(self) -> ContentSummary {
        match self {
            Self::Short(bytes) => ContentSummary {
                bytes: bytes.len() as u64,
                sha256: hex(&Sha256::digest(&bytes)),
            },
            Self::Long(summary) => summary,
        }
    }
}

/// The lines of both, each with its line feed, when both are text and few enough.
fn lines<'a>(
    before: Option<&'a Content>,
    after: &'a Content,
) -> Option<(Vec<&'a str>, Vec<&'a str>)> {
    let old = before.map_or(Some(""), Content::text)?;
    let new = after.text()?;
    let split = |text: &'a str| text.split_inclusive('\n').collect::<Vec<_>>();
    let (old, new) = (split(old), split(new));
    (old.len() + new.len() <= MAX_LINES).then_some((old, new))
}

/// The changed places with their context.
fn hunks(old: &[&str], new: &[&str]) -> Vec<Hunk> {
    let ops = capture_diff_slices(Algorithm::Myers, old, new);
    let groups = group_diff_ops(ops, CONTEXT);
    groups
        .iter()
        .filter_map(|ops| hunk(ops, old, new))
        .collect()
}

fn hunk(ops: &[DiffOp], old: &[&str], new: &[&str]) -> Option<Hunk> {
    let first = ops.first()?;
    let mut lines = Vec::new();
    for op in ops {
        let (removed, added) = (old.get(op.old_range())?, new.get(op.new_range())?);
        match op.tag() {
            DiffTag::Equal => lines.extend(added.iter().map(|line| diff_line(Side::Same, line))),
            _ => {
                lines.extend(removed.iter().map(|line| diff_line(Side::Removed, line)));
                lines.extend(added.iter().map(|line| diff_line(Side::Added, line)));
            }
        }
    }
    Some(Hunk {
        before_line: first.old_range().start as u64 + 1,
        after_line: first.new_range().start as u64 + 1,
        lines,
    })
}

fn diff_line(side: Side, line: &str) -> DiffLine {
    let text = line.strip_suffix('\n');
    DiffLine {
        side,
        text: text.unwrap_or(line).to_owned(),
        no_newline: text.is_none(),
    }
}

/// How many lines were changed or added; how many were removed, if more.
fn count_changed(hunks: &[Hunk]) -> u64 {
    let count = |side| {
        let lines = hunks.iter().flat_map(|hunk| &hunk.lines);
        lines.filter(|line| line.side == side).count() as u64
    };
    count(Side::Added).max(count(Side::Removed))
}
