//! Reading back: every change is looked at through an independent implementation, and through a
//! fresh mount of the writer's library for what the former does not know.
//!
//! Paths that a driver changed have no symbolic link in them, so `ext4-view`, which follows links,
//! never meets one.

use super::attributes;
use super::border::explain;
use super::expected::{Content, Expectation, Expected, read_exactly};
use super::inodes;
use super::mounted::Mounted;
use super::view::{kind, list, time, viewing};
use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::escape::escape;
use crate::filesystem::{DirEntry, FileKind};
use crate::path::{MAX_NAME, VolumePath};
use ext4_view::{Ext4 as View, Ext4Error};
use fs_ext4::Error as Fault;
use fs_ext4::inode::Inode;
use std::collections::BTreeMap;

/// The most directory entries that are looked at to find the files whose content is read: the view
/// looks through a directory from its start for every file. About a tenth of a second.
const LOOKUPS: usize = 500_000;
/// The view gives paths of more than 1000 names up.
const MAX_DEPTH: usize = 500;

/// Compares what is on the device with what was expected.
///
/// # Errors
/// `ReadBackMismatch` with the path and what differs, `Io`, `Damaged`.
pub(super) fn compare(view: &View, fresh: &Mounted, expected: &Expected) -> Result<()> {
    check_counts(fresh)?;
    let mut folders: BTreeMap<VolumePath, Vec<&VolumePath>> = BTreeMap::new();
    for (path, wanted) in expected {
        compare_fresh(fresh, path, wanted.as_ref())?;
        match path.parent() {
            Some(folder) if path.names().count() <= MAX_DEPTH => {
                folders.entry(folder).or_default().push(path);
            }
            Some(_) => compare_content(fresh, path, wanted.as_ref())?,
            None => compare_root(view, fresh, wanted.as_ref())?,
        }
    }
    let mut lookups = LOOKUPS;
    for (folder, paths) in &folders {
        compare_folder((view, fresh), folder, paths, expected, &mut lookups)?;
    }
    Ok(())
}

/// The superblock's counts against the groups' own.
fn check_counts(fresh: &Mounted) -> Result<()> {
    let sum = |count: fn(&fs_ext4::bgd::BlockGroupDescriptor) -> u32| -> u64 {
        fresh
            .groups
            .iter()
            .map(|group| u64::from(count(group)))
            .sum()
    };
    let blocks = (fresh.sb.free_blocks_count, sum(|g| g.free_blocks_count));
    let inodes = (
        u64::from(fresh.sb.free_inodes_count),
        sum(|g| g.free_inodes_count),
    );
    for (what, (total, groups)) in [("blocks", blocks), ("inodes", inodes)] {
        if total != groups {
            let why = format!("it counts {total} free {what}, but its groups have {groups}");
            return Err(mismatch(&VolumePath::root(), &why));
        }
    }
    Ok(())
}

/// Compares all but the content through a fresh mount of the writer's library.
fn compare_fresh(fresh: &Mounted, path: &VolumePath, wanted: Option<&Expectation>) -> Result<()> {
    let found = fresh.stat_if_there(path).map_err(at(path))?;
    let (wanted, (ino, inode)) = match (wanted, found) {
        (None, None) => return Ok(()),
        (Some(wanted), Some(found)) => (wanted, found),
        (wanted, _) => return Err(existence(path, wanted.is_some())),
    };
    let metadata = inodes::metadata(ino, &inode).map_err(at(path))?;
    same(path, "inode", &metadata, &wanted.metadata)?;
    if let Some(target) = &wanted.target {
        let found = fresh.read_link_ino(ino).map_err(at(path))?;
        same_target(path, &found, target)?;
    }
    let xattrs = attributes::all(fresh, ino).map_err(at(path))?;
    match xattrs == wanted.xattrs {
        true => Ok(()),
        false => Err(mismatch(path, "its extended attributes differ")),
    }
}

