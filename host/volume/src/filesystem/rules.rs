//! The errors and checks of the contract that drivers share, so that all of them speak alike.

use super::{FileKind, Timestamp};
use crate::error::{VolumeError, VolumeErrorKind as Kind};
use crate::path::{MAX_PATH, VolumePath};

type Result<T, E = VolumeError> = std::result::Result<T, E>;

pub(crate) fn not_found(what: &str, path: &VolumePath) -> VolumeError {
    VolumeError::cannot(Kind::NotFound, what, path, "it does not exist")
}

pub(crate) fn already_exists(what: &str, path: &VolumePath) -> VolumeError {
    VolumeError::cannot(Kind::AlreadyExists, what, path, "it exists already")
}

pub(crate) fn not_a_directory(what: &str, path: &VolumePath) -> VolumeError {
    let why = "it, or a part of the path to it, is not a directory";
    VolumeError::cannot(Kind::NotADirectory, what, path, why)
}

pub(crate) fn is_a_directory(what: &str, path: &VolumePath) -> VolumeError {
    VolumeError::cannot(Kind::IsADirectory, what, path, "it is a directory")
}

pub(crate) fn not_a_file(what: &str, path: &VolumePath) -> VolumeError {
    VolumeError::cannot(Kind::NotAFile, what, path, "it is not a regular file")
}

pub(crate) fn not_empty(what: &str, path: &VolumePath) -> VolumeError {
    VolumeError::cannot(
        Kind::DirectoryNotEmpty,
        what,
        path,
        "the directory is not empty",
    )
}

pub(crate) fn not_a_link(path: &VolumePath) -> VolumeError {
    let why = "it is not a symbolic link";
    VolumeError::cannot(Kind::InvalidArgument, "read the link", path, why)
}

pub(crate) fn root(what: &str, path: &VolumePath) -> VolumeError {
    let why = "the root directory of a filesystem stays where it is";
    VolumeError::cannot(Kind::InvalidArgument, what, path, why)
}

pub(crate) fn no_space(what: &str, path: &VolumePath) -> VolumeError {
    VolumeError::cannot(Kind::NoSpace, what, path, "the filesystem is full")
}

pub(crate) fn finished(what: &str, path: &VolumePath) -> VolumeError {
    let why = "the filesystem was finished and takes no more changes";
    VolumeError::cannot(Kind::ReadOnly, what, path, why)
}

pub(crate) fn link_mode(path: &VolumePath) -> VolumeError {
    let why = "a symbolic link has no mode of its own";
    VolumeError::cannot(Kind::NotSupported, "set the mode of", path, why)
}

pub(crate) fn no_attribute(path: &VolumePath, name: &str) -> VolumeError {
    let why = format!("it has no `{}`", crate::escape::escape(name.as_bytes()));
    VolumeError::cannot(Kind::NotFound, "remove an attribute of", path, &why)
}

/// The same failure, said of `path`: a lookup that failed at a parent is reported for the whole.
pub(crate) fn renamed(error: VolumeError, what: &str, path: &VolumePath) -> VolumeError {
    match error.kind() {
        Kind::NotFound => {
            let why = "a directory on the way to it does not exist";
            VolumeError::cannot(Kind::NotFound, what, path, why)
        }
        Kind::NotADirectory => not_a_directory(what, path),
        _ => error,
    }
}

pub(crate) fn check_mode(what: &str, path: &VolumePath, mode: u32) -> Result<()> {
    if mode <= 0o7777 {
        return Ok(());
    }
    let why = format!("mode {mode:o} has more than the 12 permission bits");
    Err(VolumeError::cannot(Kind::InvalidArgument, what, path, &why))
}

pub(crate) fn check_link_target(path: &VolumePath, target: &[u8]) -> Result<()> {
    if !target.is_empty() && target.len() < MAX_PATH && !target.contains(&0) {
        return Ok(());
    }
    let why = "the target of a link has 1 to 4095 bytes and no NUL";
    Err(VolumeError::cannot(
        Kind::InvalidArgument,
        "create",
        path,
        why,
    ))
}

pub(crate) fn check_node(path: &VolumePath, kind: FileKind, device: (u32, u32)) -> Result<()> {
    let why = match kind {
        FileKind::CharDevice | FileKind::BlockDevice => {
            // The width of Linux's device numbers: 12 bits of major, 20 of minor.
            if device.0 < 1 << 12 && device.1 < 1 << 20 {
                return Ok(());
            }
            "its device number is out of range"
        }
        FileKind::Fifo | FileKind::Socket if device == (0, 0) => return Ok(()),
        FileKind::Fifo | FileKind::Socket => "only devices have a device number",
        FileKind::File | FileKind::Directory | FileKind::Symlink => "it would not be a node",
    };
    Err(VolumeError::cannot(
        Kind::InvalidArgument,
        "create",
        path,
        why,
    ))
}

/// Checks a new length; none when the sum that made it overflowed.
pub(crate) fn check_len(what: &str, path: &VolumePath, len: Option<u64>) -> Result<()> {
    if len.is_some_and(|len| i64::try_from(len).is_ok()) {
        return Ok(());
    }
    Err(too_long(what, path, "8 EiB"))
}

/// `limit` is the longest that a file can be.
pub(crate) fn too_long(what: &str, path: &VolumePath, limit: &str) -> VolumeError {
    let why = format!("a file here has at most {limit}");
    VolumeError::cannot(Kind::InvalidArgument, what, path, &why)
}

pub(crate) fn check_times(
    path: &VolumePath,
    accessed: Timestamp,
    modified: Timestamp,
) -> Result<()> {
    if accessed.nanoseconds < 1_000_000_000 && modified.nanoseconds < 1_000_000_000 {
        return Ok(());
    }
    let why = "a second has no more than 999999999 nanoseconds";
    Err(VolumeError::cannot(
        Kind::InvalidArgument,
        "set the times of",
        path,
        why,
    ))
}

/// Checks the two paths of a rename before anything is looked up.
pub(crate) fn check_rename(from: &VolumePath, to: &VolumePath) -> Result<()> {
    if from.is_root() || to.is_root() {
        return Err(root("rename", from));
    }
    if from != to && to.starts_with(from) {
        return Err(own_subtree(from, to));
    }
    Ok(())
}

pub(crate) fn own_subtree(from: &VolumePath, to: &VolumePath) -> VolumeError {
    let why = format!("`{to}` lies below it");
    VolumeError::cannot(Kind::InvalidArgument, "rename", from, &why)
}

/// Checks what a rename would replace at `to`: nothing but a directory (`empty` is none), or a
/// directory that is empty or not.
pub(crate) fn check_replace(
    to: &VolumePath,
    from_is_directory: bool,
    empty: Option<bool>,
) -> Result<()> {
    match (from_is_directory, empty) {
        (true, None) => Err(not_a_directory("replace", to)),
        (true, Some(false)) => Err(not_empty("replace", to)),
        (false, Some(_)) => Err(is_a_directory("replace", to)),
        (true, Some(true)) | (false, None) => Ok(()),
    }
}
