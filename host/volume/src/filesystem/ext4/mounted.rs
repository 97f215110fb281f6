//! A mounted filesystem: the library's handle, and which inodes its names lead to.
//!
//! The library looks through a directory from its start for every name of every path. Here a
//! directory is looked through once, and what changes in it is noted.

use super::border::refuse;
use super::inodes::{ROOT, check_directory, entries};
use crate::error::VolumeErrorKind;
use crate::path::VolumePath;
use fs_ext4::inode::Inode;
use fs_ext4::{Error as Fault, Filesystem, Result};
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How many names are kept before all are forgotten; one directory may have as many.
const MAX_NAMES: usize = 1_000_000;

/// The library's handle, which everything but names goes to, and the names.
pub(super) struct Mounted {
    library: Filesystem,
    names: Mutex<Names>,
}

/// The names in some directories with their inodes, by the directory's inode.
#[derive(Default)]
struct Names {
    folders: BTreeMap<u32, BTreeMap<Vec<u8>, u32>>,
    /// How many came in since the last time that all were forgotten.
    count: usize,
}

impl Deref for Mounted {
    type Target = Filesystem;

    fn deref(&self) -> &Filesystem {
        &self.library
    }
}

impl Mounted {
    pub(super) fn new(library: Filesystem) -> Self {
        let names = Mutex::default();
        Self { library, names }
    }

    pub(super) fn into_library(self) -> Filesystem {
        self.library
    }

    /// The inode at `path`; links are not followed.
    pub(super) fn find(&self, path: &VolumePath) -> Result<u32> {
        let mut ino = ROOT;
        for name in path.names() {
            ino = self.names().find(&self.library, ino, name)?;
        }
        Ok(ino)
    }

    /// The inode at `path` and what it says.
    pub(super) fn stat(&self, path: &VolumePath) -> Result<(u32, Inode)> {
        let ino = self.find(path)?;
        let inode = self.stat_ino(ino)?;
        if inode.is_dir() {
            check_directory(&inode)?;
        }
        Ok((ino, inode))
    }

    /// As [`Self::stat`]; none when there is nothing.
    pub(super) fn stat_if_there(&self, path: &VolumePath) -> Result<Option<(u32, Inode)>> {
        match self.find(path) {
            Ok(ino) => Ok(Some((ino, self.stat_ino(ino)?))),
            Err(Fault::NotFound | Fault::NotADirectory) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// The regular file at `path`.
    pub(super) fn regular(&self, path: &VolumePath) -> Result<(u32, Inode)> {
        let (ino, inode) = self.stat(path)?;
        if !inode.is_file() {
            return Err(refuse(
                VolumeErrorKind::NotAFile,
                "it is not a regular file",
            ));
        }
        Ok((ino, inode))
    }

    /// The directory that `path` is in, and the name there; none for the root.
    pub(super) fn parent<'p>(&self, path: &'p VolumePath) -> Result<Option<(u32, &'p [u8])>> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(None);
        };
        let (dir, inode) = self.stat(&parent)?;
        check_directory(&inode)?;
        Ok(Some((dir, name)))
    }

    /// In the directory `dir`, `name` leads to `ino` now.
    pub(super) fn named(&self, dir: u32, name: &[u8], ino: u32) {
        self.names().add(dir, name, ino);
    }

    /// In the directory `dir`, there is no `name` any more. A directory that it led to may be gone.
    pub(super) fn unnamed(&self, dir: u32, name: &[u8]) {
        self.names().remove(dir, name);
    }

    /// Forgets all names: what comes next looks at the directories themselves.
    pub(super) fn forget(&self) {
        *self.names() = Names::default();
    }

    // A panic under the lock comes from the library, and the fence lets nobody in after one.
    fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Names {
    fn find(&mut self, fs: &Filesystem, dir: u32, name: &[u8]) -> Result<u32> {
        // A directory that cannot be listed may still be one in which a name is found.
        if !self.folders.contains_key(&dir) && self.read(fs, dir).is_err() {
            return look_up(fs, dir, name);
        }
        let found = self.folders.get(&dir).and_then(|names| names.get(name));
        found.copied().ok_or(Fault::NotFound)
    }

    fn read(&mut self, fs: &Filesystem, dir: u32) -> Result<()> {
        let entries = entries(fs, dir)?;
        if self.count + entries.len() > MAX_NAMES {
            *self = Self::default();
        }
        self.count += entries.len();
        let names = entries.into_iter().map(|entry| (entry.name, entry.inode));
        self.folders.insert(dir, names.collect());
        Ok(())
    }

    fn add(&mut self, dir: u32, name: &[u8], ino: u32) {
        if let Some(names) = self.folders.get_mut(&dir) {
            names.insert(name.to_vec(), ino);
            self.count += 1;
        }
    }

    fn remove(&mut self, dir: u32, name: &[u8]) {
        let names = self.folders.get_mut(&dir);
        match names.and_then(|names| names.remove(name)) {
            // The number may soon be another directory's.
            Some(ino) => drop(self.folders.remove(&ino)),
            None => *self = Self::default(),
        }
    }
}

fn look_up(fs: &Filesystem, dir: u32, name: &[u8]) -> Result<u32> {
    check_directory(&fs.stat_ino(dir)?)?;
    match fs.lookup_at(dir, name)? {
        ino if ino == dir => Err(Fault::Corrupt("a directory contains itself")),
        ino => Ok(ino),
    }
}
