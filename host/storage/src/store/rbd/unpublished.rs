//! Images that nobody finds: new ones, and clones.

use super::call::{Call, Cluster};
use super::image::{Ours, Unfinished};
use super::open::Held;
use super::server::ServedImage;
use crate::scratch::scratch_file;
use crate::store::error::{Result, StoreError, StoreErrorKind};
use crate::store::{NewVolume, UnpublishedClone, VolumeName};
use mintage_volume::block::BlockDevice;
use std::fs::File;
use std::os::unix::fs::MetadataExt as _;
use std::sync::Arc;

/// A volume that is filled as a file without a name, and imported when it is published.
#[derive(Debug)]
pub(super) struct NewImage {
    cluster: Arc<Cluster>,
    name: VolumeName,
    file: File,
}

impl NewImage {
    pub(super) fn create(cluster: &Arc<Cluster>, name: &VolumeName) -> Result<Self> {
        Ours::of(name, cluster.label())?;
        let what = format!("make the {name}");
        let file = scratch_file(cluster.scratch());
        Ok(Self {
            cluster: Arc::clone(cluster),
            name: name.clone(),
            file: file.map_err(|error| error.in_store(what, cluster.label()))?,
        })
    }

    fn import(&self, image: &Unfinished) -> Result<()> {
        let what = format!("write the {}", self.name);
        let failed = |error| StoreError::from_io(&what, self.cluster.label(), &error);
        let (file, status) = (self.file.try_clone(), self.file.metadata());
        let (file, status) = (file.map_err(failed)?, status.map_err(failed)?);
        // A cluster that is full does not say so: whoever writes to it waits.
        let data = status.blocks() * 512;
        if data > self.cluster.capacity()?.free {
            let why = "there is no space left in the pool";
            return Err(self.cluster.error(StoreErrorKind::Full, &what, why));
        }
        let target = self.cluster.spec(image.name(), None);
        // By this name the program opens the file anew, and sees that it is one.
        let arguments = ["import", "--no-progress", "/dev/stdin", &target];
        self.cluster.rbd(Call {
            what: &what,
            arguments: &arguments,
            input: file.into(),
            moves: status.len(),
        })?;
        Ok(())
    }
}

impl NewVolume for NewImage {
    fn file(&self) -> &File {
        &self.file
    }

    fn publish(self: Box<Self>) -> Result<()> {
        let image = Unfinished::new(&self.cluster);
        self.import(&image)?;
        image.publish(&self.name)
    }
}

/// A clone, open for writing.
#[derive(Debug)]
pub(super) struct ClonedImage {
    device: Arc<ServedImage>,
    cluster: Arc<Cluster>,
    name: VolumeName,
    image: Unfinished,
    /// The snapshot that it is a clone of, when that goes with its last reader: then the clone gets all
    /// blocks for its own. After the image: it is dropped in this order.
    held: Option<Arc<Held>>,
}

impl ClonedImage {
    pub(super) fn new(
        cluster: &Arc<Cluster>,
        name: &VolumeName,
        image: Unfinished,
        len: u64,
        held: Option<Arc<Held>>,
    ) -> Self {
        Self {
            device: Arc::new(ServedImage::new(cluster, image.name(), None, len)),
            cluster: Arc::clone(cluster),
            name: name.clone(),
            image,
            held,
        }
    }
}

impl UnpublishedClone for ClonedImage {
    fn device(&self) -> Arc<dyn BlockDevice> {
        Arc::clone(&self.device) as Arc<dyn BlockDevice>
    }

    fn vanishes(&self) -> bool {
        false
    }

    fn publish(self: Box<Self>) -> Result<()> {
        let Self {
            device,
            cluster,
            name,
            image,
            held,
        } = *self;
        let what = format!("publish the {name}");
        device.close(&what)?;
        if held.is_some() {
            let target = cluster.spec(image.name(), None);
            let arguments = ["flatten", "--no-progress", &target];
            cluster.rbd(Call::new(&what, &arguments).moving(device.len()))?;
        }
        image.publish(&name)
    }
}
