//! The volume tree: the mounted filesystems of a volume as the one tree that the guest sees.
//!
//! This file holds the tree itself and its mounts. What can be done with it is beside it, a file
//! for each: `resolve` (paths), `read`, `walk`, `write`, `attributes`, `copy`, `rename`, `remove`; and
//! what a run is held to: `touched` (what it changed), `limits` (interrupt and write budget),
//! `labels` (which SELinux label new files get).

mod attributes;
mod copy;
mod labels;
mod limits;
mod read;
mod remove;
mod rename;
mod resolve;
#[cfg(test)]
mod tests;
mod touched;
mod walk;
mod write;

pub use labels::Relabel;
pub use limits::Interrupt;
pub use walk::WalkEntry;

use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::filesystem::{FileKind, FileSystem};
use crate::path::VolumePath;
use labels::Labelling;
use limits::Limits;
use std::collections::BTreeMap;
use touched::Touched;

/// The mounted filesystems of one volume, joined.
///
/// Every method takes a path as the guest would write it, in bytes: absolute, with `.`, `..` and
/// symbolic links, which are resolved inside the volume and never outside it. Methods follow a
/// link at the end of the path unless their docs say otherwise. A `/` at the end asks for a
/// directory, as it does in the guest.
///
/// A failed change leaves the tree as it was, except where content was being written: then the
/// content of that file is undefined (a file that the call made is removed again).
#[derive(Debug)]
pub struct VolumeTree {
    /// Sorted by mount point, so parents come before children; the first is the root.
    mounts: Vec<Mount>,
    /// What should be mounted and could not be, and why.
    blocked: BTreeMap<VolumePath, VolumeError>,
    touched: Touched,
    limits: Limits,
    labelling: Labelling,
}

/// One filesystem and where it is mounted.
#[derive(Debug)]
pub struct Mount {
    /// Where, without links.
    pub point: VolumePath,
    /// What.
    pub filesystem: Box<dyn FileSystem>,
    /// Whether changes are refused with `ReadOnly`.
    pub read_only: bool,
    /// What it was made of, for people: `partition 2`, `tree text`.
    pub source: String,
}

/// What to do with a symbolic link at the end of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastLink {
    /// Follow it.
    Follow,
    /// Stay at the link itself.
    Keep,
}

/// Where a path without links is stored.
#[derive(Debug, Clone)]
struct Place {
    /// The path in the volume.
    path: VolumePath,
    /// Index of the mount; mounts are never removed, so it stays valid.
    mount: usize,
    /// The path in the mounted filesystem.
    inner: VolumePath,
}

impl VolumeTree {
    /// A tree of one filesystem, whatever its `point` says.
    pub fn new(root: Mount) -> Self {
        let root = Mount {
            point: VolumePath::root(),
            ..root
        };
        Self {
            mounts: vec![root],
            blocked: BTreeMap::new(),
            touched: Touched::default(),
            limits: Limits::default(),
            labelling: Labelling::default(),
        }
    }

    /// Mounts one more filesystem on an existing directory; links in its `point` are followed.
    ///
    /// # Errors
    /// `NotFound`, `NotADirectory`, `AlreadyExists` when something is mounted there,
    /// `InvalidArgument` when something is mounted below it, which the guest could not see.
    pub fn mount(&mut self, mount: Mount) -> Result<()> {
        let found = self.existing("mount at", &mount.point, LastLink::Follow)?;
        let point = found.place.path;
        let refuse = |kind, why: &str| Err(VolumeError::cannot(kind, "mount at", &point, why));
        if found.metadata.kind != FileKind::Directory {
            return refuse(VolumeErrorKind::NotADirectory, "it is not a directory");
        }
        if self.is_mount_point(&point) {
            return refuse(
                VolumeErrorKind::AlreadyExists,
                "something is mounted there already",
            );
        }
        if self.has_mounts_within(&point) {
            return refuse(
                VolumeErrorKind::InvalidArgument,
                "something is mounted below it already, parents come first",
            );
        }
        let index = self.mounts.partition_point(|other| other.point < point);
        self.mounts.insert(index, Mount { point, ..mount });
        Ok(())
    }

    /// Says that the guest mounts something at `point` that cannot be mounted here, and why.
    /// Every path that leads into it fails with the kind of `error` from now on; the directory
    /// itself can be seen, but not listed or changed.
    pub fn blocked(&mut self, point: &VolumePath, error: VolumeError) {
        // A point that does not resolve cannot be reached through a link either.
        let point = self
            .resolve(point, LastLink::Follow)
            .unwrap_or_else(|_| point.clone());
        self.blocked.insert(point, error);
    }

