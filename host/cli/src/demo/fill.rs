//! Copies one volume tree into another.

use mintage_volume::filesystem::{FileKind, Metadata, Ownership};
use mintage_volume::path::VolumePath;
use mintage_volume::tree::{LastLink, VolumeTree, WalkEntry};
use mintage_volume::{Result, VolumeError, VolumeErrorKind};
use std::collections::BTreeMap;

/// The most entries that are copied.
const MAX_ENTRIES: usize = 100_000;
/// The longest file that is copied, in bytes.
const MAX_FILE: u64 = 64 << 20;

/// Copies all of `source` that `target` does not have yet, with modes, owners, links and extended
/// attributes; but not what is below `without`.
///
/// # Errors
/// Those of reading and writing the trees.
pub fn fill(
    source: &VolumeTree,
    target: &mut VolumeTree,
    without: Option<&VolumePath>,
) -> Result<()> {
    let mut names = BTreeMap::new();
    for entry in source.walk("/", MAX_ENTRIES)? {
        let below = |path: &VolumePath| entry.path.starts_with(path) && entry.path != *path;
        if without.is_some_and(below) || is_there(target, &entry.path)? {
            continue;
        }
        let first = names
            .entry(entry.metadata.inode)
            .or_insert_with(|| entry.path.clone());
        if entry.metadata.links > 1 && *first != entry.path && is_file(&entry.metadata) {
            target.hard_link(&*first, &entry.path)?;
            continue;
        }
        copy(source, target, &entry)?;
        for (name, value) in source.xattrs(&entry.path, LastLink::Keep)? {
            target.set_xattr(&entry.path, &name, &value)?;
        }
    }
    Ok(())
}

fn is_file(metadata: &Metadata) -> bool {
    metadata.kind != FileKind::Directory
}

/// Whether anything is at `path`, be it a link that leads nowhere.
fn is_there(tree: &VolumeTree, path: &VolumePath) -> Result<bool> {
    match tree.symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == VolumeErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn copy(source: &VolumeTree, target: &mut VolumeTree, entry: &WalkEntry) -> Result<()> {
    let (path, metadata) = (&entry.path, &entry.metadata);
    let owner = Ownership {
        mode: metadata.mode,
        uid: metadata.uid,
        gid: metadata.gid,
    };
    match metadata.kind {
        FileKind::File => target.write(path, &source.read(path, MAX_FILE)?, owner),
        FileKind::Directory => target.make_dir(path, owner),
        FileKind::Symlink => target.symlink(path, source.read_link(path)?, owner),
        kind => target.make_node(path, kind, metadata.device, owner),
    }
    .map_err(|error| {
        let message = format!("cannot copy `{path}`: {error}");
        VolumeError::new(error.kind(), message)
    })
}
