//! What the cluster tells of a pool and its images.

use super::call::{Call, Cluster};
use super::image::Ours;
use crate::store::error::{Result, StoreErrorKind};
use crate::store::{Capacity, VolumeName};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The images of a pool, and their snapshots.
#[derive(Debug)]
pub(super) struct Listing(Vec<Entry>);

/// An image or a snapshot of one, as `rbd ls --long` lists them.
#[derive(Debug, Deserialize)]
struct Entry {
    image: String,
    snapshot: Option<String>,
    parent: Option<Parent>,
}

#[derive(Debug, Deserialize)]
struct Parent {
    image: String,
}

impl Listing {
    fn images(&self) -> impl Iterator<Item = &str> {
        let images = self.0.iter().filter(|entry| entry.snapshot.is_none());
        images.map(|entry| entry.image.as_str())
    }

    /// Images that nobody published.
    pub(super) fn unfinished(&self) -> impl Iterator<Item = &str> {
        self.images().filter(|image| image.starts_with(Ours::NEW))
    }

    /// Images that were removed and that nothing is a clone of.
    pub(super) fn removed_and_childless(&self) -> impl Iterator<Item = &str> {
        let parents = self.0.iter().filter_map(|entry| entry.parent.as_ref());
        let parents: BTreeSet<&str> = parents.map(|parent| parent.image.as_str()).collect();
        self.images()
            .filter(move |image| image.starts_with(Ours::OLD) && !parents.contains(image))
    }

    /// Snapshots that hold a volume for a reader, with its image.
    pub(super) fn held(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|entry| {
            let snapshot = entry.snapshot.as_deref()?;
            let is_held = snapshot.starts_with(Ours::HELD) && Ours::volume(&entry.image).is_some();
            is_held.then_some((entry.image.as_str(), snapshot))
        })
    }
}

#[derive(Deserialize)]
struct Info {
    size: u64,
}

#[derive(Deserialize)]
struct Status {
    watchers: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Usage {
    images: Vec<Used>,
}

#[derive(Deserialize)]
struct Used {
    name: String,
    used_size: u64,
}

#[derive(Deserialize)]
struct Space {
    pools: Vec<PoolSpace>,
}

#[derive(Deserialize)]
struct PoolSpace {
    name: String,
    stats: PoolStats,
}

/// In bytes, before replication.
#[derive(Deserialize)]
struct PoolStats {
    stored: u64,
    max_avail: u64,
    /// 0 for none.
    #[serde(default)]
    quota_bytes: u64,
}

impl Cluster {
    pub(super) fn list(&self, what: &str) -> Result<Listing> {
        let arguments = ["ls", "--long", "--pool", &self.pool().name];
        self.ask("rbd", what, &arguments).map(Listing)
    }

    /// The length of an image in bytes.
    pub(super) fn len(&self, what: &str, image: &str) -> Result<u64> {
        let arguments = ["info", &self.spec(image, None)];
        let info: Info = self.ask("rbd", what, &arguments)?;
        Ok(info.size)
    }

    /// Whether somebody has an image open for writing.
    pub(super) fn is_watched(&self, what: &str, image: &str) -> Result<bool> {
        let arguments = ["status", &self.spec(image, None)];
        let status: Status = self.ask("rbd", what, &arguments)?;
        Ok(!status.watchers.is_empty())
    }

    /// The space that the volumes take, with their snapshots; of one image, or of all.
    pub(super) fn used(&self, what: &str, image: Option<&str>) -> Result<Vec<(VolumeName, u64)>> {
        let pool = &self.pool().name;
        let usage: Usage = match image {
            Some(image) => self.ask("rbd", what, &["du", &self.spec(image, None)])?,
            None => self.ask("rbd", what, &["du", "--pool", pool])?,
        };
        let mut volumes = BTreeMap::new();
        for used in usage.images {
            if let Some(name) = Ours::volume(&used.name) {
                *volumes.entry(name).or_default() += used.used_size;
            }
        }
        Ok(volumes.into_iter().collect())
    }

    pub(super) fn capacity(&self) -> Result<Capacity> {
        let what = "measure the space";
        let space: Space = self.ask("ceph", what, &["df", "detail"])?;
        let pool = space
            .pools
            .into_iter()
            .find(|pool| pool.name == self.pool().name);
        let missing = || self.error(StoreErrorKind::PoolMissing, what, "there is no such pool");
        let stats = pool.ok_or_else(missing)?.stats;
        let left = match stats.quota_bytes {
            0 => stats.max_avail,
            quota => stats.max_avail.min(quota.saturating_sub(stats.stored)),
        };
        Ok(Capacity {
            total: stats.stored.saturating_add(left),
            free: left,
            clones_share: true,
        })
    }

    pub(super) fn snapshot(&self, what: &str, image: &str, snapshot: &str) -> Result<()> {
        self.change(
            what,
            &[
                "snap",
                "create",
                "--no-progress",
                &self.spec(image, Some(snapshot)),
            ],
        )
    }

    pub(super) fn protect(&self, what: &str, image: &str, snapshot: &str) -> Result<()> {
        self.change(
            what,
            &["snap", "protect", &self.spec(image, Some(snapshot))],
        )
    }

    pub(super) fn rename(&self, what: &str, from: &str, to: &str) -> Result<()> {
        self.change(
            what,
            &["rename", &self.spec(from, None), &self.spec(to, None)],
        )
    }

    pub(super) fn clone_image(
        &self,
        what: &str,
        image: &str,
        snapshot: &str,
        to: &str,
    ) -> Result<()> {
        let from = self.spec(image, Some(snapshot));
        self.change(what, &["clone", &from, &self.spec(to, None)])
    }

    /// Removes a snapshot that nothing is a clone of.
    pub(super) fn drop_snapshot(&self, image: &str, snapshot: &str) -> Result<()> {
        let what = "remove a snapshot";
        let spec = self.spec(image, Some(snapshot));
        match self.change(what, &["snap", "unprotect", &spec]) {
            // It was not protected: removing it is what counts. That refuses one that is.
            Err(error) if error.kind() == StoreErrorKind::Failed => {}
            unprotected => unprotected?,
        }
        self.change(what, &["snap", "rm", "--no-progress", &spec])
    }

    /// Removes an image that nobody finds, with its snapshots; one that is not there is gone already.
    pub(super) fn discard(&self, image: &str) -> Result<()> {
        #[derive(Deserialize)]
        struct Snapshot {
            name: String,
        }
        let what = "remove what is no volume";
        let spec = self.spec(image, None);
        let snapshots: Vec<Snapshot> = match self.ask("rbd", what, &["snap", "ls", &spec]) {
            Err(error) if error.kind() == StoreErrorKind::NotFound => return Ok(()),
            snapshots => snapshots?,
        };
        for snapshot in snapshots {
            self.drop_snapshot(image, &snapshot.name)?;
        }
        let len = self.len(what, image)?;
        let arguments = ["rm", "--no-progress", &spec];
        // Nothing but its objects is looked for.
        self.rbd(Call::new(what, &arguments).moving(len >> 6))
            .map(drop)
    }

    fn change(&self, what: &str, arguments: &[&str]) -> Result<()> {
        self.rbd(Call::new(what, arguments)).map(drop)
    }
}
