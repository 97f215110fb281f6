//! `OpenImage`: a published volume, open for reading.

use super::call::Cluster;
use super::image::{Ours, Unfinished, unused_name};
use super::server::ServedImage;
use super::unpublished::ClonedImage;
use crate::clone::{CloneMethod, CloneReport};
use crate::store::error::Result;
use crate::store::{MadeClone, OpenVolume, VolumeName};
use mintage_volume::block::{BlockDevice, ReadOnly};
use std::collections::BTreeMap;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// A published volume, open for reading: a snapshot of its image.
#[derive(Debug)]
pub(super) struct OpenImage {
    device: Arc<ServedImage>,
    held: Arc<Held>,
    len: u64,
}

/// Keeps what is read as it is: the image in its place, and the snapshot of one that is not frozen.
#[derive(Debug)]
pub(super) struct Held {
    cluster: Arc<Cluster>,
    name: VolumeName,
    image: String,
    snapshot: String,
    is_frozen: bool,
    open: Arc<Mutex<BTreeMap<VolumeName, usize>>>,
}

impl OpenImage {
    pub(super) fn open(
        cluster: &Arc<Cluster>,
        name: &VolumeName,
        open: &Arc<Mutex<BTreeMap<VolumeName, usize>>>,
    ) -> Result<Self> {
        let image = Ours::of(name, cluster.label())?;
        let held = Held::new(cluster, name, image, open);
        let what = format!("open the {name}");
        let len = cluster.len(&what, &held.image)?;
        if !held.is_frozen {
            cluster.snapshot(&what, &held.image, &held.snapshot)?;
        }
        let device = ServedImage::new(cluster, &held.image, Some(&held.snapshot), len);
        Ok(Self {
            device: Arc::new(device),
            held: Arc::new(held),
            len,
        })
    }
}

impl Held {
    fn new(
        cluster: &Arc<Cluster>,
        name: &VolumeName,
        image: String,
        open: &Arc<Mutex<BTreeMap<VolumeName, usize>>>,
    ) -> Self {
        let is_frozen = super::is_frozen(name.kind());
        let mut counts = open.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(name.clone()).or_default() += 1;
        Self {
            cluster: Arc::clone(cluster),
            name: name.clone(),
            image,
            snapshot: match is_frozen {
                true => Ours::FROZEN.to_owned(),
                false => unused_name(Ours::HELD),
            },
            is_frozen,
            open: Arc::clone(open),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.is_frozen
            && let Err(error) = self.cluster.drop_snapshot(&self.image, &self.snapshot)
        {
            tracing::debug!(%error, image = self.image, "a snapshot stays until the next start");
        }
        let mut counts = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.name);
            }
        }
    }
}

impl OpenVolume for OpenImage {
    fn device(&self) -> Arc<dyn BlockDevice> {
        let device = Arc::clone(&self.device) as Arc<dyn BlockDevice>;
        Arc::new(ReadOnly::new(device))
    }

    fn descriptor(&self) -> Result<OwnedFd> {
        self.device.connect(&format!("read the {}", self.held.name))
    }

    fn clone_to(
        &self,
        name: &VolumeName,
        _progress: &mut dyn FnMut(u64, u64),
    ) -> Result<MadeClone> {
        let start = Instant::now();
        let held = &self.held;
        let cluster = &held.cluster;
        Ours::of(name, cluster.label())?;
        let what = format!("make the {name} of the {}", held.name);
        if !held.is_frozen {
            // A second clone finds it protected.
            match cluster.protect(&what, &held.image, &held.snapshot) {
                Err(error) if error.kind() == crate::store::StoreErrorKind::InUse => {}
                protected => protected?,
            }
        }
        let image = Unfinished::new(cluster);
        cluster.clone_image(&what, &held.image, &held.snapshot, image.name())?;
        let report = CloneReport {
            method: CloneMethod::RbdClone,
            bytes: 0,
            duration: start.elapsed(),
        };
        let passing = (!held.is_frozen).then(|| Arc::clone(held));
        let clone = ClonedImage::new(cluster, name, image, self.len, passing);
        Ok((Box::new(clone), report))
    }

    fn share_to(&self, name: &VolumeName) -> Result<Option<MadeClone>> {
        self.clone_to(name, &mut |_, _| {}).map(Some)
    }

    fn check_unchanged(&self) -> Result<()> {
        // The snapshot that is read cannot change.
        Ok(())
    }
}
