//! Names of images, and the images that nobody but this store touches.

use super::call::Cluster;
use crate::store::error::Result;
use crate::store::{VolumeKind, VolumeName};
use std::sync::Arc;

/// The names that are this store's.
#[derive(Debug)]
pub(super) struct Ours;

impl Ours {
    pub(super) const NEW: &str = "mintage-new-";
    pub(super) const OLD: &str = "mintage-old-";
    /// The snapshot that clones of a golden volume are made of.
    pub(super) const FROZEN: &str = "mintage";
    /// Snapshots that hold a volume while it is read.
    pub(super) const HELD: &str = "mintage-open-";

    /// The image of a volume.
    ///
    /// # Errors
    /// `Failed` for a name that cannot be.
    pub(super) fn of(name: &VolumeName, label: &str) -> Result<String> {
        Ok(format!("{}{}", prefix(name.kind()), name.plain_id(label)?))
    }

    /// The volume of an image, if it is one.
    pub(super) fn volume(image: &str) -> Option<VolumeName> {
        VolumeKind::ALL.into_iter().find_map(|kind| {
            let id = image.strip_prefix(prefix(kind))?;
            let name = VolumeName::new(kind, id);
            name.plain_id("").is_ok().then_some(name)
        })
    }
}

fn prefix(kind: VolumeKind) -> &'static str {
    match kind {
        VolumeKind::Golden => "mintage-golden-",
        VolumeKind::Os => "mintage-os-",
    }
}

/// A name that nothing has.
pub(super) fn unused_name(prefix: &str) -> String {
    format!("{prefix}{}", uuid::Uuid::new_v4())
}

/// An image that is not published. Dropped, it is gone.
#[derive(Debug)]
pub(super) struct Unfinished {
    cluster: Arc<Cluster>,
    name: String,
    published: bool,
}

impl Unfinished {
    /// One that is about to be made.
    pub(super) fn new(cluster: &Arc<Cluster>) -> Self {
        Self {
            cluster: Arc::clone(cluster),
            name: unused_name(Ours::NEW),
            published: false,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Freezes it if need be, and gives it the name of `volume`.
    pub(super) fn publish(mut self, volume: &VolumeName) -> Result<()> {
        let what = format!("publish the {volume}");
        let name = Ours::of(volume, self.cluster.label())?;
        if super::is_frozen(volume.kind()) {
            self.cluster.snapshot(&what, &self.name, Ours::FROZEN)?;
            self.cluster.protect(&what, &self.name, Ours::FROZEN)?;
        }
        self.cluster.rename(&what, &self.name, &name)?;
        self.published = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.published
            && let Err(error) = self.cluster.discard(&self.name)
        {
            tracing::warn!(%error, image = self.name, "an image that was not published stays until the next start");
        }
    }
}
