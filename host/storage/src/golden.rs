//! `GoldenImage`: an image file or block device, opened read-only.

use crate::error::{Result, StorageError};
use rustix::fs::{FileType, Mode, OFlags};
use std::fs::File;
use std::path::{Path, PathBuf};

/// A golden image: raw, immutable, opened only for reading.
#[derive(Debug)]
pub struct GoldenImage {
    file: File,
    path: PathBuf,
    len: u64,
    identity: (u64, u64),
    state: State,
}

/// What changes when somebody writes to a file.
type State = (i64, i64, i64);

impl GoldenImage {
    /// Opens a regular file or a block device. Anything else is refused without waiting for it
    /// (a FIFO would block) and without waking it (a tape would wind).
    ///
    /// # Errors
    /// `Open`.
    pub fn open(path: &Path) -> Result<Self> {
        let refuse = |why: String| StorageError::Open {
            path: path.to_owned(),
            why,
        };
        let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = File::from(
            rustix::fs::open(path, flags, Mode::empty()).map_err(|e| refuse(e.to_string()))?,
        );
        let stat = rustix::fs::fstat(&file).map_err(|e| refuse(e.to_string()))?;
        if !matches!(
            FileType::from_raw_mode(stat.st_mode),
            FileType::RegularFile | FileType::BlockDevice
        ) {
            return Err(refuse("it is not a regular file or block device".into()));
        }
        let len = rustix::fs::seek(&file, rustix::fs::SeekFrom::End(0))
            .map_err(|e| refuse(e.to_string()))?;
        if len == 0 {
            return Err(refuse("it is empty".into()));
        }
        Ok(Self {
            file,
            path: path.to_owned(),
            len,
            identity: (stat.st_dev, stat.st_ino),
            state: state_of(&stat),
        })
    }

    /// The open file; writing to it fails.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The open file, for somebody else.
    pub fn into_file(self) -> File {
        self.file
    }

    /// Where it was opened.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Length in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether its length is 0; never true for an image that was opened.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether nobody wrote to the image since it was opened, as far as its times tell.
    ///
    /// # Errors
    /// `Changed` when somebody did; `Read`.
    pub fn check_unchanged(&self) -> Result<()> {
        let path = || self.path.clone();
        let now = rustix::fs::fstat(&self.file).map_err(|errno| StorageError::Read {
            path: path(),
            source: errno.into(),
        })?;
        match state_of(&now) == self.state {
            true => Ok(()),
            false => Err(StorageError::Changed { path: path() }),
        }
    }

    /// Whether `output` can become a new volume made of this image: nothing may be there yet.
    ///
    /// This is for telling the user early; [`crate::UnpublishedVolume::publish`] is what makes
    /// sure.
    ///
    /// # Errors
    /// `SameFile` when `output` is the image itself, by whatever name; `Exists`.
    pub fn check_output(&self, output: &Path) -> Result<()> {
        let path = output.to_owned();
        if rustix::fs::stat(output).is_ok_and(|stat| (stat.st_dev, stat.st_ino) == self.identity) {
            return Err(StorageError::SameFile { path });
        }
        match rustix::fs::lstat(output) {
            Ok(_) => Err(StorageError::Exists { path }),
            Err(_) => Ok(()),
        }
    }
}

fn state_of(stat: &rustix::fs::Stat) -> State {
    // The types of a stat's fields differ between platforms; where one does not fit, it is left
    // out on both sides of the comparison.
    let nanoseconds = i64::try_from(stat.st_mtime_nsec).unwrap_or(0);
    (stat.st_mtime, nanoseconds, stat.st_size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_files_and_block_devices_are_images() {
        let dir = tempfile::tempdir().unwrap();
        let fifo = dir.path().join("fifo");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &fifo,
            FileType::Fifo,
            Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        let empty = dir.path().join("empty");
        File::create(&empty).unwrap();
        for (path, why) in [
            (dir.path(), "not a regular file"),
            (&fifo, "not a regular file"),
            (Path::new("/dev/null"), "not a regular file"),
            (&empty, "it is empty"),
            (&dir.path().join("missing"), "No such file"),
        ] {
            let error = GoldenImage::open(path).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }

    #[test]
    fn the_open_image_cannot_be_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("golden");
        std::fs::write(&path, b"golden").unwrap();
        let golden = GoldenImage::open(&path).unwrap();
        assert_eq!(golden.len(), 6);
        assert!(rustix::io::pwrite(golden.file(), b"x", 0).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"golden");
    }

    #[test]
    fn an_image_that_somebody_writes_to_is_noticed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("golden");
        std::fs::write(&path, b"golden").unwrap();
        let golden = GoldenImage::open(&path).unwrap();
        golden.check_unchanged().unwrap();
        std::fs::write(&path, b"gilded!").unwrap();
        let error = golden.check_unchanged().unwrap_err();
        assert!(error.to_string().contains("it changed"), "{error}");
    }

    #[test]
    fn an_output_is_neither_the_image_nor_anything_that_exists() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        std::fs::write(path("golden"), b"golden").unwrap();
        std::fs::write(path("other"), b"other").unwrap();
        std::fs::hard_link(path("golden"), path("hard")).unwrap();
        symlink("golden", path("soft")).unwrap();
        symlink("nowhere", path("dangling")).unwrap();
        let golden = GoldenImage::open(&path("golden")).unwrap();
        for name in ["golden", "hard", "soft"] {
            let error = golden.check_output(&path(name)).unwrap_err();
            assert!(matches!(error, StorageError::SameFile { .. }), "{name}");
        }
        for name in ["other", "dangling"] {
            let error = golden.check_output(&path(name)).unwrap_err();
            assert!(matches!(error, StorageError::Exists { .. }), "{name}");
        }
        golden.check_output(&path("new")).unwrap();
    }
}