    /// What should be mounted and could not be, by mount point.
    pub fn blocked_mounts(&self) -> &BTreeMap<VolumePath, VolumeError> {
        &self.blocked
    }

    /// The mounts, parents before children.
    pub fn mounts(&self) -> &[Mount] {
        &self.mounts
    }

    /// Takes the tree apart, parents before children.
    pub fn into_mounts(self) -> Vec<Mount> {
        self.mounts
    }

    /// Makes [`Self::finish`] zero what no file has any more ([`FileSystem::wipe_when_finished`]), in
    /// every filesystem that is not read-only.
    pub fn wipe_when_finished(&mut self) {
        for mount in self.mounts.iter_mut().filter(|m| !m.read_only) {
            mount.filesystem.wipe_when_finished();
        }
    }

    /// Finishes every filesystem that is not read-only ([`FileSystem::finish`]), children before
    /// parents.
    ///
    /// # Errors
    /// As [`FileSystem::finish`]; after one, nothing of the volume must be used.
    pub fn finish(&mut self) -> Result<()> {
        for mount in self.mounts.iter_mut().rev().filter(|m| !m.read_only) {
            let finished = mount.filesystem.finish();
            finished.map_err(|error| mount.explain(&mount.point, error))?;
        }
        Ok(())
    }

    /// Whether something is mounted, or should be, at exactly `path`.
    fn is_mount_point(&self, path: &VolumePath) -> bool {
        self.blocked.contains_key(path) || self.mounts.iter().any(|mount| mount.point == *path)
    }

    /// Whether something is mounted, or should be, at `path` or below it.
    fn has_mounts_within(&self, path: &VolumePath) -> bool {
        let points = self.mounts.iter().map(|mount| &mount.point);
        points
            .chain(self.blocked.keys())
            .any(|point| point.starts_with(path))
    }

    /// Refuses to move or remove what something is mounted on or below, as the kernel does.
    fn refuse_mounts_within(&self, what: &str, path: &VolumePath) -> Result<()> {
        if self.has_mounts_within(path) {
            let why = "a filesystem is mounted on it or below it";
            let kind = VolumeErrorKind::CrossesMounts;
            return Err(VolumeError::cannot(kind, what, path, why));
        }
        Ok(())
    }

    /// Does something with the filesystem that `place` is in, and makes its error speak of the
    /// volume's path.
    fn read_in<T>(
        &self,
        place: &Place,
        read: impl FnOnce(&dyn FileSystem, &VolumePath) -> Result<T>,
    ) -> Result<T> {
        let mount = &self.mounts[place.mount];
        read(mount.filesystem.as_ref(), &place.inner)
            .map_err(|error| mount.explain(&place.path, error))
    }

    /// As [`Self::read_in`], for a change: the path counts as touched, and `ReadOnly` mounts
    /// refuse.
    fn change_in<T>(
        &mut self,
        what: &str,
        place: &Place,
        change: impl FnOnce(&mut dyn FileSystem, &VolumePath) -> Result<T>,
    ) -> Result<T> {
        self.note_policy_change(&place.path);
        let mount = &mut self.mounts[place.mount];
        mount.check_writable(what, &place.path)?;
        self.touched.add(&place.path);
        change(mount.filesystem.as_mut(), &place.inner)
            .map_err(|error| mount.explain(&place.path, error))
    }
}

impl Mount {
    fn check_writable(&self, what: &str, path: &VolumePath) -> Result<()> {
        if self.read_only {
            let why = format!("the filesystem at `{}` is mounted read-only", self.point);
            let kind = VolumeErrorKind::ReadOnly;
            return Err(VolumeError::cannot(kind, what, path, &why));
        }
        Ok(())
    }

    /// A driver speaks of paths from its own root; says where that is in the volume.
    fn explain(&self, path: &VolumePath, error: VolumeError) -> VolumeError {
        if self.point.is_root() {
            return error.at(path);
        }
        let message = format!("{error} (in the filesystem at `{}`)", self.point);
        let explained = VolumeError::new(error.kind(), message).at(path);
        match error.help_text() {
            Some(help) => explained.help(help),
            None => explained,
        }
    }
}
