//! Removing and emptying what patterns name, in the volume and nowhere else than they say.
//!
//! A link in the way is followed only to a directory of the same name (`/var/mail` to
//! `/var/spool/mail`, `/var/log` to `/data/log`): one that leads to `/etc` must not have `/etc`
//! cleared as if it were a log.

use crate::file::glob;
use crate::text::pattern::Pattern;
use mintage_engine::{Code, PlanError};
use mintage_volume::error::VolumeErrorKind;
use mintage_volume::filesystem::FileKind;
use mintage_volume::path::VolumePath;
use mintage_volume::tree::{LastLink, VolumeTree};
use std::collections::BTreeSet;

/// The most paths that one pattern matches, and the most entries that one walk looks at.
const MAX_PATHS: usize = 1_000_000;

/// Does something for each of some names, and adds up what it gives.
pub(super) fn each(
    names: &[&str],
    mut act: impl FnMut(&str) -> Result<usize, PlanError>,
) -> Result<usize, PlanError> {
    let mut sum = 0;
    for name in names {
        sum += act(name)?;
    }
    Ok(sum)
}

/// Removes what matches, directories with all below them.
pub(super) fn remove(tree: &mut VolumeTree, pattern: &str) -> Result<usize, PlanError> {
    let mut removed = 0;
    for path in matching(tree, pattern)? {
        removed += remove_entry(tree, &path)?;
    }
    Ok(removed)
}

/// Removes everything inside a directory, hidden names too.
pub(super) fn clear(tree: &mut VolumeTree, directory: &str) -> Result<usize, PlanError> {
    let Some(directory) = real_directory(tree, directory.as_bytes())? else {
        return Ok(0);
    };
    clear_directory(tree, directory.as_bytes())
}

/// Makes the files that match empty; links are left alone.
pub(super) fn empty(tree: &mut VolumeTree, pattern: &str) -> Result<usize, PlanError> {
    let mut emptied = 0;
    for path in matching(tree, pattern)? {
        let found = tree.symlink_metadata(&path)?;
        if found.kind == FileKind::File && found.len > 0 {
            tree.set_len(&path, 0)?;
            emptied += 1;
        }
    }
    Ok(emptied)
}

/// Removes files with one of these names anywhere below a directory.
pub(super) fn remove_below(
    tree: &mut VolumeTree,
    directory: &str,
    names: &[&str],
) -> Result<usize, PlanError> {
    let names: Vec<Pattern> = names.iter().map(Pattern::parse).collect::<Result<_, _>>()?;
    let mut removed = 0;
    for path in files_below(tree, directory)? {
        let name = path.file_name().unwrap_or_default();
        if names.iter().any(|pattern| pattern.matches(name)) {
            tree.remove(path.as_bytes())?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// The regular files below a directory, links not followed; none without the directory.
pub(super) fn files_below(
    tree: &VolumeTree,
    directory: &str,
) -> Result<Vec<VolumePath>, PlanError> {
    let Some(directory) = real_directory(tree, directory.as_bytes())? else {
        return Ok(Vec::new());
    };
    let entries = tree.walk(directory.as_bytes(), MAX_PATHS)?.into_iter();
    let files = entries.filter(|entry| entry.metadata.kind == FileKind::File);
    Ok(files.map(|entry| entry.path).collect())
}

/// The paths that match, in order, without those that a link leads to somewhere else.
pub(super) fn matching(tree: &VolumeTree, pattern: &str) -> Result<Vec<Vec<u8>>, PlanError> {
    let paths = glob::paths(tree, pattern, MAX_PATHS)?;
    let parents = paths.iter().map(|path| {
        let end = path.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
        path.get(..end).unwrap_or_default()
    });
    let parents: BTreeSet<&[u8]> = parents.filter(|parent| !parent.is_empty()).collect();
    for parent in parents {
        check_links(tree, parent)?;
    }
    Ok(paths.into_iter().collect())
}

/// A directory without links in its path; `None` where there is none.
///
/// # Errors
/// `P3003` when a link leads to a directory of another name.
pub(crate) fn real_directory(
    tree: &VolumeTree,
    path: &[u8],
) -> Result<Option<VolumePath>, PlanError> {
    match tree.metadata(path) {
        Ok(found) if found.kind == FileKind::Directory => {}
        Ok(_) => return Ok(None),
        Err(error) => {
            return match error.kind() {
                VolumeErrorKind::NotFound | VolumeErrorKind::NotADirectory => Ok(None),
                _ => Err(error.into()),
            };
        }
    }
    check_links(tree, path)?;
    Ok(Some(tree.resolve(path, LastLink::Follow)?))
}

/// Refuses a link on the way that leads to a directory of another name than its own.
fn check_links(tree: &VolumeTree, path: &[u8]) -> Result<(), PlanError> {
    let mut place = VolumePath::root();
    for name in VolumePath::parse(path)?.names() {
        place = place.join(name)?;
        let real = tree.resolve(place.as_bytes(), LastLink::Follow)?;
        if real.file_name() == Some(name) {
            continue;
        }
        let shown = place.to_string();
        let message = format!("`{shown}` is a link to `{real}`: what is there is something else");
        return Err(PlanError::new(Code::P3003, message).at(&shown).help(
            "links are followed to directories of the same name only; \
             remove it by `file::remove_all` and skip this operation",
        ));
    }
    Ok(())
}

/// Removes a file, or a directory with all below it; of a directory with a mount below it, only
/// the mount points stay.
pub(super) fn remove_entry(tree: &mut VolumeTree, path: &[u8]) -> Result<usize, PlanError> {
    match tree.remove_all(path) {
        Ok(removed) => Ok(removed),
        Err(error) if error.kind() == VolumeErrorKind::CrossesMounts => clear_directory(tree, path),
        Err(error) => Err(error.into()),
    }
}

/// The recursion ends: each level is a directory on the way to a mount point.
fn clear_directory(tree: &mut VolumeTree, path: &[u8]) -> Result<usize, PlanError> {
    let mut removed = 0;
    for entry in tree.read_dir(path)? {
        // What mkfs made belongs to the filesystem and not to what is in it.
        if entry.name == b"lost+found" {
            continue;
        }
        removed += remove_entry(tree, &[path, b"/", &entry.name].concat())?;
    }
    Ok(removed)
}
