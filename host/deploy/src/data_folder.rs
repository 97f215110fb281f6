//! `DataFolder`: where the service keeps its files.

use mintage_records::Id;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// The folder with everything that is not in the database. Each file in it belongs to a row of the
/// database and is named by its id; what is in `incoming` belongs to a running task.
#[derive(Debug, Clone)]
pub struct DataFolder {
    root: PathBuf,
}

/// Its folders.
const FOLDERS: [&str; 5] = [
    "golden-volumes",
    "os-volumes",
    "artifact-bundles",
    "backups",
    "incoming",
];

impl DataFolder {
    /// Opens it, and makes it and its folders where they are not there, for this user only.
    ///
    /// # Errors
    /// When a folder cannot be made.
    pub fn open(root: &Path) -> io::Result<Self> {
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        for folder in FOLDERS {
            builder.create(root.join(folder))?;
        }
        Ok(Self {
            root: root.to_owned(),
        })
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The immutable expanded disk of a golden image.
    pub fn golden_volume(&self, id: &Id) -> PathBuf {
        self.file("golden-volumes", id, "img")
    }

    /// The disk of an OS volume.
    pub fn os_volume(&self, id: &Id) -> PathBuf {
        self.file("os-volumes", id, "img")
    }

    /// The folder with the disks of all OS volumes.
    pub fn os_volumes(&self) -> PathBuf {
        self.root.join("os-volumes")
    }

    /// The zip of an artifact bundle.
    pub fn artifact_bundle(&self, id: &Id) -> PathBuf {
        self.file("artifact-bundles", id, "zip")
    }

    /// The archive of a backup.
    pub fn backup(&self, id: &Id) -> PathBuf {
        self.file("backups", id, "zip")
    }

    /// What a client sent and a task has not taken in yet; `id` is the task's or the resource's.
    pub fn incoming(&self, id: &Id) -> PathBuf {
        self.file("incoming", id, "part")
    }

    fn file(&self, folder: &str, id: &Id, extension: &str) -> PathBuf {
        self.root.join(folder).join(format!("{id}.{extension}"))
    }
}
