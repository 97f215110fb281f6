//! Files that nobody finds: new ones, and clones.

use super::FileStore;
use crate::clone::{CloneReport, clone_golden, share_golden};
use crate::error::StorageError;
use crate::golden::GoldenImage;
use crate::store::error::{Result, StoreError, StoreErrorKind};
use crate::store::{MadeClone, NewVolume, UnpublishedClone, VolumeKind, VolumeName};
use crate::unpublished::UnpublishedVolume;
use mintage_volume::block::{BlockDevice, FileDevice};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// A file that is filled.
#[derive(Debug)]
pub(super) struct NewFile(Named);

/// A clone, open for writing.
#[derive(Debug)]
pub(super) struct ClonedFile {
    named: Named,
    device: Arc<dyn BlockDevice>,
}

/// A file that nobody finds, and what it will be.
#[derive(Debug)]
struct Named {
    file: UnpublishedVolume,
    /// `the OS volume …`.
    what: String,
    store: String,
    is_golden: bool,
}

impl NewFile {
    pub(super) fn create(store: &FileStore, name: &VolumeName) -> Result<Self> {
        let made = UnpublishedVolume::create(&store.path(name)?);
        let file =
            made.map_err(|error| error.in_store(format!("make the {name}"), &store.label))?;
        Ok(Self(Named::new(store, name, file)))
    }
}

impl NewVolume for NewFile {
    fn file(&self) -> &File {
        self.0.file.file()
    }

    fn publish(self: Box<Self>) -> Result<()> {
        self.0.publish()
    }
}

impl ClonedFile {
    pub(super) fn new(
        store: &FileStore,
        name: &VolumeName,
        file: UnpublishedVolume,
    ) -> Result<Self> {
        let device = device(&file).map_err(|why| {
            let what = format!("make the {name}");
            StoreError::new(StoreErrorKind::Failed, what, &store.label, why)
        })?;
        let named = Named::new(store, name, file);
        Ok(Self { named, device })
    }
}

/// Clones `image` into the file `output`, which is in no store.
///
/// # Errors
/// Those of [`clone_golden`].
pub fn clone_file(
    image: &GoldenImage,
    output: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<MadeClone, StorageError> {
    in_no_store(output, clone_golden(image, output, progress)?)
}

/// As [`clone_file`], where that takes no copy; none where it does.
///
/// # Errors
/// Those of [`share_golden`].
pub fn share_file(image: &GoldenImage, output: &Path) -> Result<Option<MadeClone>, StorageError> {
    let shared = share_golden(image, output)?;
    shared.map(|made| in_no_store(output, made)).transpose()
}

fn in_no_store(
    output: &Path,
    (file, report): (UnpublishedVolume, CloneReport),
) -> Result<MadeClone, StorageError> {
    let device = device(&file).map_err(|why| StorageError::Output {
        what: "open the file",
        path: output.to_owned(),
        source: std::io::Error::other(why),
    })?;
    let named = Named {
        file,
        what: format!("the volume `{}`", output.display()),
        store: "its folder".to_owned(),
        is_golden: false,
    };
    Ok((Box::new(ClonedFile { named, device }), report))
}

fn device(file: &UnpublishedVolume) -> Result<Arc<dyn BlockDevice>, String> {
    let file = file.file().try_clone().map_err(|error| error.to_string())?;
    let device = FileDevice::writable(file).map_err(|error| error.to_string())?;
    Ok(Arc::new(device))
}

impl UnpublishedClone for ClonedFile {
    fn device(&self) -> Arc<dyn BlockDevice> {
        Arc::clone(&self.device)
    }

    fn vanishes(&self) -> bool {
        self.named.file.temporary().is_none()
    }

    fn publish(self: Box<Self>) -> Result<()> {
        drop(self.device);
        self.named.publish()
    }
}

impl Named {
    fn new(store: &FileStore, name: &VolumeName, file: UnpublishedVolume) -> Self {
        Self {
            file,
            what: format!("the {name}"),
            store: store.label.clone(),
            is_golden: name.kind() == VolumeKind::Golden,
        }
    }

    fn publish(self) -> Result<()> {
        let ready = match self.is_golden {
            true => self.file.make_read_only(),
            false => Ok(()),
        };
        let published = ready.and_then(|()| self.file.publish());
        published
            .map(drop)
            .map_err(|error| error.in_store(format!("publish {}", self.what), &self.store))
    }
}
