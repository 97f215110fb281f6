//! What a driver changed, so that it can be read back.

use super::content::Whole;
use crate::path::VolumePath;
use std::collections::{BTreeMap, BTreeSet};

/// The paths that may have changed, and the inodes whose content did.
#[derive(Debug, Default)]
pub(super) struct Changes {
    paths: BTreeSet<VolumePath>,
    contents: BTreeMap<u32, Option<Whole>>,
}

impl Changes {
    /// Something about the file at `path` changed.
    pub(super) fn touch(&mut self, path: &VolumePath) {
        self.paths.insert(path.clone());
    }

    /// An entry of a directory came, went or names another file.
    pub(super) fn touch_entry(&mut self, path: &VolumePath) {
        self.touch(path);
        if let Some(parent) = path.parent() {
            self.touch(&parent);
        }
    }

    /// What was at `from`, and all below it, is at `to` now.
    pub(super) fn moved(&mut self, from: &VolumePath, to: &VolumePath) {
        let below: Vec<VolumePath> = self
            .paths
            .iter()
            .filter_map(|path| path.strip_prefix(from))
            .map(|rest| to.concat(&rest))
            .collect();
        self.paths.extend(below);
        self.touch_entry(from);
        self.touch_entry(to);
    }

    /// The content of the inode changed, and is `whole` where it was written as a whole.
    pub(super) fn content(&mut self, ino: u32, whole: Option<Whole>) {
        self.contents.insert(ino, whole);
    }

    /// Every path that may have changed.
    pub(super) fn paths(&self) -> impl Iterator<Item = &VolumePath> {
        self.paths.iter()
    }

    /// None when the inode's content did not change; else what it is, where that is known.
    pub(super) fn content_of(&self, ino: u32) -> Option<Option<&Whole>> {
        self.contents.get(&ino).map(Option::as_ref)
    }
}