/// Compares the content through a fresh mount of the writer's library.
fn compare_content(fresh: &Mounted, path: &VolumePath, wanted: Option<&Expectation>) -> Result<()> {
    let Some((wanted, content)) = wanted.and_then(|w| Some((w, w.content.as_ref()?))) else {
        return Ok(());
    };
    let ino = u32::try_from(wanted.metadata.inode).unwrap_or_default();
    let found = Content::of(content.ranges.clone(), |offset, part| {
        read_exactly(fresh, ino, offset, part)
    });
    same_content(path, &found.map_err(at(path))?, content)
}

/// Compares what changed in one directory through the view.
fn compare_folder(
    (view, fresh): (&View, &Mounted),
    folder: &VolumePath,
    paths: &[&VolumePath],
    expected: &Expected,
    lookups: &mut usize,
) -> Result<()> {
    let wanted_at = |path: &VolumePath| expected.get(path).and_then(Option::as_ref);
    if !reaches(fresh, folder)? {
        return paths
            .iter()
            .try_for_each(|path| compare_content(fresh, path, wanted_at(path)));
    }
    let listing = list(view, folder)?;
    let is_read = |path: &&&VolumePath| wanted_at(path).is_some_and(|w| w.content.is_some());
    let cost = paths.iter().filter(is_read).count() * listing.len();
    // Of what would take too long, every STEP-th file is read through the view.
    let step = cost / (*lookups).max(1) + 1;
    *lookups = lookups.saturating_sub(cost / step);
    for (number, path) in paths.iter().enumerate() {
        let entry = path.file_name().and_then(|name| listing.get(name));
        let (wanted, entry) = match (wanted_at(path), entry) {
            (None, None) => continue,
            (Some(wanted), Some(entry)) => (wanted, entry),
            (wanted, _) => return Err(existence(path, wanted.is_some())),
        };
        let seen = sees(fresh, path, wanted)?;
        if seen {
            let metadata = entry.metadata().map_err(viewing(path))?;
            compare_metadata(path, &metadata, wanted)?;
            compare_entries(view, path, wanted)?;
        }
        match seen && number % step == 0 {
            true => compare_view_content(view, path, wanted)?,
            false => compare_content(fresh, path, Some(wanted))?,
        }
    }
    Ok(())
}

/// Whether the view can walk to a directory. True when it is gone: there is nothing to miss.
fn reaches(fresh: &Mounted, folder: &VolumePath) -> Result<bool> {
    let mut at_root = VolumePath::root();
    let mut folders = vec![at_root.clone()];
    for name in folder.names() {
        at_root = at_root.join(name)?;
        folders.push(at_root.clone());
    }
    for folder in &folders {
        match fresh.stat(folder) {
            Ok((_, inode)) if has_plain_times(&inode) => {}
            Ok(_) => return Ok(false),
            Err(Fault::NotFound | Fault::NotADirectory) => return Ok(true),
            Err(fault) => return Err(explain(fault, "read back", folder)),
        }
    }
    Ok(true)
}

/// Whether the view can read the inode.
fn sees(fresh: &Mounted, path: &VolumePath, wanted: &Expectation) -> Result<bool> {
    let ino = u32::try_from(wanted.metadata.inode).unwrap_or_default();
    let inode = fresh.stat_ino(ino).map_err(at(path))?;
    Ok(has_plain_times(&inode))
}

/// The view refuses inodes with a time before 1970 or in an era's second half, as 2038 to 2106:
/// the top bit of the 32 bits of seconds is set.
fn has_plain_times(inode: &Inode) -> bool {
    [inode.atime, inode.ctime, inode.mtime, inode.crtime]
        .iter()
        .all(|seconds| seconds >> 31 & 1 == 0)
}

fn compare_root(view: &View, fresh: &Mounted, wanted: Option<&Expectation>) -> Result<()> {
    let root = VolumePath::root();
    let wanted = wanted.ok_or_else(|| existence(&root, false))?;
    if !sees(fresh, &root, wanted)? {
        return Ok(());
    }
    let metadata = view.metadata("/").map_err(viewing(&root))?;
    compare_metadata(&root, &metadata, wanted)?;
    compare_entries(view, &root, wanted)
}

