//! `OpenFile`: a volume's file that is open for reading.

use super::FileStore;
use super::unpublished::ClonedFile;
use crate::clone::{CloneReport, clone_golden, share_golden};
use crate::error::StorageError;
use crate::golden::GoldenImage;
use crate::store::error::{Result, StoreError, StoreErrorKind};
use crate::store::{MadeClone, OpenVolume, VolumeName};
use crate::unpublished::UnpublishedVolume;
use mintage_volume::block::{BlockDevice, FileDevice};
use std::os::fd::OwnedFd;
use std::sync::Arc;

/// A volume's file that is open for reading. It is still there when its name is gone.
#[derive(Debug)]
pub(super) struct OpenFile {
    image: GoldenImage,
    device: Arc<dyn BlockDevice>,
    name: VolumeName,
    store: FileStore,
}

impl OpenFile {
    pub(super) fn new(store: &FileStore, name: &VolumeName, image: GoldenImage) -> Result<Self> {
        let what = format!("open the {name}");
        let file = image.file().try_clone();
        let file = file.map_err(|error| store.failed(&what, &error))?;
        let device = FileDevice::read_only(file).map_err(|error| {
            let why = error.to_string();
            StoreError::new(StoreErrorKind::Failed, &what, &store.label, why)
        })?;
        Ok(Self {
            device: Arc::new(device),
            image,
            name: name.clone(),
            store: store.clone(),
        })
    }

    fn made(
        &self,
        name: &VolumeName,
        (file, report): (UnpublishedVolume, CloneReport),
    ) -> Result<MadeClone> {
        let clone = ClonedFile::new(&self.store, name, file)?;
        Ok((Box::new(clone), report))
    }

    fn not_made(&self, name: &VolumeName, error: StorageError) -> StoreError {
        let what = format!("make the {name} of the {}", self.name);
        error.in_store(what, &self.store.label)
    }
}

impl OpenVolume for OpenFile {
    fn device(&self) -> Arc<dyn BlockDevice> {
        Arc::clone(&self.device)
    }

    fn descriptor(&self) -> Result<OwnedFd> {
        let file = self.image.file().try_clone();
        file.map(OwnedFd::from).map_err(|error| {
            let what = format!("open the {}", self.name);
            self.store.failed(&what, &error)
        })
    }

    fn clone_to(&self, name: &VolumeName, progress: &mut dyn FnMut(u64, u64)) -> Result<MadeClone> {
        let cloned = clone_golden(&self.image, &self.store.path(name)?, progress);
        self.made(name, cloned.map_err(|error| self.not_made(name, error))?)
    }

    fn share_to(&self, name: &VolumeName) -> Result<Option<MadeClone>> {
        let shared = share_golden(&self.image, &self.store.path(name)?);
        let shared = shared.map_err(|error| self.not_made(name, error))?;
        shared.map(|made| self.made(name, made)).transpose()
    }

    fn check_unchanged(&self) -> Result<()> {
        let unchanged = self.image.check_unchanged();
        let what = format!("read the {}", self.name);
        unchanged.map_err(|error| error.in_store(what, &self.store.label))
    }
}
