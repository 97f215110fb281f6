//! A file without a name for what a run changes before it succeeds.

use crate::error::{Result, StorageError};
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::path::Path;

/// Opens an anonymous, empty, sparse file in `directory`: it has no name at any time where the
/// filesystem can do that, else it loses its name at once. It is gone when its last descriptor is
/// closed, also by a kill.
///
/// # Errors
/// `Scratch` when the directory takes no new file.
pub fn scratch_file(directory: &Path) -> Result<File> {
    open_unnamed(directory)
        .or_else(|_| open_and_unlink(directory))
        .map_err(|e| StorageError::Scratch {
            path: directory.to_owned(),
            source: e.into(),
        })
}

/// A file that never had a name and can be given one.
pub(crate) fn open_unnamed(directory: &Path) -> Result<File, Errno> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    rustix::fs::open(directory, flags, private()).map(File::from)
}

/// Only the owner reads a volume: it holds password hashes and keys.
pub(crate) fn private() -> Mode {
    Mode::RUSR | Mode::WUSR
}

fn open_and_unlink(directory: &Path) -> Result<File, Errno> {
    let name = crate::unpublished::temporary_name(directory, "scratch");
    let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let file = rustix::fs::open(&name, flags, private())?;
    rustix::fs::unlink(&name)?;
    Ok(File::from(file))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn a_scratch_file_has_no_name() {
        let dir = tempfile::tempdir().unwrap();
        for open in [open_unnamed, open_and_unlink] {
            let mut file = open(dir.path()).unwrap();
            file.write_all(b"changed").unwrap();
            assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
            assert_eq!(rustix::fs::fstat(&file).unwrap().st_mode & 0o7777, 0o600);
        }
    }

    #[test]
    fn a_missing_directory_is_named() {
        let error = scratch_file(Path::new("/nonexistent/dir")).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/dir"), "{error}");
    }
}
