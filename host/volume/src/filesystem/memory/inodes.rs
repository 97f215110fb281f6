//! The inodes of a filesystem in memory, and the directories that name them.

use super::content::Content;
use super::{Body, Entries, Inode, Memory, ROOT};
use crate::error::{Result, VolumeError, VolumeErrorKind as Kind};
use crate::filesystem::{Ownership, rules};
use crate::path::VolumePath;
use std::collections::BTreeMap;

impl Memory {
    pub(super) fn inode(&self, number: u64) -> Result<&Inode> {
        self.inodes.get(&number).ok_or_else(|| lost(number))
    }

    pub(super) fn inode_mut(&mut self, number: u64) -> Result<&mut Inode> {
        self.inodes.get_mut(&number).ok_or_else(|| lost(number))
    }

    /// The number of the inode at `path`; `what` is being done, for the error.
    pub(super) fn find(&self, what: &str, path: &VolumePath) -> Result<u64> {
        let mut number = ROOT;
        for name in path.names() {
            let Body::Directory(entries) = &self.inode(number)?.body else {
                return Err(rules::not_a_directory(what, path));
            };
            number = *entries
                .get(name)
                .ok_or_else(|| rules::not_found(what, path))?;
        }
        Ok(number)
    }

    pub(super) fn entries(&self, number: u64, what: &str, path: &VolumePath) -> Result<&Entries> {
        match &self.inode(number)?.body {
            Body::Directory(entries) => Ok(entries),
            _ => Err(rules::not_a_directory(what, path)),
        }
    }

    /// The directory that `path` is in and its name there, which need not exist; the root has none.
    pub(super) fn place(&self, what: &str, path: &VolumePath) -> Result<Option<(u64, Vec<u8>)>> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(None);
        };
        let directory = self
            .find(what, &parent)
            .map_err(|e| rules::renamed(e, what, path))?;
        self.entries(directory, what, path)?;
        Ok(Some((directory, name.to_vec())))
    }

    pub(super) fn content(&self, what: &str, path: &VolumePath) -> Result<&Content> {
        match &self.inode(self.find(what, path)?)?.body {
            Body::File(content) => Ok(content),
            _ => Err(rules::not_a_file(what, path)),
        }
    }

    pub(super) fn check_writable(&self, what: &str, path: &VolumePath) -> Result<()> {
        if self.finished {
            return Err(rules::finished(what, path));
        }
        Ok(())
    }

    /// Makes a new inode at `path`.
    pub(super) fn create(&mut self, path: &VolumePath, owner: Ownership, body: Body) -> Result<()> {
        self.check_writable("create", path)?;
        rules::check_mode("create", path, owner.mode)?;
        let (directory, name) = self.free_place("create", path)?;
        let number = self.next_inode;
        self.next_inode += 1;
        let is_directory = matches!(body, Body::Directory(_));
        let inode = Inode {
            owner,
            links: if is_directory { 2 } else { 1 },
            accessed: self.time,
            modified: self.time,
            xattrs: BTreeMap::new(),
            body,
        };
        self.inodes.insert(number, inode);
        self.enter(directory, name, number)
    }

    /// As [`Self::place`], for a name that must not be in use.
    pub(super) fn free_place(&self, what: &str, path: &VolumePath) -> Result<(u64, Vec<u8>)> {
        let (directory, name) = self
            .place(what, path)?
            .ok_or_else(|| rules::already_exists(what, path))?;
        if self.entries(directory, what, path)?.contains_key(&name) {
            return Err(rules::already_exists(what, path));
        }
        Ok((directory, name))
    }

    /// Puts `number` into a directory. A directory's own link count is set where it is made.
    pub(super) fn enter(&mut self, directory: u64, name: Vec<u8>, number: u64) -> Result<()> {
        let subdirectory = matches!(self.inode(number)?.body, Body::Directory(_));
        let time = self.time;
        let parent = self.inode_mut(directory)?;
        parent.modified = time;
        parent.links += u64::from(subdirectory);
        if let Body::Directory(entries) = &mut parent.body {
            entries.insert(name, number);
        }
        Ok(())
    }

    /// Takes a name out of a directory without touching what it named.
    pub(super) fn leave(&mut self, directory: u64, name: &[u8]) -> Result<()> {
        let time = self.time;
        let parent = self.inode_mut(directory)?;
        let Body::Directory(entries) = &mut parent.body else {
            return Ok(());
        };
        let Some(number) = entries.remove(name) else {
            return Ok(());
        };
        parent.modified = time;
        if matches!(self.inode(number)?.body, Body::Directory(_)) {
            self.inode_mut(directory)?.links -= 1;
        }
        Ok(())
    }

    /// One name less for a file; frees it, as an empty directory, when it was the last.
    pub(super) fn unlink(&mut self, number: u64) -> Result<()> {
        let inode = self.inode_mut(number)?;
        inode.links -= 1;
        if inode.links > 0 && !matches!(inode.body, Body::Directory(_)) {
            return Ok(());
        }
        if let Some(Body::File(content)) = self.inodes.remove(&number).map(|inode| inode.body) {
            self.used -= content.allocated();
        }
        Ok(())
    }

    /// Changes the content of the file at `path`, and its time; `added` is what it may grow by.
    pub(super) fn change_content(
        &mut self,
        what: &str,
        path: &VolumePath,
        added: u64,
        change: impl FnOnce(&mut Content),
    ) -> Result<()> {
        if self.used.saturating_add(added) > self.capacity {
            return Err(rules::no_space(what, path));
        }
        let number = self.find(what, path)?;
        let time = self.time;
        let inode = self.inode_mut(number)?;
        inode.modified = time;
        if let Body::File(content) = &mut inode.body {
            let before = content.allocated();
            change(content);
            let after = content.allocated();
            self.used = self.used - before + after;
        }
        Ok(())
    }
}

/// An entry always names an inode, as every method changes both; this says so without a panic.
fn lost(number: u64) -> VolumeError {
    VolumeError::new(
        Kind::Damaged,
        format!("a directory names inode {number}, which does not exist"),
    )
}
