//! Copying files and whole directories, within a filesystem or from one to another.

use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::filesystem::{FileKind, Metadata, Ownership};
use crate::path::VolumePath;
use crate::selinux::XATTR as SELINUX;
use crate::tree::limits::CHUNK;
use crate::tree::resolve::{Existing, Resolved};
use crate::tree::walk::MAX_ENTRIES;
use crate::tree::{LastLink, Place, VolumeTree, WalkEntry};
use std::collections::BTreeMap;

impl VolumeTree {
    /// Copies a file, link, node or whole directory with content, mode, owner, times, extended
    /// attributes; hard links within it stay hard links; what is at `to` is replaced when both
    /// are files, else `AlreadyExists`. Links at the ends of both paths are not followed.
    ///
    /// Under [`Self::label_by_policy`] the copy gets the label of its new path, and a file that is
    /// replaced keeps its own.
    ///
    /// Long runs of zeros become holes where the filesystem has them. A SELinux label is left
    /// behind where the target filesystem has no extended attributes, as the kernel labels all
    /// files there by the mount, and times that it cannot store are left as those of the run;
    /// anything else that it cannot store is an error.
    ///
    /// # Errors
    /// As [`Self::metadata`] and [`Self::write`]; `AlreadyExists`, `InvalidArgument` for a copy
    /// into itself or onto itself, `NotSupported`. After an error, what was copied is removed
    /// again; a file that it was to replace may be gone.
    pub fn copy(&mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<()> {
        let source = self.existing("copy", from, LastLink::Keep)?;
        let target = self.resolve_to("copy to", to.as_ref(), LastLink::Keep)?;
        self.check_copy(&source, &target)?;
        let entries = self.walk_stored(&source.place.path, MAX_ENTRIES)?;
        if target.found.is_none() {
            return self.copy_all(&entries, &source.place.path, &target.path);
        }
        let place = self.place("replace", &target.path)?;
        let label = self.label_to_keep(&place)?;
        self.change_in("replace", &place, |fs, inner| fs.remove_file(inner))?;
        self.copy_all(&entries, &source.place.path, &target.path)?;
        match label {
            Some(label) => self.store_new(&place, &label).map(drop),
            None => Ok(()),
        }
    }

    fn check_copy(&self, source: &Existing, target: &Resolved) -> Result<()> {
        let (from, to) = (&source.place.path, &target.path);
        let refuse = |kind, why: &str| Err(VolumeError::cannot(kind, "copy", from, why));
        if to.starts_with(from) {
            let why = format!("`{to}` is itself or inside of it");
            return refuse(VolumeErrorKind::InvalidArgument, &why);
        }
        let place = self.place("copy to", to)?;
        let is_file = |metadata: &Metadata| metadata.kind == FileKind::File;
        match &target.found {
            None if target.wants_directory && source.metadata.kind != FileKind::Directory => {
                refuse(
                    VolumeErrorKind::NotADirectory,
                    &format!("`{to}` names a directory"),
                )
            }
            None => Ok(()),
            Some(found) if same_file(&source.place, &source.metadata, &place, found) => {
                let why = format!("`{to}` is the same file");
                refuse(VolumeErrorKind::InvalidArgument, &why)
            }
            Some(found) if is_file(found) && is_file(&source.metadata) => Ok(()),
            Some(_) => Err(VolumeError::cannot(
                VolumeErrorKind::AlreadyExists,
                "copy to",
                to,
                "something is there already",
            )),
        }
    }

    /// Copies `entries`, the walk of `from`, to the vacant path `to`: all of them or none.
    pub(super) fn copy_all(
        &mut self,
        entries: &[WalkEntry],
        from: &VolumePath,
        to: &VolumePath,
    ) -> Result<()> {
        self.copy_entries(entries, from, to).inspect_err(|_| {
            // The first error is the one to tell, whether or not this succeeds.
            drop(
                self.walk_stored(to, MAX_ENTRIES)
                    .and_then(|made| self.remove_entries(&made)),
            );
        })
    }

    fn copy_entries(
        &mut self,
        entries: &[WalkEntry],
        from: &VolumePath,
        to: &VolumePath,
    ) -> Result<()> {
        let mut names = BTreeMap::new();
        let mut directories = Vec::new();
        for entry in entries {
            self.check_interrupt()?;
            let Some(below) = entry.path.strip_prefix(from) else {
                continue;
            };
            let source = self.place("copy", &entry.path)?;
            let target = self.place("copy to", &VolumePath::parse(to.concat(&below))?)?;
            self.touched.carry(&source.path, &target.path);
            if self.is_secret_at(&source.path) {
                self.mark_secret(&target.path)?;
            }
            if self.link_copied(&mut names, &source, &target, &entry.metadata)? {
                continue;
            }
            let label = self.label_for(&target.path, entry.metadata.kind)?;
            self.create_like(&source, &target, &entry.metadata)?;
            self.copy_attributes(&source, &target, &entry.metadata)?;
            if let Some(label) = label {
                self.store_new(&target, &label)?;
            }
            match entry.metadata.kind {
                FileKind::Directory => directories.push((target, &entry.metadata)),
                _ => self.copy_times(&target, &entry.metadata)?,
            }
        }
        // What is made in a directory changes its time, so directories come when all is there.
        for (target, metadata) in directories.iter().rev() {
            self.copy_times(target, metadata)?;
        }
        Ok(())
    }

    /// Links to the first copy of a file that has several names; whether it did.
    fn link_copied(
        &mut self,
        names: &mut BTreeMap<(usize, u64), Place>,
        source: &Place,
        target: &Place,
        metadata: &Metadata,
    ) -> Result<bool> {
        let has_names = metadata.links > 1 && metadata.inode != 0;
        if metadata.kind == FileKind::Directory || !has_names {
            return Ok(false);
        }
        let key = (source.mount, metadata.inode);
        match names.get(&key) {
            Some(first) if first.mount == target.mount => {
                self.change_in("copy to", target, |fs, inner| fs.link(&first.inner, inner))?;
                Ok(true)
            }
            _ => {
                names.insert(key, target.clone());
                Ok(false)
            }
        }
    }

    fn create_like(&mut self, source: &Place, target: &Place, metadata: &Metadata) -> Result<()> {
        let what = "copy to";
        let owner = Ownership {
            mode: metadata.mode,
            uid: metadata.uid,
            gid: metadata.gid,
        };
        match metadata.kind {
            FileKind::File => {
                self.limits.check_budget(&target.path, metadata.len)?;
                self.change_in(what, target, |fs, inner| fs.create_file(inner, owner))?;
                self.copy_content(source, target, metadata.len)
            }
            FileKind::Directory => {
                self.change_in(what, target, |fs, inner| fs.create_dir(inner, owner))
            }
            FileKind::Symlink => {
                let link = self.stored_link("copy", &source.path)?;
                self.change_in(what, target, |fs, inner| {
                    fs.create_symlink(inner, &link, owner)
                })
            }
            kind => self.change_in(what, target, |fs, inner| {
                fs.create_node(inner, kind, metadata.device, owner)
            }),
        }
    }

    /// Copies content chunk by chunk; a chunk of zeros that is not the last one is left a hole.
    fn copy_content(&mut self, source: &Place, target: &Place, len: u64) -> Result<()> {
        let size = usize::try_from(len).map_or(CHUNK, |len| len.min(CHUNK));
        let mut chunk = vec![0; size];
        let mut offset = 0;
        while offset < len {
            self.check_interrupt()?;
            let read = self.read_in(source, |fs, inner| fs.read_at(inner, offset, &mut chunk))?;
            let is_last = read == 0 || offset + read as u64 >= len;
            // A short file is written by one call, which every driver can do for any format.
            if is_last && offset == 0 {
                self.replace_content(target, &mut &chunk[..read])?;
            } else if is_last || chunk[..read].iter().any(|byte| *byte != 0) {
                self.write_chunks(target, offset, &chunk[..read])?;
            } else {
                self.limits.charge(&target.path, read as u64)?;
            }
            if is_last {
                break;
            }
            offset += read as u64;
        }
        Ok(())
    }

    fn copy_attributes(
        &mut self,
        source: &Place,
        target: &Place,
        metadata: &Metadata,
    ) -> Result<()> {
        let xattrs = self.read_in(source, |fs, inner| fs.xattrs(inner))?;
        for (name, value) in &xattrs {
            let set = self.change_in("copy to", target, |fs, inner| {
                fs.set_xattr(inner, name, value)
            });
            match set {
                Err(error) if name == SELINUX && error.kind() == VolumeErrorKind::NotSupported => {}
                set => set?,
            }
        }
        // A driver may have let an ACL change the mode, as the kernel does.
        if xattrs.contains_key("system.posix_acl_access") {
            let mode = metadata.mode;
            self.change_in("copy to", target, |fs, inner| fs.set_mode(inner, mode))?;
        }
        Ok(())
    }

    fn copy_times(&mut self, target: &Place, metadata: &Metadata) -> Result<()> {
        let set = self.change_in("copy to", target, |fs, inner| {
            fs.set_times(inner, metadata.accessed, metadata.modified)
        });
        match set {
            Err(error) if error.kind() == VolumeErrorKind::InvalidArgument => Ok(()),
            set => set,
        }
    }
}

/// Whether both are names of one file.
pub(super) fn same_file(a: &Place, a_is: &Metadata, b: &Place, b_is: &Metadata) -> bool {
    a.path == b.path || (a.mount == b.mount && a_is.inode == b_is.inode && a_is.inode != 0)
}
