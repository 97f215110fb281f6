//! Opening a volume: from a device to the tree of its mounted filesystems.
//!
//! A device is divided by its partition table, or is one bare filesystem; each part is an
//! [`Area`]. One of them holds the root, whose fstab says what is mounted where, unless the caller
//! declares it.

mod fstab;
mod plan;
mod report;
mod root;
mod source;

pub use fstab::unescape_fstab;
pub use plan::{MountPlan, PlannedMount, Skipped};
pub use report::{AreaReport, MountReport, NotMounted, Problem, TableReport, VolumeReport};
pub use source::Source;

use crate::block::{BlockDevice, ReadOnly};
use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::filesystem::{self, FileSystem, Timestamp};
use crate::inspect::{Contents, inspect, refuse_other_image_formats};
use crate::partition::{self, Partition, PartitionTable};
use crate::path::VolumePath;
use crate::tree::{Mount, VolumeTree};
use std::ops::Range;
use std::sync::Arc;

/// The longest fstab that is read, in bytes.
const MAX_FSTAB: u64 = 1 << 20;

/// A device and how it is divided.
#[derive(Debug, Clone)]
pub struct Volume {
    device: Arc<dyn BlockDevice>,
    table: Option<PartitionTable>,
    areas: Vec<Area>,
}

/// A part of the device that may hold a filesystem: a partition, or all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// The partition; none for a device without a partition table.
    pub partition: Option<Partition>,
    /// What it holds.
    pub contents: Contents,
}

/// How a tree is opened.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TreeOptions {
    /// What changes leave behind as their time.
    pub time: Timestamp,
    /// Refuse all changes.
    pub read_only: bool,
    /// What is mounted where, `/` included; when empty, the volume's own fstab says.
    pub mounts: Vec<DeclaredMount>,
}

/// A mount that a plan declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeclaredMount {
    /// Where, as the guest sees it.
    pub point: VolumePath,
    /// What.
    pub source: Source,
    /// Refuse changes in it.
    pub read_only: bool,
}

impl Area {
    /// `partition 2`, or `the whole device`.
    pub fn name(&self) -> String {
        match &self.partition {
            Some(partition) => format!("partition {}", partition.number),
            None => "the whole device".to_owned(),
        }
    }

    /// Says of an error in which area it happened.
    fn explain(&self, error: VolumeError) -> VolumeError {
        let explained = VolumeError::new(error.kind(), format!("{}: {error}", self.name()));
        match error.help_text() {
            Some(help) => explained.help(help),
            None => explained,
        }
    }
}

impl Volume {
    /// Reads how `device` is divided and what its parts hold.
    ///
    /// # Errors
    /// `UnsupportedFeature` for an image of another format than raw, `BadPartitionTable`, `Io`.
    pub fn open(device: Arc<dyn BlockDevice>) -> Result<Self> {
        refuse_other_image_formats(&*device)?;
        let table = partition::read(&device)?;
        let mut areas = Vec::new();
        match &table {
            None => areas.push(Area {
                partition: None,
                contents: inspect(&*device)?,
            }),
            Some(table) => {
                for partition in &table.partitions {
                    areas.push(Area {
                        contents: inspect(&partition.open(device.clone())?)?,
                        partition: Some(partition.clone()),
                    });
                }
            }
        }
        Ok(Self {
            device,
            table,
            areas,
        })
    }

    /// The partition table; none for a bare filesystem.
    pub fn table(&self) -> Option<&PartitionTable> {
        self.table.as_ref()
    }

    /// The partitions, by number, or the whole device.
    pub fn areas(&self) -> &[Area] {
        &self.areas
    }

    /// The whole device.
    pub fn device(&self) -> &dyn BlockDevice {
        &*self.device
    }

    /// An area as a device of its own.
    ///
    /// # Errors
    /// `InvalidArgument` for an area of another volume.
    pub fn area_device(&self, area: &Area) -> Result<Arc<dyn BlockDevice>> {
        Ok(match &area.partition {
            Some(partition) => Arc::new(partition.open(self.device.clone())?),
            None => self.device.clone(),
        })
    }

    /// The filesystem in an area, to be read only; a journal is replayed in memory.
    ///
    /// # Errors
    /// As [`filesystem::open`].
    pub fn open_filesystem(&self, area: &Area) -> Result<Box<dyn FileSystem>> {
        let device = Arc::new(ReadOnly::new(self.area_device(area)?));
        filesystem::open(device, &area.contents, Timestamp::default())
            .map_err(|error| area.explain(error))
    }

    /// The stretches of the device that are in no area, in order. Partition tables are among them.
    pub fn unpartitioned(&self) -> Vec<Range<u64>> {
        let partitions = self.areas.iter().map(|area| match &area.partition {
            Some(partition) => partition.start..partition.start + partition.length,
            None => 0..self.device.len(),
        });
        let mut taken: Vec<Range<u64>> = partitions.collect();
        taken.sort_by_key(|range| range.start);
        let (mut gaps, mut at) = (Vec::new(), 0);
        for range in taken {
            if at < range.start {
                gaps.push(at..range.start);
            }
            at = at.max(range.end);
        }
        if at < self.device.len() {
            gaps.push(at..self.device.len());
        }
        gaps
    }

