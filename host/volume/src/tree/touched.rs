//! What a run touched, by whom, and which of it is secret: the scope of its diff.

use crate::error::Result;
use crate::filesystem::FileKind;
use crate::path::VolumePath;
use crate::tree::limits::CHUNK;
use crate::tree::{LastLink, Place, VolumeTree};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The touched paths.
#[derive(Debug, Default)]
pub(super) struct Touched {
    /// Each with whether the file there holds a secret.
    paths: BTreeMap<VolumePath, bool>,
    /// What touched each path last, where that is known.
    origins: BTreeMap<VolumePath, Arc<str>>,
    /// What makes the changes at present.
    origin: Option<Arc<str>>,
}

impl Touched {
    pub(super) fn add(&mut self, path: &VolumePath) {
        if !self.paths.contains_key(path) {
            self.paths.insert(path.clone(), false);
        }
        self.note_origin(path);
    }

    /// `to` got the content of `from`; a secret stays one wherever it goes.
    pub(super) fn carry(&mut self, from: &VolumePath, to: &VolumePath) {
        let secret = self.is_secret(from);
        *self.paths.entry(to.clone()).or_insert(false) |= secret;
        self.note_origin(to);
    }

    fn note_origin(&mut self, path: &VolumePath) {
        let Some(origin) = &self.origin else {
            return;
        };
        match self.origins.get_mut(path) {
            Some(noted) => noted.clone_from(origin),
            None => {
                self.origins.insert(path.clone(), Arc::clone(origin));
            }
        }
    }

    fn is_secret(&self, path: &VolumePath) -> bool {
        self.paths.get(path).copied().unwrap_or(false)
    }
}

impl VolumeTree {
    /// Marks the file at `path` as holding a secret: a diff shows that it changed, never how. The
    /// mark follows the file when it is copied, linked or moved, and a path once marked stays so;
    /// the file need not exist yet.
    ///
    /// # Errors
    /// As [`Self::resolve`].
    pub fn mark_secret(&mut self, path: impl AsRef<[u8]>) -> Result<()> {
        let path = self.resolve(path, LastLink::Follow)?;
        self.touched.paths.insert(path, true);
        Ok(())
    }

    /// Whether the file at `path` is marked as holding a secret; a path that leads nowhere holds
    /// none.
    pub fn holds_secret(&self, path: impl AsRef<[u8]>) -> bool {
        self.resolve(path, LastLink::Follow)
            .is_ok_and(|path| self.is_secret_at(&path))
    }

    /// As [`Self::holds_secret`], at a path without links. A file is as secret by its other names:
    /// those of the image too, which nothing touched.
    pub(crate) fn is_secret_at(&self, path: &VolumePath) -> bool {
        if self.touched.is_secret(path) {
            return true;
        }
        let inode_at = |path: &VolumePath| {
            let found = self.find_stored(path).ok().flatten()?;
            let has_others = found.kind == FileKind::File && found.links > 1 && found.inode != 0;
            has_others.then_some((self.mount_index(path), found.inode))
        };
        let Some(inode) = inode_at(path) else {
            return false;
        };
        let mut secret = self.touched.paths.iter().filter(|(_, secret)| **secret);
        secret.any(|(other, _)| inode_at(other) == Some(inode))
    }

    /// Overwrites the content of a file that holds a secret, before the file goes or gets another
    /// one: the blocks that it leaves behind, free, would come with the volume. A file with other
    /// names is left as it is.
    pub(super) fn wipe_secret(&mut self, place: &Place) -> Result<()> {
        if !self.touched.is_secret(&place.path) {
            return Ok(());
        }
        let filesystem = &self.mounts[place.mount].filesystem;
        let Ok(found) = filesystem.metadata(&place.inner) else {
            return Ok(());
        };
        if found.kind != FileKind::File || found.links > 1 {
            return Ok(());
        }
        let zeros = vec![0; CHUNK];
        let mut at = 0;
        while at < found.len {
            self.limits.check_interrupt()?;
            // At most `CHUNK`, which fits any usize.
            let len = usize::try_from(found.len - at).map_or(CHUNK, |rest| rest.min(CHUNK));
            self.change_in("wipe", place, |fs, inner| {
                fs.write_at(inner, at, &zeros[..len])
            })?;
            at += len as u64;
        }
        Ok(())
    }

    /// The paths that any change may have touched, without links, each with whether it holds a
    /// secret; for a moved or removed directory, every path below it, before and after.
    ///
    /// A file with several names counts under the name that it was changed through: its other
    /// names cannot be found without a walk over the whole filesystem.
    pub fn touched(&self) -> &BTreeMap<VolumePath, bool> {
        &self.touched.paths
    }

    /// Says what makes the changes from now on, `scripts/network.rhai:12`.
    pub fn set_origin(&mut self, origin: impl Into<Arc<str>>) {
        self.touched.origin = Some(origin.into());
    }

    /// What touched `path`, without links, last; none where nobody said so.
    pub fn origin(&self, path: &VolumePath) -> Option<&str> {
        self.touched.origins.get(path).map(|origin| &**origin)
    }
}
