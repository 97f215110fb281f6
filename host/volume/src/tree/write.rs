//! Writing: contents, and new files, directories, links and nodes.

use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::filesystem::{FileKind, Ownership};
use crate::path::VolumePath;
use crate::tree::limits::CHUNK;
use crate::tree::read::check_is_file;
use crate::tree::{LastLink, Place, VolumeTree};
use std::io::Read;

impl VolumeTree {
    /// Writes the whole content of a file. An existing file keeps inode, owner, mode and extended
    /// attributes; a new one gets `new`.
    ///
    /// # Errors
    /// As [`Self::resolve`]; `IsADirectory`, `NotAFile`, `NoSpace`, `ReadOnly`, and `LimitReached`
    /// before anything is changed when the write budget is too small.
    pub fn write(&mut self, path: impl AsRef<[u8]>, content: &[u8], new: Ownership) -> Result<()> {
        let (place, len) = self.file_to_write("write", path.as_ref())?;
        self.write_all(&place, len.is_some(), content, new)
    }

    /// As [`Self::write`], streamed. Returns the length in bytes. The write budget is checked
    /// chunk by chunk.
    ///
    /// # Errors
    /// As [`Self::write`], and `Io` when `content` fails.
    pub fn write_from(
        &mut self,
        path: impl AsRef<[u8]>,
        content: &mut dyn Read,
        new: Ownership,
    ) -> Result<u64> {
        let (place, len) = self.file_to_write("write", path.as_ref())?;
        self.write_stream(&place, len.is_some(), content, new)
    }

    fn write_all(
        &mut self,
        place: &Place,
        exists: bool,
        content: &[u8],
        new: Ownership,
    ) -> Result<()> {
        self.limits
            .check_budget(&place.path, content.len() as u64)?;
        self.write_stream(place, exists, &mut &content[..], new)?;
        Ok(())
    }

    fn write_stream(
        &mut self,
        place: &Place,
        exists: bool,
        content: &mut dyn Read,
        new: Ownership,
    ) -> Result<u64> {
        if exists {
            self.wipe_secret(place)?;
            self.label_unlabelled(place)?;
            return self.replace_content(place, content);
        }
        self.create_in("write", place, FileKind::File, |fs, inner| {
            fs.create_file(inner, new)
        })?;
        self.replace_content(place, content).inspect_err(|_| {
            // The first error is the one to tell; what stays behind then is an empty file.
            drop(self.change_in("remove", place, |fs, inner| fs.remove_file(inner)));
        })
    }

    /// Streams the whole content of the file at `place`, within the run's limits.
    pub(super) fn replace_content(&mut self, place: &Place, content: &mut dyn Read) -> Result<u64> {
        self.note_policy_change(&place.path);
        let mount = &mut self.mounts[place.mount];
        mount.check_writable("write", &place.path)?;
        self.touched.add(&place.path);
        let mut metered = self.limits.meter(&place.path, content);
        let written = mount.filesystem.replace_content(&place.inner, &mut metered);
        match (written, metered.refusal()) {
            (Err(_), Some(refusal)) => Err(refusal),
            (written, _) => written.map_err(|error| mount.explain(&place.path, error)),
        }
    }

