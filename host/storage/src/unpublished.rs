//! `UnpublishedVolume`: a volume that is being made and has no name yet.

use crate::error::{Result, StorageError};
use crate::scratch::{open_unnamed, private};
use rustix::fs::{AtFlags, CWD, OFlags, RenameFlags};
use rustix::io::Errno;
use std::ffi::OsString;
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A file in the output's directory that nobody sees: it has no name where the filesystem can do
/// that (`O_TMPFILE`), else a hidden temporary one. Dropped before [`Self::publish`], it is gone.
#[derive(Debug)]
pub struct UnpublishedVolume {
    file: File,
    output: PathBuf,
    temporary: Option<PathBuf>,
}

impl UnpublishedVolume {
    /// Makes the empty file that will become `output`, readable by its owner only.
    ///
    /// # Errors
    /// `Output` when the directory takes no new file.
    pub fn create(output: &Path) -> Result<Self> {
        match open_unnamed(directory_of(output)) {
            Ok(file) => Ok(Self {
                file,
                output: output.to_owned(),
                temporary: None,
            }),
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL | Errno::NOENT) => {
                Self::create_named(output)
            }
            Err(errno) => Err(failed("make a file", output, errno)),
        }
    }

    /// The way for filesystems without unnamed files (NFS, some FUSE).
    fn create_named(output: &Path) -> Result<Self> {
        let name = output.file_name().unwrap_or_default();
        let temporary = temporary_name(directory_of(output), &name.to_string_lossy());
        let flags =
            OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let file = rustix::fs::open(&temporary, flags, private())
            .map_err(|errno| failed("make a file", output, errno))?;
        Ok(Self {
            file: File::from(file),
            output: output.to_owned(),
            temporary: Some(temporary),
        })
    }

    /// The file, open for reading and writing.
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The name that it will get.
    pub fn output(&self) -> &Path {
        &self.output
    }

    /// Its temporary name, on a filesystem without unnamed files; a killed run leaves it behind.
    pub fn temporary(&self) -> Option<&Path> {
        self.temporary.as_deref()
    }

    /// Takes away the permission to write, for what never changes once it has its name. Whoever
    /// has the file open already can still write to it.
    ///
    /// # Errors
    /// `Output`.
    pub fn make_read_only(&self) -> Result<()> {
        rustix::fs::fchmod(&self.file, rustix::fs::Mode::RUSR)
            .map_err(|errno| failed("take away the permission to write", &self.output, errno))
    }

    /// Puts the content on stable storage and gives the file its name, which nothing may have.
    ///
    /// # Errors
    /// `Exists`, `Output`. After an error there is no such volume.
    pub fn publish(mut self) -> Result<PathBuf> {
        let output = self.output.clone();
        self.file
            .sync_all()
            .map_err(|source| StorageError::Output {
                what: "write the content",
                path: output.clone(),
                source,
            })?;
        self.give_name().map_err(|errno| match errno {
            Errno::EXIST => StorageError::Exists {
                path: output.clone(),
            },
            errno => failed("give the file its name", &output, errno),
        })?;
        sync_directory(directory_of(&output)).map_err(|errno| {
            self.take_name_back();
            failed("write the directory", &output, errno)
        })?;
        Ok(output)
    }

    /// Removes the name again, unless somebody put something else there meanwhile.
    fn take_name_back(&self) {
        let identity = |stat: rustix::fs::Stat| (stat.st_dev, stat.st_ino);
        let own = rustix::fs::fstat(&self.file).map(identity);
        let named = rustix::fs::lstat(&self.output).map(identity);
        if own.is_ok() && own == named {
            // Nothing better can be done when even this fails.
            let _ = rustix::fs::unlink(&self.output);
        }
    }

    fn give_name(&mut self) -> Result<(), Errno> {
        let Some(temporary) = self.temporary.take() else {
            // By way of /proc, since linking the descriptor itself takes a privilege.
            let own = format!("/proc/self/fd/{}", self.file.as_raw_fd());
            return rustix::fs::linkat(CWD, own, CWD, &self.output, AtFlags::SYMLINK_FOLLOW);
        };
        let named = rename_without_replacing(&temporary, &self.output);
        if named.is_err() {
            self.temporary = Some(temporary);
        }
        named
    }
}

