//! `RbdStore`: volumes as images of a pool of a Ceph cluster.
//!
//! | image in the pool | what it is |
//! |---|---|
//! | `mintage-golden-ID` | a golden volume, with the protected snapshot `mintage` that clones are made of |
//! | `mintage-os-ID` | an OS volume; snapshots `mintage-open-…` hold it while it is read |
//! | `mintage-new-…` | one that is not published yet |
//! | `mintage-old-…` | one that was removed and whose clones still share its blocks |
//!
//! Nothing else of the pool is touched. `docs/decisions/rbd-by-its-program.md` tells why the programs of Ceph
//! are called and no library.

mod call;
mod image;
mod listing;
mod open;
mod pool;
mod server;
mod unpublished;

pub use pool::RbdPool;

use super::error::{Result, StoreError, StoreErrorKind};
use super::{Capacity, ImageStore, NewVolume, OpenVolume, VolumeKind, VolumeName};
use crate::export::ExportSource;
use call::Cluster;
use image::{Ours, unused_name};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Volumes as images of a pool of a Ceph cluster.
#[derive(Debug, Clone)]
pub struct RbdStore {
    cluster: Arc<Cluster>,
    /// Who is open in this process, and how often.
    open: Arc<Mutex<BTreeMap<VolumeName, usize>>>,
}

impl RbdStore {
    /// The store in `pool`. `scratch` is a folder for it alone, and is made where it is not there: what a new
    /// volume is filled with lies there, in files without a name, until it is published.
    ///
    /// # Errors
    /// `PoolMissing`, `Unavailable` when it does not answer.
    pub fn open(pool: RbdPool, scratch: &Path) -> Result<Self> {
        let cluster = Arc::new(Cluster::new(pool, scratch));
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(scratch);
        made.map_err(|error| StoreError::from_io("make its folder", cluster.label(), &error))?;
        cluster.list("open the pool")?;
        Ok(Self {
            cluster,
            open: Arc::default(),
        })
    }

    /// Removes the images that were removed and that no clone needs any more; how many those were.
    fn collect(&self) -> Result<usize> {
        let mut removed = 0;
        loop {
            let there = self.cluster.list("look for removed volumes")?;
            let mut gone = 0;
            for image in there.removed_and_childless() {
                match self.cluster.discard(image) {
                    Ok(()) => gone += 1,
                    // A clone in another pool, or somebody who reads it: later.
                    Err(error) => tracing::warn!(%error, image, "a removed image stays"),
                }
            }
            // What they were clones of may be free now.
            match gone {
                0 => return Ok(removed),
                _ => removed += gone,
            }
        }
    }

    fn is_open(&self, name: &VolumeName) -> bool {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.contains_key(name)
    }
}

impl ImageStore for RbdStore {
    fn label(&self) -> &str {
        self.cluster.label()
    }

    fn create(&self, name: &VolumeName) -> Result<Box<dyn NewVolume>> {
        Ok(Box::new(unpublished::NewImage::create(
            &self.cluster,
            name,
        )?))
    }

    fn open(&self, name: &VolumeName) -> Result<Box<dyn OpenVolume>> {
        let image = open::OpenImage::open(&self.cluster, name, &self.open)?;
        Ok(Box::new(image))
    }

    fn remove(&self, name: &VolumeName) -> Result<()> {
        let image = Ours::of(name, self.label())?;
        let what = format!("remove the {name}");
        let in_use = || {
            let why = "somebody has it open";
            StoreError::new(StoreErrorKind::InUse, &what, self.label(), why)
        };
        if self.is_open(name) {
            return Err(in_use());
        }
        match self.cluster.is_watched(&what, &image) {
            Ok(true) => return Err(in_use()),
            Ok(false) => {}
            Err(error) if error.kind() == StoreErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        }
        // From here on nobody finds it. Its clones go on sharing its blocks.
        match self.cluster.rename(&what, &image, &unused_name(Ours::OLD)) {
            Err(error) if error.kind() == StoreErrorKind::NotFound => return Ok(()),
            renamed => renamed?,
        }
        if let Err(error) = self.collect() {
            tracing::warn!(%error, "the blocks of a removed volume are not free yet");
        }
        Ok(())
    }

    fn list(&self) -> Result<Vec<(VolumeName, u64)>> {
        self.cluster.used("list the volumes", None)
    }

    fn used_bytes(&self, name: &VolumeName) -> Result<u64> {
        let what = format!("look at the {name}");
        let image = Ours::of(name, self.label())?;
        let all = self.cluster.used(&what, Some(&image))?;
        Ok(all.iter().map(|(_, bytes)| bytes).sum())
    }

    fn contains(&self, name: &VolumeName) -> Result<bool> {
        let image = Ours::of(name, self.label())?;
        match self.cluster.len(&format!("look at the {name}"), &image) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == StoreErrorKind::NotFound => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn remove_unfinished(&self) -> Result<usize> {
        let there = self.cluster.list("look for unfinished volumes")?;
        let mut removed = 0;
        for image in there.unfinished() {
            tracing::warn!(image, "removing an image that was not published");
            self.cluster.discard(image)?;
            removed += 1;
        }
        for (image, snapshot) in there.held() {
            tracing::warn!(image, snapshot, "removing a snapshot that nobody reads");
            self.cluster.drop_snapshot(image, snapshot)?;
            removed += 1;
        }
        Ok(removed + self.collect()?)
    }

    fn capacity(&self) -> Result<Capacity> {
        self.cluster.capacity()
    }

    fn export_source(&self, name: &VolumeName) -> Result<ExportSource> {
        let pool = self.cluster.pool();
        Ok(ExportSource::Rbd {
            pool: pool.name.clone(),
            image: Ours::of(name, self.label())?,
            conf: pool.conf.clone(),
            user: pool.user.clone(),
        })
    }
}

/// Which kinds are frozen when they are published.
fn is_frozen(kind: VolumeKind) -> bool {
    kind == VolumeKind::Golden
}
