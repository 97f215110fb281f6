//! Moving files and directories, within a filesystem or from one to another.

use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::filesystem::{FileKind, Metadata};
use crate::path::VolumePath;
use crate::tree::walk::MAX_ENTRIES;
use crate::tree::{LastLink, Place, VolumeTree, WalkEntry};

impl VolumeTree {
    /// As rename(2), links at the ends not followed; across mounts it copies and removes. Under
    /// [`Self::label_by_policy`] what is moved gets the labels of its new paths, as by `mv -Z`.
    ///
    /// # Errors
    /// As [`Self::metadata`]; `NotADirectory`, `IsADirectory`, `DirectoryNotEmpty`,
    /// `InvalidArgument` for a move into itself, `CrossesMounts` when something is mounted on or
    /// below either end, `ReadOnly`; across mounts as [`Self::copy`] too.
    pub fn rename(&mut self, from: impl AsRef<[u8]>, to: impl AsRef<[u8]>) -> Result<()> {
        let source = self.existing("move", from, LastLink::Keep)?;
        let target = self.resolve_to("move to", to.as_ref(), LastLink::Keep)?;
        let from = &source.place;
        let mut to = self.place("move to", &target.path)?;
        if to.path == from.path {
            // Its own name in another case: that is a change where names are found in any case.
            let named = from.path.parent().zip(target.name.as_ref());
            let named = named.map(|(parent, name)| parent.join(name)).transpose()?;
            to = self.place("move to", &named.unwrap_or_else(|| from.path.clone()))?;
        }
        self.refuse_mounts_within("move", &from.path)?;
        self.refuse_mounts_within("replace", &to.path)?;
        let is_directory = source.metadata.kind == FileKind::Directory;
        if target.wants_directory && !is_directory {
            let why = format!("`{}` names a directory", to.path);
            let kind = VolumeErrorKind::NotADirectory;
            return Err(VolumeError::cannot(kind, "move", &from.path, &why));
        }
        let entries = self.walk_stored(&from.path, MAX_ENTRIES)?;
        if from.mount == to.mount {
            // Where the two are one file, nothing is replaced.
            if target.path != from.path && !is_directory {
                self.wipe_secret(&to)?;
            }
            self.rename_in_mount(from, &to, &entries)
        } else {
            self.check_replaceable(&to.path, target.found.as_ref(), is_directory)?;
            self.move_across(from, &to, target.found.as_ref(), &entries)
        }
    }

    fn rename_in_mount(&mut self, from: &Place, to: &Place, entries: &[WalkEntry]) -> Result<()> {
        let labels = self.labels_below(from, to, entries)?;
        self.note_policy_change(&from.path);
        self.note_policy_change(&to.path);
        let mount = &mut self.mounts[from.mount];
        mount.check_writable("move", &from.path)?;
        let renamed = mount.filesystem.rename(&from.inner, &to.inner);
        renamed.map_err(|error| mount.explain(&from.path, error))?;
        for entry in entries {
            self.touched.add(&entry.path);
            if let Some(below) = entry.path.strip_prefix(&from.path) {
                self.touched.carry(&entry.path, &to.path.concat(&below));
            }
        }
        for (path, label) in labels {
            let place = self.place("move to", &path)?;
            self.store_new(&place, &label)?;
        }
        Ok(())
    }

    /// The labels that what is moved gets at its new paths, found before anything is moved.
    fn labels_below(
        &mut self,
        from: &Place,
        to: &Place,
        entries: &[WalkEntry],
    ) -> Result<Vec<(VolumePath, String)>> {
        let mut labels = Vec::new();
        for entry in entries {
            self.check_interrupt()?;
            let Some(below) = entry.path.strip_prefix(&from.path) else {
                continue;
            };
            let path = VolumePath::parse(to.path.concat(&below))?;
            if let Some(label) = self.label_for(&path, entry.metadata.kind)? {
                labels.push((path, label));
            }
        }
        Ok(labels)
    }

    fn move_across(
        &mut self,
        from: &Place,
        to: &Place,
        replaced: Option<&Metadata>,
        entries: &[WalkEntry],
    ) -> Result<()> {
        self.mounts[from.mount].check_writable("move", &from.path)?;
        match replaced.map(|metadata| metadata.kind) {
            None => {}
            Some(FileKind::Directory) => {
                self.change_in("replace", to, |fs, inner| fs.remove_dir(inner))?;
            }
            Some(_) => {
                self.wipe_secret(to)?;
                self.change_in("replace", to, |fs, inner| fs.remove_file(inner))?;
            }
        }
        self.copy_all(entries, &from.path, &to.path)?;
        self.remove_entries(entries)
    }

    /// What rename(2) may replace: a directory by a directory, anything else by anything else.
    fn check_replaceable(
        &self,
        to: &VolumePath,
        found: Option<&Metadata>,
        by_directory: bool,
    ) -> Result<()> {
        let (kind, why) = match found.map(|metadata| metadata.kind == FileKind::Directory) {
            Some(true) if !by_directory => (VolumeErrorKind::IsADirectory, "it is a directory"),
            Some(false) if by_directory => {
                (VolumeErrorKind::NotADirectory, "it is not a directory")
            }
            _ => return Ok(()),
        };
        Err(VolumeError::cannot(kind, "replace", to, why))
    }
}
