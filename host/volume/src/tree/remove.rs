//! Removing single entries and whole trees.

use crate::error::{Result, VolumeErrorKind};
use crate::filesystem::FileKind;
use crate::tree::walk::MAX_ENTRIES;
use crate::tree::{LastLink, VolumeTree, WalkEntry};

impl VolumeTree {
    /// Removes a file, link, node or empty directory; a link at the end is not followed.
    ///
    /// # Errors
    /// As [`Self::metadata`]; `DirectoryNotEmpty`, `CrossesMounts` for a mount point, `ReadOnly`.
    pub fn remove(&mut self, path: impl AsRef<[u8]>) -> Result<()> {
        let found = self.existing("remove", path, LastLink::Keep)?;
        self.refuse_mounts_within("remove", &found.place.path)?;
        self.wipe_secret(&found.place)?;
        self.change_in("remove", &found.place, |fs, inner| {
            match found.metadata.kind {
                FileKind::Directory => fs.remove_dir(inner),
                _ => fs.remove_file(inner),
            }
        })
    }

    /// Removes whatever is at `path` and below it; mount points stop it with `CrossesMounts`
    /// before anything is removed. Returns how many entries went; 0 when there was nothing. A
    /// link at the end is removed itself.
    ///
    /// # Errors
    /// As [`Self::resolve`] and [`Self::walk`], with a limit of a million entries;
    /// `CrossesMounts`, `ReadOnly`.
    pub fn remove_all(&mut self, path: impl AsRef<[u8]>) -> Result<usize> {
        let resolved = match self.resolve_to("remove", path.as_ref(), LastLink::Keep) {
            Err(error) if error.kind() == VolumeErrorKind::NotFound => return Ok(0),
            resolved => resolved?,
        };
        if resolved.found.is_none() {
            return Ok(0);
        }
        self.refuse_mounts_within("remove", &resolved.path)?;
        let place = self.place("remove", &resolved.path)?;
        self.mounts[place.mount].check_writable("remove", &place.path)?;
        let entries = self.walk_stored(&resolved.path, MAX_ENTRIES)?;
        self.remove_entries(&entries)?;
        Ok(entries.len())
    }

    /// Removes the entries of a walk, children first.
    pub(super) fn remove_entries(&mut self, entries: &[WalkEntry]) -> Result<()> {
        for entry in entries.iter().rev() {
            self.check_interrupt()?;
            let place = self.place("remove", &entry.path)?;
            self.wipe_secret(&place)?;
            self.change_in("remove", &place, |fs, inner| match entry.metadata.kind {
                FileKind::Directory => fs.remove_dir(inner),
                _ => fs.remove_file(inner),
            })?;
        }
        Ok(())
    }
}
