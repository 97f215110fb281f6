//! `Folder`: the files of a plan library on the host, and nothing outside of it.

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use mintage_engine::{Code, PlanError};
use mintage_volume::escape::escape;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The most entries of one folder.
const MAX_ENTRIES: usize = 4096;

/// The folder of a plan library. Paths in it are relative, with `/`; a symbolic link anywhere in one
/// is refused.
#[derive(Debug)]
pub(crate) struct Folder {
    root: Dir,
}

/// What a folder has by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A symbolic link, or anything else that no library has.
    Other,
}

impl Folder {
    /// # Errors
    /// P5001.
    pub(crate) fn open(dir: &Path) -> Result<Self, PlanError> {
        let opened = Dir::open_ambient_dir(dir, ambient_authority());
        let root = opened.map_err(|error| not_done("open", &dir.as_os_str().as_bytes(), &error))?;
        Ok(Self { root })
    }

    /// The names in the folder `path`, in order; none when it is not there.
    ///
    /// # Errors
    /// P5001, P5003, P5004.
    pub(crate) fn entries(&self, path: &str) -> Result<Vec<(String, Kind)>, PlanError> {
        if self.kind(path)? != Some(Kind::Folder) {
            return Ok(Vec::new());
        }
        let failed = |error: io::Error| not_done("read", &path, &error);
        let mut entries = Vec::new();
        for entry in self.root.read_dir(path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entries.len() == MAX_ENTRIES {
                let message = format!("`{path}` has more than {MAX_ENTRIES} entries");
                return Err(PlanError::new(Code::P5004, message));
            }
            let name = escape(entry.file_name().as_bytes());
            let kind = kind_of(entry.file_type().map_err(failed)?);
            entries.push((name, kind));
        }
        entries.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(entries)
    }

    /// The text of the file `path`; none when it is not there.
    ///
    /// # Errors
    /// P5001, P5003, P5004 when it has more than `limit` bytes, P5006 when it is not UTF-8.
    pub(crate) fn text(&self, path: &str, limit: u64) -> Result<Option<String>, PlanError> {
        let Some(file) = self.file(path)? else {
            return Ok(None);
        };
        let mut content = Vec::new();
        let read = file.take(limit + 1).read_to_end(&mut content);
        read.map_err(|error| not_done("read", &path, &error))?;
        if content.len() as u64 > limit {
            let message = format!("`{path}` is larger than {limit} bytes");
            return Err(PlanError::new(Code::P5004, message));
        }
        let text = String::from_utf8(content);
        let text = text.map_err(|_| {
            PlanError::new(
                Code::P5006,
                format!("cannot read `{path}`: it is not UTF-8"),
            )
        })?;
        Ok(Some(text))
    }

    /// The file `path`, open for reading; none when it is not there.
    ///
    /// # Errors
    /// P5001, P5003.
    pub(crate) fn file(&self, path: &str) -> Result<Option<File>, PlanError> {
        match self.kind(path)? {
            None => return Ok(None),
            Some(Kind::File) => {}
            Some(_) => {
                let message = format!("`{path}` is not a regular file");
                return Err(PlanError::new(Code::P5003, message));
            }
        }
        let opened = self.root.open(path);
        let opened = opened.map_err(|error| not_done("open", &path, &error))?;
        Ok(Some(opened.into_std()))
    }

    /// Writes the file `path`, whatever was in it; it is whole or as before.
    ///
    /// # Errors
    /// P5001, P5003.
    pub(crate) fn write(&self, path: &str, text: &str) -> Result<(), PlanError> {
        if !matches!(self.kind(path)?, None | Some(Kind::File)) {
            let message = format!("`{path}` is not a regular file");
            return Err(PlanError::new(Code::P5003, message));
        }
        let beside = format!("{path}.tmp");
        // What a run that was ended left behind goes; a link would be written through.
        self.remove(&beside)?;
        let written = self.root.write(&beside, text);
        let written = written.and_then(|()| self.root.rename(&beside, &self.root, path));
        written.map_err(|error| not_done("write", &path, &error))
    }

    /// Removes the file `path`, if it is there.
    ///
    /// # Errors
    /// P5001, P5003.
    pub(crate) fn remove(&self, path: &str) -> Result<(), PlanError> {
        match self.kind(path)? {
            None => Ok(()),
            Some(_) => {
                let removed = self.root.remove_file(path);
                removed.map_err(|error| not_done("remove", &path, &error))
            }
        }
    }

    /// What is at `path`; none when nothing is.
    fn kind(&self, path: &str) -> Result<Option<Kind>, PlanError> {
        let mut so_far = PathBuf::new();
        let mut kind = Some(Kind::Folder);
        for part in path.split('/') {
            so_far.push(part);
            kind = match self.root.symlink_metadata(&so_far) {
                Ok(found) => Some(kind_of(found.file_type())),
                Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
                Err(error) => return Err(not_done("look at", &path, &error)),
            };
            if kind == Some(Kind::Other) {
                let shown = escape(so_far.as_os_str().as_bytes());
                let message = format!("`{shown}` is a symbolic link, and a plan library has none");
                let error = PlanError::new(Code::P5003, message);
                return Err(error.help("put the file itself there"));
            }
        }
        Ok(kind)
    }
}

fn kind_of(kind: cap_std::fs::FileType) -> Kind {
    if kind.is_file() {
        Kind::File
    } else if kind.is_dir() {
        Kind::Folder
    } else {
        Kind::Other
    }
}

fn not_done(what: &str, path: &impl AsRef<[u8]>, error: &io::Error) -> PlanError {
    let path = escape(path.as_ref());
    PlanError::new(Code::P5001, format!("cannot {what} `{path}`: {error}"))
}
