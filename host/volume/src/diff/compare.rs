//! Finding the paths that differ, and how their attributes do.

use super::content::Contents;
use super::owners::Owners;
use super::{Change, DiffEntry, DiffLimits, FileState, Scope, TreeDiff};
use crate::digits::hex;
use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::escape::escape;
use crate::filesystem::{FileKind, Metadata};
use crate::path::VolumePath;
use crate::tree::VolumeTree;
use std::collections::BTreeMap;

pub(super) fn compare(
    before: &VolumeTree,
    after: &VolumeTree,
    scope: Scope<'_>,
    limits: DiffLimits,
) -> Result<TreeDiff> {
    let mut comparison = Comparison {
        before: Side::new(before),
        after: Side::new(after),
        contents: Contents::new(before, after, limits),
    };
    let mut entries = Vec::new();
    match scope {
        Scope::Everything => {
            for (path, (was, is)) in all_paths(before, after, limits.entries)? {
                entries.extend(comparison.entry(&path, was, is)?);
            }
        }
        Scope::Paths(paths) => {
            check_count(paths.len(), limits.entries)?;
            for path in paths.keys() {
                after.check_interrupt()?;
                let (was, is) = (before.find_stored(path)?, after.find_stored(path)?);
                entries.extend(comparison.entry(path, was, is)?);
            }
        }
    }
    Ok(TreeDiff { entries })
}

/// What is at a path before and after.
type Both = (Option<Metadata>, Option<Metadata>);

fn all_paths(
    before: &VolumeTree,
    after: &VolumeTree,
    limit: usize,
) -> Result<BTreeMap<VolumePath, Both>> {
    let mut paths: BTreeMap<VolumePath, Both> = BTreeMap::new();
    for entry in before.walk("/", limit)? {
        paths.insert(entry.path, (Some(entry.metadata), None));
    }
    for entry in after.walk("/", limit)? {
        paths.entry(entry.path).or_default().1 = Some(entry.metadata);
    }
    Ok(paths)
}

fn check_count(count: usize, limit: usize) -> Result<()> {
    if count > limit {
        let message = format!("cannot compare {count} paths: the limit is {limit}");
        return Err(VolumeError::new(VolumeErrorKind::LimitReached, message));
    }
    Ok(())
}

/// A comparison under way.
struct Comparison<'a> {
    before: Side<'a>,
    after: Side<'a>,
    contents: Contents<'a>,
}

impl Comparison<'_> {
    /// The entry for `path`, if anything that a diff shows differs there.
    fn entry(
        &mut self,
        path: &VolumePath,
        was: Option<Metadata>,
        is: Option<Metadata>,
    ) -> Result<Option<DiffEntry>> {
        let change = match (&was, &is) {
            (None, None) => return Ok(None),
            (None, Some(_)) => Change::Added,
            (Some(_), None) => Change::Removed,
            (Some(_), Some(_)) => Change::Modified,
        };
        let secret = self.before.tree.is_secret_at(path) || self.after.tree.is_secret_at(path);
        let before = self.before.state(path, was.as_ref())?;
        let after = self.after.state(path, is.as_ref())?;
        let content = self
            .contents
            .change(path, was.as_ref(), is.as_ref(), secret)?;
        // Names are how a number is shown; a file whose owner was renamed is the same file.
        if content.is_none() && same_but_for_names(before.as_ref(), after.as_ref()) {
            return Ok(None);
        }
        let shown = |state: Option<FileState>| {
            let len = |state: &FileState| state.len.filter(|_| !secret);
            state.map(|state| FileState {
                len: len(&state),
                ..state
            })
        };
        Ok(Some(DiffEntry {
            path: path.clone(),
            change,
            before: shown(before),
            after: shown(after),
            content,
            origin: self.after.tree.origin(path).map(str::to_owned),
        }))
    }
}

fn same_but_for_names(before: Option<&FileState>, after: Option<&FileState>) -> bool {
    let nameless = |state: &FileState| FileState {
        user: None,
        group: None,
        ..state.clone()
    };
    before.map(nameless) == after.map(nameless)
}

/// One of the two trees.
struct Side<'a> {
    tree: &'a VolumeTree,
    owners: Owners,
}

impl<'a> Side<'a> {
    fn new(tree: &'a VolumeTree) -> Self {
        Self {
            tree,
            owners: Owners::of(tree),
        }
    }

    fn state(&self, path: &VolumePath, metadata: Option<&Metadata>) -> Result<Option<FileState>> {
        let Some(metadata) = metadata else {
            return Ok(None);
        };
        let kind = metadata.kind;
        let target = match kind {
            FileKind::Symlink => Some(escape(&self.tree.stored_link("compare", path)?)),
            _ => None,
        };
        let is_device = matches!(kind, FileKind::CharDevice | FileKind::BlockDevice);
        let xattrs = self.tree.stored_xattrs(path)?;
        Ok(Some(FileState {
            kind,
            mode: metadata.mode,
            uid: metadata.uid,
            gid: metadata.gid,
            user: self.owners.user(metadata.uid),
            group: self.owners.group(metadata.gid),
            len: (kind == FileKind::File).then_some(metadata.len),
            target,
            device: is_device.then_some(metadata.device),
            xattrs: xattrs
                .into_iter()
                .map(|(name, value)| (name, show_value(&value)))
                .collect(),
        }))
    }
}

/// An attribute's value: readable text as it is, anything else in hexadecimal digits.
fn show_value(value: &[u8]) -> String {
    let text = value.strip_suffix(b"\0").unwrap_or(value);
    match std::str::from_utf8(text) {
        Ok(text) if !text.contains(char::is_control) && !text.starts_with("0x") => {
            escape(text.as_bytes())
        }
        _ => format!("0x{}", hex(value)),
    }
}