    /// Adds to the end of a file, which is made with `new` when it is missing.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn append(&mut self, path: impl AsRef<[u8]>, content: &[u8], new: Ownership) -> Result<()> {
        let (place, len) = self.file_to_write("append to", path.as_ref())?;
        match len {
            None => self.write_all(&place, false, content, new),
            Some(len) => {
                self.limits
                    .check_budget(&place.path, content.len() as u64)?;
                self.write_chunks(&place, len, content)
            }
        }
    }

    /// Writes at an offset, charging and asking the interrupt for each chunk.
    pub(super) fn write_chunks(&mut self, place: &Place, offset: u64, data: &[u8]) -> Result<()> {
        let mut offset = offset;
        for chunk in data.chunks(CHUNK) {
            self.limits.check_interrupt()?;
            self.limits.charge(&place.path, chunk.len() as u64)?;
            self.change_in("write", place, |fs, inner| {
                fs.write_at(inner, offset, chunk)
            })?;
            offset = offset.saturating_add(chunk.len() as u64);
        }
        Ok(())
    }

    /// Sets the length of a file; what it grows by counts as written.
    ///
    /// # Errors
    /// As [`Self::write`], and `NotFound`.
    pub fn set_len(&mut self, path: impl AsRef<[u8]>, len: u64) -> Result<()> {
        let (place, before) = self.file("set the length of", path.as_ref())?;
        self.limits
            .charge(&place.path, len.saturating_sub(before))?;
        self.change_in("set the length of", &place, |fs, inner| {
            fs.set_len(inner, len)
        })
    }

    /// Makes a directory; its parent must exist. `AlreadyExists` when anything is there.
    ///
    /// # Errors
    /// As [`Self::resolve`]; `AlreadyExists`, `NoSpace`, `ReadOnly`.
    pub fn make_dir(&mut self, path: impl AsRef<[u8]>, owner: Ownership) -> Result<()> {
        let place = self.vacant("make the directory", path.as_ref(), true)?;
        self.create_in(
            "make the directory",
            &place,
            FileKind::Directory,
            |fs, inner| fs.create_dir(inner, owner),
        )
    }

    /// Makes a directory and all that is missing above it. Returns whether anything was made.
    ///
    /// # Errors
    /// As [`Self::make_dir`]; `NotADirectory` when something else is there. Links to directories
    /// are followed; one that dangles is `NotFound`, with what it lacks.
    pub fn make_dirs(&mut self, path: impl AsRef<[u8]>, owner: Ownership) -> Result<bool> {
        let path = path.as_ref();
        VolumePath::parse(path)?;
        let whole = self.resolve_to("make the directory", path, LastLink::Follow);
        let found = whole.ok().and_then(|resolved| resolved.found);
        if found.is_some_and(|found| found.kind == FileKind::Directory) {
            return Ok(false);
        }
        let ends = path
            .iter()
            .enumerate()
            .filter(|(_, b)| **b == b'/')
            .map(|(end, _)| end);
        let mut made = false;
        for end in ends.skip(1).chain([path.len()]) {
            // Both ends are positions in `path`, so the range is inside it.
            made |= self.make_missing_dir(&path[..end], owner)?;
        }
        Ok(made)
    }

    fn make_missing_dir(&mut self, path: &[u8], owner: Ownership) -> Result<bool> {
        let what = "make the directory";
        if self.resolve_to(what, path, LastLink::Keep)?.found.is_none() {
            self.make_dir(path, owner)?;
            return Ok(true);
        }
        let found = self.existing(what, path, LastLink::Follow)?;
        if found.metadata.kind != FileKind::Directory {
            let kind = VolumeErrorKind::NotADirectory;
            let why = "something else is there";
            return Err(VolumeError::cannot(kind, what, &found.place.path, why));
        }
        Ok(false)
    }

    /// Makes a symbolic link at `path` that holds `target`.
    ///
    /// # Errors
    /// As [`Self::resolve`]; `AlreadyExists`, `InvalidArgument` for an empty target or one with a
    /// NUL byte, `NotSupported`, `NoSpace`, `ReadOnly`.
    pub fn symlink(
        &mut self,
        path: impl AsRef<[u8]>,
        target: impl AsRef<[u8]>,
        owner: Ownership,
    ) -> Result<()> {
        let target = target.as_ref();
        let place = self.vacant("make the link", path.as_ref(), false)?;
        if target.is_empty() || target.contains(&0) {
            let kind = VolumeErrorKind::InvalidArgument;
            let why = "its target is empty or has a NUL byte";
            return Err(VolumeError::cannot(kind, "make the link", &place.path, why));
        }
        self.create_in("make the link", &place, FileKind::Symlink, |fs, inner| {
            fs.create_symlink(inner, target, owner)
        })
    }

    /// Makes `new` another name of the file at `existing`. `CrossesMounts` between filesystems.
    ///
    /// # Errors
    /// As [`Self::metadata`]; `IsADirectory`, `AlreadyExists`, `CrossesMounts`, `NotSupported`,
    /// `NoSpace`, `ReadOnly`.
    pub fn hard_link(&mut self, existing: impl AsRef<[u8]>, new: impl AsRef<[u8]>) -> Result<()> {
        let what = "link to";
        let found = self.existing(what, existing, LastLink::Follow)?;
        let (from, refuse) = (&found.place, |kind, why: &str| {
            Err(VolumeError::cannot(kind, what, &found.place.path, why))
        });
        if found.metadata.kind == FileKind::Directory {
            return refuse(VolumeErrorKind::IsADirectory, "it is a directory");
        }
        let to = self.vacant("make the link", new.as_ref(), false)?;
        if to.mount != from.mount {
            let why = format!("`{}` is in another filesystem", to.path);
            return refuse(VolumeErrorKind::CrossesMounts, &why);
        }
        self.touched.carry(&from.path, &to.path);
        self.change_in("make the link", &to, |fs, inner| {
            fs.link(&from.inner, inner)
        })
    }

    /// Makes a device node, FIFO or socket.
    ///
    /// # Errors
    /// As [`Self::resolve`]; `AlreadyExists`, `InvalidArgument` for another `kind`,
    /// `NotSupported`, `NoSpace`, `ReadOnly`.
    pub fn make_node(
        &mut self,
        path: impl AsRef<[u8]>,
        kind: FileKind,
        device: (u32, u32),
        owner: Ownership,
    ) -> Result<()> {
        let place = self.vacant("make the node", path.as_ref(), false)?;
        self.create_in("make the node", &place, kind, |fs, inner| {
            fs.create_node(inner, kind, device, owner)
        })
    }

    /// Where the content of the file at `path` goes, and its length if it exists.
    fn file_to_write(&self, what: &str, path: &[u8]) -> Result<(Place, Option<u64>)> {
        let resolved = self.resolve_to(what, path, LastLink::Follow);
        let resolved = resolved.map_err(no_directory)?;
        let place = self.place(what, &resolved.path)?;
        match resolved.found {
            Some(metadata) => {
                check_is_file(what, &place.path, &metadata)?;
                Ok((place, Some(metadata.len)))
            }
            None if resolved.wants_directory => {
                let (kind, why) = (VolumeErrorKind::IsADirectory, "the path names a directory");
                Err(VolumeError::cannot(kind, what, &place.path, why))
            }
            None => Ok((place, None)),
        }
    }

    /// Where something new goes. A link at the end is something that is there.
    pub(super) fn vacant(&self, what: &str, path: &[u8], directory: bool) -> Result<Place> {
        let resolved = self.resolve_to(what, path, LastLink::Keep);
        let resolved = resolved.map_err(no_directory)?;
        let place = self.place(what, &resolved.path)?;
        let refuse = |kind, why: &str| Err(VolumeError::cannot(kind, what, &place.path, why));
        if resolved.found.is_some() {
            return refuse(VolumeErrorKind::AlreadyExists, "something is there already");
        }
        if resolved.wants_directory && !directory {
            return refuse(VolumeErrorKind::NotADirectory, "the path names a directory");
        }
        Ok(place)
    }
}

/// What to do where the directory of something new is missing.
fn no_directory(error: VolumeError) -> VolumeError {
    match (error.kind(), error.help_text()) {
        (VolumeErrorKind::NotFound, None) => error.help("make the directory first"),
        _ => error,
    }
}