impl Drop for UnpublishedVolume {
    fn drop(&mut self) {
        if let Some(temporary) = self.temporary.take() {
            // Nothing better can be done when even this fails; the name says what it is.
            let _ = rustix::fs::unlink(temporary);
        }
    }
}

/// Renames and fails with `EXIST` when something is there; by a hard link where the filesystem
/// knows no such rename.
fn rename_without_replacing(from: &Path, to: &Path) -> Result<(), Errno> {
    match rustix::fs::renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Err(Errno::INVAL | Errno::NOSYS) => {
            rustix::fs::linkat(CWD, from, CWD, to, AtFlags::empty())?;
            rustix::fs::unlink(from).inspect_err(|_| {
                // Both names or none would be wrong to leave; an error means that there is none.
                let _ = rustix::fs::unlink(to);
            })
        }
        done => done,
    }
}

fn sync_directory(directory: &Path) -> Result<(), Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let opened = rustix::fs::open(directory, flags, rustix::fs::Mode::empty())?;
    match rustix::fs::fsync(opened) {
        // Some network filesystems cannot sync a directory; there is nothing to wait for then.
        Err(Errno::INVAL) => Ok(()),
        done => done,
    }
}

/// The directory that `output` lies in.
pub fn directory_of(output: &Path) -> &Path {
    match output.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A hidden name in `directory` that no other file of this process has: `.NAME.mintage-PID-N`.
pub(crate) fn temporary_name(directory: &Path, name: &str) -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let hidden = format!(".{name}.mintage-{}-{number}", std::process::id());
    directory.join(OsString::from(hidden))
}

pub(crate) fn failed(what: &'static str, output: &Path, errno: Errno) -> StorageError {
    StorageError::Output {
        what,
        path: output.to_owned(),
        source: errno.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{FileExt, PermissionsExt};

    type Create = fn(&Path) -> Result<UnpublishedVolume>;
    const WAYS: [Create; 2] = [UnpublishedVolume::create, UnpublishedVolume::create_named];

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn publishing_gives_the_name_and_leaves_no_other() {
        for create in WAYS {
            let dir = tempfile::tempdir().unwrap();
            let output = dir.path().join("web01");
            let volume = create(&output).unwrap();
            volume.file().write_all_at(b"content", 0).unwrap();
            assert!(!output.exists());
            assert_eq!(volume.publish().unwrap(), output);
            assert_eq!(std::fs::read(&output).unwrap(), b"content");
            let mode = std::fs::metadata(&output).unwrap().permissions().mode();
            assert_eq!(mode & 0o7777, 0o600);
            assert_eq!(names(dir.path()), ["web01"]);
        }
    }

    #[test]
    fn dropping_leaves_nothing() {
        for create in WAYS {
            let dir = tempfile::tempdir().unwrap();
            let volume = create(&dir.path().join("web01")).unwrap();
            volume.file().write_all_at(b"content", 0).unwrap();
            drop(volume);
            assert!(names(dir.path()).is_empty());
        }
    }

    #[test]
    fn an_unnamed_file_is_the_usual_way() {
        let dir = tempfile::tempdir().unwrap();
        let unnamed = UnpublishedVolume::create(&dir.path().join("web01")).unwrap();
        assert_eq!(unnamed.temporary(), None);
        let named = UnpublishedVolume::create_named(&dir.path().join("web01")).unwrap();
        assert!(named.temporary().unwrap().exists());
    }

    #[test]
    fn a_name_that_is_taken_meanwhile_is_never_replaced() {
        for create in WAYS {
            let dir = tempfile::tempdir().unwrap();
            let output = dir.path().join("web01");
            let volume = create(&output).unwrap();
            std::fs::write(&output, b"somebody else's").unwrap();
            let error = volume.publish().unwrap_err();
            assert!(matches!(error, StorageError::Exists { .. }), "{error}");
            assert_eq!(std::fs::read(&output).unwrap(), b"somebody else's");
            assert_eq!(names(dir.path()), ["web01"]);
        }
    }

    #[test]
    fn a_missing_directory_is_an_error() {
        let error = UnpublishedVolume::create(Path::new("/nonexistent/web01")).unwrap_err();
        assert!(matches!(error, StorageError::Output { .. }), "{error}");
    }
}
