//! Reading: what is at a path, directories, contents, link targets and attributes.

use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::filesystem::{DirEntry, FileKind, Metadata};
use crate::path::VolumePath;
use crate::tree::limits::CHUNK;
use crate::tree::{LastLink, Place, VolumeTree};
use std::collections::BTreeMap;

impl VolumeTree {
    /// What is at `path`.
    ///
    /// # Errors
    /// As [`Self::resolve`], and `NotFound`.
    pub fn metadata(&self, path: impl AsRef<[u8]>) -> Result<Metadata> {
        self.look_up(path.as_ref(), LastLink::Follow)
    }

    /// What is at `path`, a link at its end not followed.
    ///
    /// # Errors
    /// As [`Self::metadata`].
    pub fn symlink_metadata(&self, path: impl AsRef<[u8]>) -> Result<Metadata> {
        self.look_up(path.as_ref(), LastLink::Keep)
    }

    fn look_up(&self, path: &[u8], last: LastLink) -> Result<Metadata> {
        let resolved = self.resolve_to("look up", path, last)?;
        match resolved.found {
            Some(metadata) => Ok(metadata),
            None => Ok(self.existing("look up", path, last)?.metadata),
        }
    }

    /// Whether there is anything at `path`; a dangling link counts as nothing.
    ///
    /// # Errors
    /// As [`Self::resolve`], but for `NotFound` and `NotADirectory`.
    pub fn exists(&self, path: impl AsRef<[u8]>) -> Result<bool> {
        match self.resolve_to("look up", path.as_ref(), LastLink::Follow) {
            Ok(resolved) => Ok(resolved.found.is_some()),
            Err(error) => match error.kind() {
                VolumeErrorKind::NotFound | VolumeErrorKind::NotADirectory => Ok(false),
                _ => Err(error),
            },
        }
    }

    /// The entries of a directory, sorted by name, mount points as directories.
    ///
    /// # Errors
    /// As [`Self::metadata`], and `NotADirectory`.
    pub fn read_dir(&self, path: impl AsRef<[u8]>) -> Result<Vec<DirEntry>> {
        let found = self.existing("list", path, LastLink::Follow)?;
        if found.metadata.kind != FileKind::Directory {
            let (kind, why) = (VolumeErrorKind::NotADirectory, "it is not a directory");
            return Err(VolumeError::cannot(kind, "list", &found.place.path, why));
        }
        self.read_in(&found.place, |filesystem, inner| filesystem.read_dir(inner))
    }

    /// The whole content of a file of at most `limit` bytes, checked before anything is read.
    ///
    /// # Errors
    /// As [`Self::metadata`]; `IsADirectory`, `NotAFile`, `LimitReached`.
    pub fn read(&self, path: impl AsRef<[u8]>, limit: u64) -> Result<Vec<u8>> {
        let (place, len) = self.file("read", path.as_ref())?;
        if len > limit {
            let why = format!("it has {len} bytes, the limit is {limit}");
            let kind = VolumeErrorKind::LimitReached;
            return Err(VolumeError::cannot(kind, "read", &place.path, &why));
        }
        let mut content = Vec::new();
        self.for_each_chunk(&place, len, |_, chunk| {
            content.extend_from_slice(chunk);
            Ok(())
        })?;
        Ok(content)
    }

    /// Reads from a file at `offset`; fewer bytes than asked only at the end of the file.
    ///
    /// # Errors
    /// As [`Self::metadata`]; `IsADirectory`, `NotAFile`.
    pub fn read_at(&self, path: impl AsRef<[u8]>, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let (place, _) = self.file("read", path.as_ref())?;
        self.check_interrupt()?;
        self.read_in(&place, |filesystem, inner| {
            filesystem.read_at(inner, offset, buf)
        })
    }

    /// The target of the symbolic link at `path`, as stored.
    ///
    /// # Errors
    /// As [`Self::metadata`]; `InvalidArgument` when it is no symbolic link.
    pub fn read_link(&self, path: impl AsRef<[u8]>) -> Result<Vec<u8>> {
        let found = self.existing("read the link", path, LastLink::Keep)?;
        if found.metadata.kind != FileKind::Symlink {
            let (kind, why) = (VolumeErrorKind::InvalidArgument, "it is no symbolic link");
            return Err(VolumeError::cannot(
                kind,
                "read the link",
                &found.place.path,
                why,
            ));
        }
        self.stored_link("read the link", &found.place.path)
    }

    /// The extended attributes of what is at `path`, a link at its end as told.
    ///
    /// # Errors
    /// As [`Self::metadata`].
    pub fn xattrs(
        &self,
        path: impl AsRef<[u8]>,
        last: LastLink,
    ) -> Result<BTreeMap<String, Vec<u8>>> {
        let found = self.existing("read the attributes of", path, last)?;
        self.read_in(&found.place, |filesystem, inner| filesystem.xattrs(inner))
    }

    /// Where the file at `path` is stored, and its length.
    pub(super) fn file(&self, what: &str, path: &[u8]) -> Result<(Place, u64)> {
        let found = self.existing(what, path, LastLink::Follow)?;
        check_is_file(what, &found.place.path, &found.metadata)?;
        Ok((found.place, found.metadata.len))
    }

    /// The target of the link at a path without links.
    pub fn stored_link(&self, what: &str, path: &VolumePath) -> Result<Vec<u8>> {
        let place = self.place(what, path)?;
        self.read_in(&place, |filesystem, inner| filesystem.read_link(inner))
    }

    /// The extended attributes at a path without links; none for a mount point that is blocked.
    pub fn stored_xattrs(&self, path: &VolumePath) -> Result<BTreeMap<String, Vec<u8>>> {
        if self.blocked.contains_key(path) {
            return Ok(BTreeMap::new());
        }
        let place = self.place("read the attributes of", path)?;
        self.read_in(&place, |filesystem, inner| filesystem.xattrs(inner))
    }

    /// Gives the content of the file at a path without links, `len` bytes, piece by piece.
    pub fn stored_content(
        &self,
        path: &VolumePath,
        len: u64,
        mut take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let place = self.place("read", path)?;
        self.for_each_chunk(&place, len, |_, chunk| take(chunk))
    }

    /// Reads `len` bytes, or to the end if that comes first, asking the interrupt for each chunk.
    pub(super) fn for_each_chunk(
        &self,
        place: &Place,
        len: u64,
        mut take: impl FnMut(u64, &[u8]) -> Result<()>,
    ) -> Result<()> {
        let size = usize::try_from(len).map_or(CHUNK, |len| len.min(CHUNK));
        let mut chunk = vec![0; size];
        let mut offset = 0;
        while offset < len {
            self.check_interrupt()?;
            let want = usize::try_from(len - offset).map_or(size, |left| left.min(size));
            let read = self.read_in(place, |filesystem, inner| {
                filesystem.read_at(inner, offset, &mut chunk[..want])
            })?;
            if read == 0 {
                break;
            }
            take(offset, &chunk[..read])?;
            offset += read as u64;
        }
        Ok(())
    }
}

/// Refuses everything but a regular file.
pub(super) fn check_is_file(what: &str, path: &VolumePath, metadata: &Metadata) -> Result<()> {
    let (kind, why) = match metadata.kind {
        FileKind::File => return Ok(()),
        FileKind::Directory => (VolumeErrorKind::IsADirectory, "it is a directory"),
        _ => (VolumeErrorKind::NotAFile, "it is not a regular file"),
    };
    Err(VolumeError::cannot(kind, what, path, why))
}
