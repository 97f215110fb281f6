//! What is mounted where: read from an fstab, or declared.

use super::fstab::{self, BadLine, FstabEntry};
use super::{Area, DeclaredMount, Source};
use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::path::VolumePath;
use serde::Serialize;

/// More lines than any real fstab has; every one is compared with all others.
const MAX_LINES: usize = 1000;

/// What a volume's mounts should be, in the order to mount them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountPlan {
    /// The root first, parents before children; one mount a point, one point a partition.
    pub mounts: Vec<PlannedMount>,
    /// What else fstab has.
    pub skipped: Vec<Skipped>,
}

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedMount {
    /// Where, as the guest names it: links in it are not resolved yet.
    pub point: VolumePath,
    /// What was named.
    pub source: Source,
    /// The index of the area that was meant, or why there is none.
    pub area: Result<usize>,
    /// Whether changes are refused.
    pub read_only: bool,
    /// The line of fstab; 0 for a mount that is not from there.
    pub line: usize,
}

/// A line of fstab that mounts nothing of this volume.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The number of the line, from 1 on.
    pub line: usize,
    /// What the line mounts, as it says.
    pub what: String,
    /// Why it is skipped.
    pub why: String,
}

impl PlannedMount {
    /// The root, found in the area at `index`.
    pub(super) fn root(index: usize, areas: &[Area]) -> Self {
        let partition = areas.get(index).and_then(|area| area.partition.as_ref());
        Self {
            point: VolumePath::root(),
            source: partition.map_or(Source::Whole, |p| Source::Partition(p.number)),
            area: Ok(index),
            read_only: false,
            line: 0,
        }
    }

    /// This line, not mounted after all.
    pub(super) fn skipped(&self, why: &str) -> Skipped {
        Skipped {
            line: self.line,
            what: self.source.to_string(),
            why: why.to_owned(),
        }
    }
}

impl MountPlan {
    /// The mounts of an fstab in the root that was found.
    ///
    /// # Errors
    /// `LimitReached` when it has too many lines.
    pub(super) fn of_fstab(content: &[u8], root: PlannedMount, areas: &[Area]) -> Result<Self> {
        let mut plan = Self {
            mounts: vec![root],
            skipped: Vec::new(),
        };
        let lines = fstab::parse(content);
        if lines.len() > MAX_LINES {
            return Err(VolumeError::new(
                VolumeErrorKind::LimitReached,
                format!("`/etc/fstab` has more than {MAX_LINES} lines that mount something"),
            ));
        }
        for line in lines {
            match line {
                Ok(entry) => plan.add_entry(entry, areas),
                Err(BadLine { line, why }) => plan.skipped.push(Skipped {
                    line,
                    what: String::new(),
                    why: why.to_owned(),
                }),
            }
        }
        plan.sort();
        Ok(plan)
    }

    fn add_entry(&mut self, entry: FstabEntry, areas: &[Area]) {
        let planned = PlannedMount {
            area: find(&entry.source, areas),
            point: entry.point,
            source: entry.source,
            read_only: entry.read_only,
            line: entry.line,
        };
        let same_point = self.mounts.iter_mut().find(|m| m.point == planned.point);
        match (entry.skip, same_point) {
            (Some(why), _) => self.skipped.push(planned.skipped(why)),
            // The first entry is the root as it was found; fstab may make it read-only.
            (None, Some(root)) if root.line == 0 && root.area == planned.area => {
                root.read_only = planned.read_only;
                root.line = planned.line;
            }
            (None, Some(root)) if root.line == 0 => {
                let why = format!("the root that was found is {}", root.source);
                self.skipped.push(planned.skipped(&why));
            }
            (None, Some(_)) => {
                let why = "an earlier line mounts something there";
                self.skipped.push(planned.skipped(why));
            }
            (None, None) => self.add_unique(planned),
        }
    }

    /// Two drivers at work on one filesystem would destroy it, so the second mount is refused.
    fn add_unique(&mut self, mut planned: PlannedMount) {
        let first = self
            .mounts
            .iter()
            .find(|other| other.area.is_ok() && other.area == planned.area);
        if let Some(first) = first {
            planned.area = Err(VolumeError::new(
                VolumeErrorKind::UnsupportedFeature,
                format!("{} is mounted at `{}` already", planned.source, first.point),
            ));
        }
        self.mounts.push(planned);
    }

    /// The mounts that the caller declares.
    ///
    /// # Errors
    /// `NoRoot` without `/`; `InvalidArgument` when a source names no area or several, or two
    /// mounts have the same point or area.
    pub(super) fn declared(mounts: &[DeclaredMount], areas: &[Area]) -> Result<Self> {
        let mut plan = Self {
            mounts: Vec::new(),
            skipped: Vec::new(),
        };
        for mount in mounts {
            let fault = |why: &str| {
                let message = format!("cannot mount {} at `{}`: {why}", mount.source, mount.point);
                VolumeError::new(VolumeErrorKind::InvalidArgument, message)
            };
            let area = find(&mount.source, areas).map_err(|error| fault(&error.to_string()))?;
            if plan.mounts.iter().any(|other| other.point == mount.point) {
                return Err(fault("something else is declared to be there"));
            }
            if plan.mounts.iter().any(|other| other.area == Ok(area)) {
                return Err(fault("it is declared to be mounted elsewhere, too"));
            }
            plan.mounts.push(PlannedMount {
                point: mount.point.clone(),
                source: mount.source.clone(),
                area: Ok(area),
                read_only: mount.read_only,
                line: 0,
            });
        }
        plan.sort();
        plan.split()?;
        Ok(plan)
    }

    fn sort(&mut self) {
        self.mounts.sort_by_key(|mount| mount.point.names().count());
    }

    /// The root and the others.
    ///
    /// # Errors
    /// `NoRoot` when `/` is not declared.
    pub(super) fn split(&self) -> Result<(&PlannedMount, &[PlannedMount])> {
        match self.mounts.split_first() {
            Some((root, others)) if root.point.is_root() => Ok((root, others)),
            _ => Err(VolumeError::new(
                VolumeErrorKind::NoRoot,
                "the declared mounts say nothing of `/`",
            )
            .help("declared mounts replace the volume's fstab: list all of them, `/` first")),
        }
    }
}

/// The one area that `source` names.
fn find(source: &Source, areas: &[Area]) -> Result<usize> {
    let named = |why: String| VolumeError::new(VolumeErrorKind::UnsupportedFeature, why);
    if let Source::Elsewhere(_) = source {
        return Err(named(format!(
            "`{source}` is no partition of this volume (logical volumes and RAID need the kernel \
             driver, which is planned)"
        )));
    }
    let mut found = (0..).zip(areas).filter(|(_, area)| source.names(area));
    match (found.next(), found.next()) {
        (Some((index, _)), None) => Ok(index),
        (None, _) => Err(named(format!("this volume has no `{source}`"))),
        (Some((_, first)), Some((_, second))) => Err(named(format!(
            "`{source}` names both {} and {}",
            first.name(),
            second.name()
        ))),
    }
}