fn compare_metadata(
    path: &VolumePath,
    found: &ext4_view::Metadata,
    wanted: &Expectation,
) -> Result<()> {
    let wanted = &wanted.metadata;
    same(path, "type", &kind(found.file_type()), &wanted.kind)?;
    same(path, "mode", &u32::from(found.mode()), &wanted.mode)?;
    same(
        path,
        "owner",
        &(found.uid(), found.gid()),
        &(wanted.uid, wanted.gid),
    )?;
    same(
        path,
        "time of change",
        &time(found.modified()),
        &wanted.modified,
    )?;
    same(
        path,
        "time of access",
        &time(found.accessed()),
        &wanted.accessed,
    )?;
    match wanted.kind {
        FileKind::File | FileKind::Symlink => same(path, "length", &found.len(), &wanted.len),
        _ => Ok(()),
    }
}

fn compare_entries(view: &View, path: &VolumePath, wanted: &Expectation) -> Result<()> {
    let Some(wanted) = &wanted.entries else {
        return Ok(());
    };
    let found = list(view, path)?;
    for (name, entry) in &found {
        let file_type = entry.file_type().map_err(viewing(path))?;
        let entry = DirEntry {
            name: name.clone(),
            kind: kind(file_type),
        };
        if wanted
            .binary_search_by(|w| w.name.cmp(name))
            .map(|at| &wanted[at])
            != Ok(&entry)
        {
            let why = format!("it has an unexpected entry `{}`", escape(name));
            return Err(mismatch(path, &why));
        }
    }
    match found.len() == wanted.len() {
        true => Ok(()),
        false => Err(mismatch(path, "an entry is missing")),
    }
}

/// Compares the content of a file, or the target of a link, through the view.
fn compare_view_content(view: &View, path: &VolumePath, wanted: &Expectation) -> Result<()> {
    if let Some(target) = wanted.target.as_ref().filter(|target| is_path(target)) {
        let found = view.read_link(path.as_bytes()).map_err(viewing(path))?;
        same_target(path, found.as_ref(), target)?;
    }
    let Some(content) = &wanted.content else {
        return Ok(());
    };
    let mut file = view.open(path.as_bytes()).map_err(viewing(path))?;
    let found = Content::of(content.ranges.clone(), |offset, part| {
        if file.position() != offset {
            file.seek_to(offset)?;
        }
        let mut filled = 0;
        while let Some(rest) = part.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match file.read_bytes(rest)? {
                0 => return Err(Ext4Error::NotFound),
                read => filled += read,
            }
        }
        Ok(())
    });
    same_content(path, &found.map_err(viewing(path))?, content)
}

/// The view gives links up whose target has a name that is longer than names can be.
fn is_path(target: &[u8]) -> bool {
    target
        .split(|b| *b == b'/')
        .all(|name| name.len() <= MAX_NAME)
}

fn same_target(path: &VolumePath, found: &[u8], wanted: &[u8]) -> Result<()> {
    match found == wanted {
        true => Ok(()),
        false => Err(mismatch(path, "it links to something else")),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(
    path: &VolumePath,
    what: &str,
    found: &T,
    wanted: &T,
) -> Result<()> {
    if found == wanted {
        return Ok(());
    }
    let why = format!("its {what} is {found:?} instead of {wanted:?}");
    Err(mismatch(path, &why))
}

fn same_content(path: &VolumePath, found: &Content, wanted: &Content) -> Result<()> {
    match found == wanted {
        true => Ok(()),
        false => Err(mismatch(path, "its content differs from what was written")),
    }
}

fn existence(path: &VolumePath, wanted: bool) -> VolumeError {
    let why = match wanted {
        true => "it is missing",
        false => "it is still there",
    };
    mismatch(path, why)
}

pub(super) fn mismatch(path: &VolumePath, why: &str) -> VolumeError {
    VolumeError::cannot(VolumeErrorKind::ReadBackMismatch, "read back", path, why)
        .help("the volume was not written; please report this with the plan and the image's `dumpe2fs -h`")
}

fn at(path: &VolumePath) -> impl FnOnce(Fault) -> VolumeError {
    |fault| explain(fault, "read back", path)
}
