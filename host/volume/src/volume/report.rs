//! What `inspect` shows of a volume: free-standing data, made to be written as JSON.

use super::{Area, MountPlan, Skipped, TreeOptions, Volume};
use crate::block::BlockDevice;
use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::filesystem::{FileSystemInfo, Timestamp};
use crate::inspect::Contents;
use crate::partition::{Partition, TableKind};
use crate::path::VolumePath;
use crate::tree::VolumeTree;
use serde::Serialize;

/// A volume from the outside in: table, partitions, filesystems, mounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VolumeReport {
    /// Length of the device in bytes.
    pub length: u64,
    /// The partition table; none for a bare filesystem.
    pub table: Option<TableReport>,
    /// The partitions, or the whole device.
    pub areas: Vec<AreaReport>,
    /// What is mounted, parents before children; empty when there is no tree.
    pub mounts: Vec<MountReport>,
    /// What the guest mounts and cannot be mounted here, and why.
    pub not_mounted: Vec<NotMounted>,
    /// Lines of fstab that mount nothing of this volume.
    pub skipped: Vec<Skipped>,
    /// Why there is no tree.
    pub problem: Option<Problem>,
}

/// A partition table without its partitions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableReport {
    /// The format.
    pub kind: TableKind,
    /// Bytes a sector.
    pub sector_size: u32,
    /// The disk's GUID or signature.
    pub id: String,
}

/// A partition or bare device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AreaReport {
    /// The partition; none for a bare device.
    pub partition: Option<Partition>,
    /// What it holds.
    pub contents: Contents,
    /// What its filesystem says of itself, where there is a driver.
    pub filesystem: Option<FileSystemInfo>,
    /// Why its filesystem cannot be opened, where it looks like one that could.
    pub problem: Option<Problem>,
}

/// A mounted filesystem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MountReport {
    /// Where.
    pub point: VolumePath,
    /// What: `partition 2`.
    pub source: String,
    /// Whether changes are refused.
    pub read_only: bool,
}

/// A filesystem that should be mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotMounted {
    /// Where.
    pub point: VolumePath,
    /// Why it is not.
    pub problem: Problem,
}

/// An error as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Its kind.
    pub kind: VolumeErrorKind,
    /// What went wrong.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

impl From<&VolumeError> for Problem {
    fn from(error: &VolumeError) -> Self {
        Self {
            kind: error.kind(),
            message: error.to_string(),
            help: error.help_text().map(str::to_owned),
        }
    }
}

impl Volume {
    /// Looks at everything, changes nothing. What cannot be opened is reported as a problem.
    ///
    /// # Errors
    /// `Io` when the device cannot be read.
    pub fn report(&self, options: &TreeOptions) -> Result<VolumeReport> {
        let mut report = VolumeReport {
            length: self.device.len(),
            table: self.table.as_ref().map(|table| TableReport {
                kind: table.kind,
                sector_size: table.sector_size,
                id: table.id.clone(),
            }),
            areas: self.report_areas(options.time)?,
            mounts: Vec::new(),
            not_mounted: Vec::new(),
            skipped: Vec::new(),
            problem: None,
        };
        self.report_mounts(options, &mut report)?;
        Ok(report)
    }

    fn report_areas(&self, time: Timestamp) -> Result<Vec<AreaReport>> {
        let areas = self.areas.iter().enumerate();
        areas
            .map(|(index, area)| self.report_area(index, area, time))
            .collect()
    }

    fn report_area(&self, index: usize, area: &Area, time: Timestamp) -> Result<AreaReport> {
        let opened = area.contents.format.may_hold_files().then(|| {
            let filesystem = self.open_area(index, time, true)?;
            filesystem.info().map_err(|error| area.explain(error))
        });
        let (filesystem, problem) = match opened {
            None => (None, None),
            Some(Ok(info)) => (Some(info), None),
            Some(Err(error)) => (None, Some(problem(&error)?)),
        };
        Ok(AreaReport {
            partition: area.partition.clone(),
            contents: area.contents.clone(),
            filesystem,
            problem,
        })
    }

    fn report_mounts(&self, options: &TreeOptions, report: &mut VolumeReport) -> Result<()> {
        let read_only = options.read_only;
        let options = TreeOptions {
            read_only: true,
            ..options.clone()
        };
        let (tree, plan) = match self.mount(&options) {
            Ok(mounted) => mounted,
            Err(error) => {
                report.problem = Some(problem(&error)?);
                return Ok(());
            }
        };
        report.mounts = self.mounts_of(&tree, &plan, read_only);
        let blocked = tree.blocked_mounts().iter();
        report.not_mounted = blocked
            .map(|(point, error)| NotMounted {
                point: point.clone(),
                problem: Problem::from(error),
            })
            .collect();
        report.skipped = plan.skipped;
        Ok(())
    }

    /// The mounts of a tree that was opened read-only to look at it, as a run would get them.
    fn mounts_of(&self, tree: &VolumeTree, plan: &MountPlan, read_only: bool) -> Vec<MountReport> {
        let planned_read_only = |source: &str| {
            let mut planned = plan.mounts.iter().filter(|planned| planned.read_only);
            planned.any(|planned| self.source_of(planned) == source)
        };
        let mounts = tree.mounts().iter();
        mounts
            .map(|mount| MountReport {
                point: mount.point.clone(),
                source: mount.source.clone(),
                read_only: read_only || planned_read_only(&mount.source),
            })
            .collect()
    }
}

/// An error of the device is one of the report, too.
fn problem(error: &VolumeError) -> Result<Problem> {
    match error.kind() {
        VolumeErrorKind::Io => Err(error.clone()),
        _ => Ok(Problem::from(error)),
    }
}
