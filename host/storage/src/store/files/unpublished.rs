//! Files that nobody finds: new ones, and clones.

use super::FileStore;
use crate::store::error::Result;
use crate::store::{NewVolume, UnpublishedClone, VolumeKind, VolumeName};
use crate::unpublished::UnpublishedVolume;
use mintage_volume::block::BlockDevice;
use std::fs::File;
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
    name: VolumeName,
    store: String,
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
        device: Arc<dyn BlockDevice>,
    ) -> Self {
        Self {
            named: Named::new(store, name, file),
            device,
        }
    }
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
            name: name.clone(),
            store: store.label.clone(),
        }
    }

    fn publish(self) -> Result<()> {
        let Self { file, name, store } = self;
        let published = match name.kind() {
            VolumeKind::Golden => file.make_read_only(),
            VolumeKind::Os => Ok(()),
        };
        published
            .and_then(|()| file.publish())
            .map(drop)
            .map_err(|error| error.in_store(format!("publish the {name}"), &store))
    }
}
