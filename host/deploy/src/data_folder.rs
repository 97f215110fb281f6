//! `DataFolder`: where the service keeps its files and volumes.

use mintage_records::Id;
use mintage_storage::store::{FileStore, ImageStore, VolumeName};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The folder with everything that is not in the database, and the store of volumes, which may be the same
/// folder. Each file and volume belongs to a row of the database and is named by its id; what is in
/// `incoming` belongs to a running task.
#[derive(Debug, Clone)]
pub struct DataFolder {
    root: PathBuf,
    store: Arc<dyn ImageStore>,
}

impl DataFolder {
    /// Its folders, but for those of volumes.
    pub const FOLDERS: [&str; 4] = ["artifact-bundles", "backups", "boot-tests", "incoming"];

    /// What the store is called that keeps volumes in the data folder itself.
    pub const STORE: &str = "the data folder";

    /// Opens it with the volumes in it, and makes it and its folders where they are not there, for this
    /// user only.
    ///
    /// # Errors
    /// When a folder cannot be made.
    pub fn open(root: &Path) -> io::Result<Self> {
        let store = FileStore::open(root, Self::STORE).map_err(io::Error::other)?;
        Self::with_store(root, Arc::new(store))
    }

    /// Opens it as [`Self::open`] does, with the volumes in `store`.
    ///
    /// # Errors
    /// When a folder cannot be made.
    pub fn with_store(root: &Path, store: Arc<dyn ImageStore>) -> io::Result<Self> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        for folder in Self::FOLDERS {
            builder.create(root.join(folder))?;
        }
        Ok(Self {
            root: root.to_owned(),
            store,
        })
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Where golden volumes and OS volumes are.
    pub fn store(&self) -> &dyn ImageStore {
        &*self.store
    }

    /// The folder for files without a name. What has one there and is no incoming file is removed at the
    /// next start.
    pub fn scratch(&self) -> PathBuf {
        self.incoming_files()
    }

    /// The zip of an artifact bundle.
    pub fn artifact_bundle(&self, id: &Id) -> PathBuf {
        self.file("artifact-bundles", id, "zip")
    }

    /// The archive of a backup.
    pub fn backup(&self, id: &Id) -> PathBuf {
        self.file("backups", id, "zip")
    }

    /// What the console said in the boot test that a task made.
    pub fn console(&self, task: &Id) -> PathBuf {
        self.file("boot-tests", task, "txt")
    }

    /// The folder with the consoles of boot tests, and the files of those that run.
    pub fn boot_tests(&self) -> PathBuf {
        self.root.join("boot-tests")
    }

    /// What a client sent and a task has not taken in yet; `id` is the task's or the resource's.
    pub fn incoming(&self, id: &Id) -> PathBuf {
        self.file("incoming", id, "part")
    }

    /// How much space the files of one of the folders take on the disk, in bytes. What cannot be read
    /// is not counted.
    pub fn used_bytes(&self, folder: &str) -> u64 {
        let Ok(entries) = std::fs::read_dir(self.root.join(folder)) else {
            return 0;
        };
        let sizes = entries.flatten().filter_map(|entry| entry.metadata().ok());
        // POSIX: blocks of 512 bytes, whatever those of the filesystem are.
        sizes.map(|file| file.blocks() * 512).sum()
    }

    /// How much space is left for this user, in bytes.
    ///
    /// # Errors
    /// When the filesystem does not say.
    pub fn free_bytes(&self) -> io::Result<u64> {
        let filesystem = rustix::fs::statvfs(&self.root)?;
        Ok(filesystem.f_bavail.saturating_mul(filesystem.f_frsize))
    }

    /// Writes a byte to the disk, in a file without a name.
    ///
    /// # Errors
    /// When the folder takes no file.
    pub fn try_write(&self) -> io::Result<()> {
        let mut file = tempfile::tempfile_in(&self.root)?;
        file.write_all(b"1")?;
        file.sync_all()
    }

    /// The folder with everything that was not taken in yet.
    pub fn incoming_files(&self) -> PathBuf {
        self.root.join("incoming")
    }

    fn file(&self, folder: &str, id: &Id, extension: &str) -> PathBuf {
        self.root.join(folder).join(format!("{id}.{extension}"))
    }
}

/// Removes a file that may not be there.
///
/// # Errors
/// When it is there, and the system does not let it go.
pub fn remove_if_there(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The golden volume of the golden image `id`.
pub fn golden_volume(id: &Id) -> VolumeName {
    VolumeName::golden(id.as_str())
}

/// The disk of the OS volume `id`.
pub fn os_volume(id: &Id) -> VolumeName {
    VolumeName::os(id.as_str())
}
