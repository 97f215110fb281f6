//! Walking a tree: iterative, bounded, and stopped by a directory that contains itself.

use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::filesystem::{DirEntry, FileKind, Metadata};
use crate::path::VolumePath;
use crate::tree::{LastLink, VolumeTree};
use std::collections::HashSet;

/// The most entries that one call moves, copies or removes.
pub(super) const MAX_ENTRIES: usize = 1_000_000;

/// The most bytes that the paths of one walk's result may have together: names are the guest's,
/// and a million of the longest would be 4 GiB.
const MAX_PATH_BYTES: usize = 256 * 1024 * 1024;

/// Where a walk of the tree came by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WalkEntry {
    /// The path without links.
    pub path: VolumePath,
    /// What is there.
    pub metadata: Metadata,
}

impl VolumeTree {
    /// Everything below `path` and itself, parents first, names sorted, links not followed (but
    /// for one at the end of `path`), mounts crossed. What could not be mounted
    /// ([`Self::blocked_mounts`]) shows as an empty directory.
    ///
    /// # Errors
    /// As [`Self::metadata`]; `LimitReached` past `limit` entries, `Damaged` for a directory that
    /// is reached twice.
    pub fn walk(&self, path: impl AsRef<[u8]>, limit: usize) -> Result<Vec<WalkEntry>> {
        let mut entries = Vec::new();
        let mut bytes = 0usize;
        self.visit(path, limit, |entry| {
            bytes = bytes.saturating_add(entry.path.as_bytes().len());
            if bytes > MAX_PATH_BYTES {
                let why = format!("its paths have more than {MAX_PATH_BYTES} bytes together");
                let kind = VolumeErrorKind::LimitReached;
                return Err(VolumeError::cannot(kind, "walk to", &entry.path, &why));
            }
            entries.push(entry);
            Ok(())
        })?;
        Ok(entries)
    }

    /// As [`Self::walk`], but gives each entry to `take` as it comes; an error of `take` ends it.
    ///
    /// # Errors
    /// As [`Self::walk`], and those of `take`.
    pub fn visit(
        &self,
        path: impl AsRef<[u8]>,
        limit: usize,
        take: impl FnMut(WalkEntry) -> Result<()>,
    ) -> Result<()> {
        let resolved = self.resolve_to("walk", path.as_ref(), LastLink::Follow)?;
        if resolved.found.is_none() {
            self.existing("walk", path, LastLink::Follow)?;
        }
        self.visit_stored(&resolved.path, limit, take)
    }

    /// As [`Self::walk`], from a path without links on.
    pub(super) fn walk_stored(&self, path: &VolumePath, limit: usize) -> Result<Vec<WalkEntry>> {
        // A path without links leads to itself, unless it is a link.
        match self.find("walk", path)? {
            Some(metadata) if metadata.kind != FileKind::Directory => Ok(vec![WalkEntry {
                path: path.clone(),
                metadata,
            }]),
            _ => self.walk(path, limit),
        }
    }

    fn visit_stored(
        &self,
        path: &VolumePath,
        limit: usize,
        mut take: impl FnMut(WalkEntry) -> Result<()>,
    ) -> Result<()> {
        let mut walk = Walk {
            tree: self,
            limit,
            count: 0,
            directories: HashSet::new(),
            open: Vec::new(),
        };
        take(walk.enter(path.clone())?)?;
        while let Some(path) = walk.next_path()? {
            take(walk.enter(path)?)?;
        }
        Ok(())
    }
}

/// A walk under way. Depth costs a stack entry on the heap, never one of the thread's stack.
struct Walk<'a> {
    tree: &'a VolumeTree,
    limit: usize,
    count: usize,
    /// The directories seen, by mount and inode: no directory can have two names, so one that
    /// comes again is a loop, or a tree folded to look exponentially large.
    directories: HashSet<(usize, u64)>,
    /// The directories being listed, each with the entries still to come.
    open: Vec<(VolumePath, std::vec::IntoIter<DirEntry>)>,
}

impl Walk<'_> {
    fn next_path(&mut self) -> Result<Option<VolumePath>> {
        while let Some((directory, entries)) = self.open.last_mut() {
            if let Some(entry) = entries.next() {
                let path = directory.join(&entry.name);
                return path
                    .map(Some)
                    .map_err(|_| unwalkable(directory, &entry.name));
            }
            self.open.pop();
        }
        Ok(None)
    }

    fn enter(&mut self, path: VolumePath) -> Result<WalkEntry> {
        self.tree.check_interrupt()?;
        self.count += 1;
        if self.count > self.limit {
            let why = format!("there are more than {} entries", self.limit);
            let kind = VolumeErrorKind::LimitReached;
            return Err(VolumeError::cannot(kind, "walk to", &path, &why));
        }
        let Some(metadata) = self.tree.find("walk to", &path)? else {
            let why = "its directory lists it, but it is not there";
            let kind = VolumeErrorKind::Damaged;
            return Err(VolumeError::cannot(kind, "walk to", &path, why));
        };
        if metadata.kind == FileKind::Directory && !self.tree.blocked.contains_key(&path) {
            self.open_directory(&path, &metadata)?;
        }
        Ok(WalkEntry { path, metadata })
    }

    fn open_directory(&mut self, path: &VolumePath, metadata: &Metadata) -> Result<()> {
        let place = self.tree.place("list", path)?;
        // Filesystems without inode numbers give 0; there the limits of paths and entries hold.
        if metadata.inode != 0 && !self.directories.insert((place.mount, metadata.inode)) {
            let why = "the same directory was reached by another path, directories form a loop";
            let kind = VolumeErrorKind::Damaged;
            return Err(VolumeError::cannot(kind, "walk to", path, why));
        }
        let entries = self
            .tree
            .read_in(&place, |filesystem, inner| filesystem.read_dir(inner))?;
        self.open.push((path.clone(), entries.into_iter()));
        Ok(())
    }
}

/// Why the entry `name` of `directory` has no path.
fn unwalkable(directory: &VolumePath, name: &[u8]) -> VolumeError {
    let is_name = VolumePath::root().join(name).is_ok();
    let (kind, why) = match is_name {
        true => (
            VolumeErrorKind::InvalidPath,
            "a path below it is longer than 4096 bytes",
        ),
        false => (
            VolumeErrorKind::Damaged,
            "an entry has a name that no file can have",
        ),
    };
    VolumeError::cannot(kind, "walk through", directory, why)
}
