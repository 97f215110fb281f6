//! `FileStore`: volumes as sparse raw files of one folder.

use super::error::{Result, StoreError, StoreErrorKind};
use super::name::is_plain;
use super::{Capacity, ImageStore, NewVolume, OpenVolume, VolumeKind, VolumeName};
use crate::error::StorageError;
use crate::export::ExportSource;
use crate::golden::GoldenImage;
use crate::scratch::scratch_file;
use open::OpenFile;
use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};
use unpublished::NewFile;

pub use unpublished::{clone_file, share_file};

mod open;
mod unpublished;

/// How the names of volumes' files end: `ID.img`.
const SUFFIX: &str = ".img";

/// Volumes as sparse raw files of one folder: `golden-volumes/ID.img` and `os-volumes/ID.img`, for this
/// user only. A clone shares blocks where the filesystem can (XFS, btrfs), and is a sparse copy elsewhere.
#[derive(Debug, Clone)]
pub struct FileStore {
    root: PathBuf,
    label: String,
    clones_share: bool,
}

impl FileStore {
    /// Opens the store in the folder `root`, and makes it where it is not there. `label` is what it is
    /// called in errors, as `the data folder`.
    ///
    /// # Errors
    /// `Full`, `Unavailable`, `Failed` when a folder is not there and cannot be made, or takes no file.
    pub fn open(root: &Path, label: &str) -> Result<Self> {
        let failed = |error: io::Error| StoreError::from_io("open the folders", label, &error);
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        for kind in VolumeKind::ALL {
            builder.create(root.join(folder_of(kind))).map_err(failed)?;
        }
        let clones_share = shares(&root.join(folder_of(VolumeKind::Os)));
        Ok(Self {
            root: root.to_owned(),
            label: label.to_owned(),
            clones_share: clones_share.map_err(|error| error.in_store("make a file", label))?,
        })
    }

    /// The file of a volume.
    ///
    /// # Errors
    /// `Failed` for a name that cannot be.
    pub fn path(&self, name: &VolumeName) -> Result<PathBuf> {
        let id = name.plain_id(&self.label)?;
        let folder = self.root.join(folder_of(name.kind()));
        Ok(folder.join(format!("{id}{SUFFIX}")))
    }

    /// The entries of a folder, by the volume that each is; none for what is no volume.
    fn entries(&self, kind: VolumeKind) -> Result<Vec<(Option<VolumeName>, fs::DirEntry)>> {
        let failed = |error: io::Error| self.failed("list the volumes", &error);
        let mut entries = Vec::new();
        for entry in fs::read_dir(self.root.join(folder_of(kind))).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(SUFFIX));
            let name = id
                .filter(|id| is_plain(id))
                .map(|id| VolumeName::new(kind, id));
            entries.push((name, entry));
        }
        Ok(entries)
    }

    fn failed(&self, what: &str, error: &io::Error) -> StoreError {
        StoreError::from_io(what, &self.label, error)
    }

    /// Why a volume cannot be looked at: it is not there, or its folder is not.
    fn not_opened(&self, what: &str, name: &VolumeName, error: &io::Error) -> StoreError {
        let folder = self.root.join(folder_of(name.kind()));
        let what = format!("{what} the {name}");
        match error.kind() == io::ErrorKind::NotFound && folder.is_dir() {
            true => StoreError::new(
                StoreErrorKind::NotFound,
                what,
                &self.label,
                "it is not there",
            ),
            false => self.failed(&what, error),
        }
    }
}

fn folder_of(kind: VolumeKind) -> &'static str {
    match kind {
        VolumeKind::Golden => "golden-volumes",
        VolumeKind::Os => "os-volumes",
    }
}

/// Whether files in `folder` can share blocks: tried once, with two files that have no name.
fn shares(folder: &Path) -> Result<bool, StorageError> {
    let (from, to) = (scratch_file(folder)?, scratch_file(folder)?);
    let written = from.write_all_at(&[1; 4096], 0);
    Ok(written.is_ok() && rustix::fs::ioctl_ficlone(&to, &from).is_ok())
}

/// The space that a file takes, in bytes. POSIX: blocks of 512 bytes, whatever those of the filesystem are.
fn stored(file: &fs::Metadata) -> u64 {
    file.blocks() * 512
}

impl ImageStore for FileStore {
    fn label(&self) -> &str {
        &self.label
    }

    fn create(&self, name: &VolumeName) -> Result<Box<dyn NewVolume>> {
        Ok(Box::new(NewFile::create(self, name)?))
    }

    fn open(&self, name: &VolumeName) -> Result<Box<dyn OpenVolume>> {
        let path = self.path(name)?;
        fs::symlink_metadata(&path).map_err(|error| self.not_opened("open", name, &error))?;
        let image = GoldenImage::open(&path)
            .map_err(|error| error.in_store(format!("open the {name}"), &self.label))?;
        Ok(Box::new(OpenFile::new(self, name, image)?))
    }

    fn remove(&self, name: &VolumeName) -> Result<()> {
        let removed = fs::remove_file(self.path(name)?);
        let removed = removed.map_err(|error| self.not_opened("remove", name, &error));
        match removed {
            Err(error) if error.kind() == StoreErrorKind::NotFound => Ok(()),
            removed => removed,
        }
    }

    fn list(&self) -> Result<Vec<(VolumeName, u64)>> {
        let mut volumes = Vec::new();
        for kind in VolumeKind::ALL {
            for (name, entry) in self.entries(kind)? {
                // One that is removed meanwhile is none.
                if let (Some(name), Ok(file)) = (name, entry.metadata()) {
                    volumes.push((name, stored(&file)));
                }
            }
        }
        volumes.sort();
        Ok(volumes)
    }

    fn used_bytes(&self, name: &VolumeName) -> Result<u64> {
        let file = fs::symlink_metadata(self.path(name)?);
        let file = file.map_err(|error| self.not_opened("look at", name, &error))?;
        Ok(stored(&file))
    }

    fn remove_unfinished(&self) -> Result<usize> {
        let mut removed = 0;
        for kind in VolumeKind::ALL {
            for (name, entry) in self.entries(kind)? {
                if name.is_none() {
                    let path = entry.path();
                    tracing::warn!(path = %path.display(), "removing a file that is no volume");
                    fs::remove_file(path)
                        .map_err(|error| self.failed("remove what is no volume", &error))?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    fn capacity(&self) -> Result<Capacity> {
        let found = rustix::fs::statvfs(&self.root);
        let found = found.map_err(|errno| self.failed("measure the space", &errno.into()))?;
        Ok(Capacity {
            total: found.f_blocks.saturating_mul(found.f_frsize),
            free: found.f_bavail.saturating_mul(found.f_frsize),
            clones_share: self.clones_share,
        })
    }

    fn export_source(&self, name: &VolumeName) -> Result<ExportSource> {
        Ok(ExportSource::File(self.path(name)?))
    }
}