    /// Mounts the volume's filesystems, as its own fstab or the options say.
    ///
    /// A filesystem that fstab mounts and that cannot be mounted here is kept in mind: whatever
    /// leads into it is an error that says why. One that the options declare must be mounted.
    ///
    /// # Errors
    /// `NoRoot`; what the drivers say of the root or a declared filesystem; `InvalidArgument` for
    /// declared mounts that fit no partition, or more than one; `Io`.
    pub fn open_tree(&self, options: &TreeOptions) -> Result<VolumeTree> {
        Ok(self.mount(options)?.0)
    }

    fn mount(&self, options: &TreeOptions) -> Result<(VolumeTree, MountPlan)> {
        let declared = !options.mounts.is_empty();
        let (mut tree, mut plan) = match declared {
            true => self.open_declared_root(options)?,
            false => self.open_root_of_fstab(options)?,
        };
        let (_, others) = plan.split()?;
        let mut skipped = Vec::new();
        for planned in others {
            let mounted = self.open_mount(planned, options);
            match mounted.and_then(|mount| tree.mount(mount)) {
                Ok(()) => {}
                Err(error) if declared || error.kind() == VolumeErrorKind::Io => return Err(error),
                // Through a link, this line mounts where an earlier one did.
                Err(error) if error.kind() == VolumeErrorKind::AlreadyExists => {
                    skipped.push(planned.skipped(&error.to_string()));
                }
                Err(error) => tree.blocked(&planned.point, not_mountable(error)),
            }
        }
        plan.skipped.extend(skipped);
        Ok((tree, plan))
    }

    /// Mounts the root that the options declare, and says what else they do.
    fn open_declared_root(&self, options: &TreeOptions) -> Result<(VolumeTree, MountPlan)> {
        let plan = MountPlan::declared(&options.mounts, &self.areas)?;
        let root = self.open_mount(plan.split()?.0, options)?;
        Ok((VolumeTree::new(root), plan))
    }

    /// Finds the root and mounts it, and says what else its fstab mounts. It is mounted once, since
    /// that takes longer the larger the disk is; only one that its fstab makes read-only is opened
    /// as such again.
    fn open_root_of_fstab(&self, options: &TreeOptions) -> Result<(VolumeTree, MountPlan)> {
        let root = PlannedMount::root(root::find(self, options.time)?, &self.areas);
        let tree = VolumeTree::new(self.open_mount(&root, options)?);
        let as_mounted = self.is_read_only(&root, options);
        let plan = MountPlan::of_fstab(&read_fstab(&tree)?, root, &self.areas)?;
        let root = plan.split()?.0;
        if self.is_read_only(root, options) == as_mounted {
            return Ok((tree, plan));
        }
        drop(tree);
        Ok((VolumeTree::new(self.open_mount(root, options)?), plan))
    }

    fn is_read_only(&self, planned: &PlannedMount, options: &TreeOptions) -> bool {
        planned.read_only || options.read_only || !self.device.is_writable()
    }

    fn open_mount(&self, planned: &PlannedMount, options: &TreeOptions) -> Result<Mount> {
        let index = planned.area.clone()?;
        let read_only = self.is_read_only(planned, options);
        Ok(Mount {
            point: planned.point.clone(),
            filesystem: self.open_area(index, options.time, read_only)?,
            read_only,
            source: self.source_of(planned),
        })
    }

    /// The name of the area that is mounted.
    fn source_of(&self, planned: &PlannedMount) -> String {
        let area = planned.area.as_ref().ok();
        let area = area.and_then(|index| self.areas.get(*index));
        area.map(Area::name).unwrap_or_default()
    }

    /// Opens the filesystem of an area. Read-only, a journal is replayed in memory.
    fn open_area(
        &self,
        index: usize,
        time: Timestamp,
        read_only: bool,
    ) -> Result<Box<dyn FileSystem>> {
        // Indices come from the positions in `areas` only.
        let area = self.areas.get(index).ok_or_else(no_such_area)?;
        let mut device = self.area_device(area)?;
        if read_only {
            device = Arc::new(ReadOnly::new(device));
        }
        filesystem::open(device, &area.contents, time).map_err(|error| area.explain(error))
    }
}

fn no_such_area() -> VolumeError {
    VolumeError::new(
        VolumeErrorKind::InvalidArgument,
        "there is no such partition",
    )
}

/// The content of the guest's fstab; empty when there is none.
fn read_fstab(tree: &VolumeTree) -> Result<Vec<u8>> {
    match tree.read("/etc/fstab", MAX_FSTAB) {
        Err(error) if error.kind() == VolumeErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

/// A missing mount point must not look like a missing file below it: the guest would make the
/// directory and see the files.
fn not_mountable(error: VolumeError) -> VolumeError {
    match error.kind() {
        VolumeErrorKind::NotFound | VolumeErrorKind::NotADirectory => {
            VolumeError::new(VolumeErrorKind::UnsupportedFeature, error.to_string())
                .help("make the directory in the golden image")
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests;
