//! Finding the root filesystem: the one that holds an operating system.

use super::{Area, Volume};
use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::filesystem::{FileSystem, Timestamp};
use crate::inspect::Format;
use crate::path::VolumePath;

/// A filesystem with one of these is the root of a system.
const MARKS: [&str; 3] = ["/etc/fstab", "/etc/os-release", "/usr/lib/os-release"];

/// The index of the one area that holds the root. A bare filesystem is its own root, whatever files
/// it has.
///
/// # Errors
/// `NoRoot` when there is none, or more than one; what the driver says when the only area that
/// may be the root cannot be opened; `Io`.
pub fn find(volume: &Volume, time: Timestamp) -> Result<usize> {
    if volume.table().is_none() {
        return match volume.areas().first().map(|area| area.contents.format) {
            Some(Format::Empty | Format::Unknown) | None => Err(none(&[
                "the image has neither a partition table nor a filesystem that is known".to_owned(),
            ])),
            Some(_) => Ok(0),
        };
    }
    let (mut roots, mut others, mut closed) = (Vec::new(), Vec::new(), Vec::new());
    for (index, area) in volume.areas().iter().enumerate() {
        match look(volume, index, area, time) {
            Ok(None) => roots.push(index),
            Ok(Some(why)) => others.push(format!("{} {why}", area.name())),
            Err(error) if error.kind() == VolumeErrorKind::Io => return Err(error),
            Err(error) => closed.push(error),
        }
    }
    match (roots.as_slice(), closed.pop()) {
        ([root], _) => Ok(*root),
        ([], Some(error)) if closed.is_empty() => Err(error),
        ([], last) => {
            others.extend(closed.iter().chain(&last).map(ToString::to_string));
            Err(none(&others))
        }
        (several, _) => Err(too_many(volume, several)),
    }
}

/// Nothing when the area holds a root, else why not.
fn look(volume: &Volume, index: usize, area: &Area, time: Timestamp) -> Result<Option<String>> {
    use Format::{Empty, ExFat, Iso9660, Ntfs, Swap, Unknown, Vfat};
    let format = area.contents.format;
    if matches!(format, Vfat | Swap | Iso9660 | Ntfs | ExFat) {
        return Ok(Some(format!("is {format}")));
    }
    if matches!(format, Empty | Unknown) {
        return Ok(Some("holds no known filesystem".to_owned()));
    }
    let filesystem = volume.open_area(index, time, true)?;
    match has_mark(&*filesystem).map_err(|error| area.explain(error))? {
        true => Ok(None),
        false => Ok(Some(format!("is {format} without a system in it"))),
    }
}

fn has_mark(filesystem: &dyn FileSystem) -> Result<bool> {
    for mark in MARKS {
        match filesystem.metadata(&VolumePath::parse(mark)?) {
            Ok(_) => return Ok(true),
            // A link on the way is `NotADirectory`.
            Err(error) => match error.kind() {
                VolumeErrorKind::NotFound | VolumeErrorKind::NotADirectory => {}
                _ => return Err(error),
            },
        }
    }
    Ok(false)
}

fn none(areas: &[String]) -> VolumeError {
    let what = match areas {
        [] => "the disk has no partitions".to_owned(),
        areas => areas.join("; "),
    };
    VolumeError::new(
        VolumeErrorKind::NoRoot,
        format!("found no root filesystem: {what}"),
    )
    .help(
        "a root has `/etc/fstab` or an os-release file; otherwise declare the mounts in the build plan, `/` included",
    )
}

fn too_many(volume: &Volume, roots: &[usize]) -> VolumeError {
    let names: Vec<String> = roots
        .iter()
        .filter_map(|index| volume.areas().get(*index))
        .map(Area::name)
        .collect();
    VolumeError::new(
        VolumeErrorKind::NoRoot,
        format!("found more than one root filesystem: {}", names.join(", ")),
    )
    .help("declare the mounts in the build plan, so that it is clear which of them is `/`")
}
