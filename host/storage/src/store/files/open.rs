//! `OpenFile`: a volume's file that is open for reading.

use super::FileStore;
use super::unpublished::ClonedFile;
use crate::clone::{CloneReport, clone_golden};
use crate::golden::GoldenImage;
use crate::store::error::{Result, StoreError, StoreErrorKind};
use crate::store::{OpenVolume, UnpublishedClone, VolumeName};
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

    fn clone_to(
        &self,
        name: &VolumeName,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<(Box<dyn UnpublishedClone>, CloneReport)> {
        let what = format!("make the {name} of the {}", self.name);
        let cloned = clone_golden(&self.image, &self.store.path(name)?, progress);
        let (volume, report) = cloned.map_err(|error| error.in_store(&what, &self.store.label))?;
        let clone = ClonedFile::new(&self.store, name, volume)?;
        Ok((Box::new(clone), report))
    }
}
