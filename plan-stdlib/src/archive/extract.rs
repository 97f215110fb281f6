//! What an archive has, brought into the volume.

use super::read::{self, Entry, Kind, bad};
use super::stream::{FileWriter, Lent, unwrap};
use crate::file::access;
use mintage_engine::{Code, PlanError};
use mintage_volume::escape::escape;
use mintage_volume::filesystem::{FileKind, Ownership, Timestamp};
use mintage_volume::tree::{LastLink, VolumeTree};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

/// How to unpack.
#[derive(Debug, Clone, Default)]
pub(super) struct Unpacking {
    /// How many directories go from the start of each path.
    pub(super) strip: usize,
    /// The owner of everything, in place of the archive's.
    pub(super) uid: Option<u32>,
    /// The group of everything.
    pub(super) gid: Option<u32>,
}

/// Unpacks the archive into a directory; gives how many entries it had there. The whole archive is
/// looked at before anything is written.
pub(super) fn extract(
    tree: &mut VolumeTree,
    archive: &str,
    directory: &str,
    how: &Unpacking,
) -> Result<usize, PlanError> {
    let found = access::look(tree, directory)?;
    if found.is_none_or(|found| found.kind != FileKind::Directory) {
        tree.make_dirs(directory, Ownership::root(0o755))?;
    }
    let is_secret = tree.holds_secret(archive);
    let root = tree
        .resolve(directory, LastLink::Follow)?
        .as_bytes()
        .to_vec();
    let lent = RefCell::new(tree);
    let mut seen = Seen::default();
    read::each(&lent, archive, |entry, content| {
        let Some(entry) = stripped(entry, how.strip) else {
            return Ok(());
        };
        seen.check(&entry)?;
        check_place(&lent.borrow(), &root, &entry)?;
        // Read to its end: a damaged one is noticed here.
        io::copy(content, &mut io::sink()).map_err(damaged)?;
        Ok(())
    })?;
    let mut count = 0;
    let mut directories = Vec::new();
    read::each(&lent, archive, |entry, content| {
        let Some(entry) = stripped(entry, how.strip) else {
            return Ok(());
        };
        count += 1;
        let path = join(&root, &entry.path);
        if is_secret {
            lent.borrow_mut().mark_secret(&path)?;
        }
        put(&lent, &root, &path, &entry, how, content)?;
        if entry.kind == Kind::Directory {
            directories.push((path, entry.modified));
        }
        Ok(())
    })?;
    // Last: what is put into a directory changes its time.
    for (path, modified) in directories.iter().rev() {
        set_time(&lent, path, *modified)?;
    }
    Ok(count)
}

/// The entry with the first directories of its path gone; `None` when it is one of them.
fn stripped(entry: &Entry, strip: usize) -> Option<Entry> {
    let strip_path = |path: &[u8]| -> Option<Vec<u8>> {
        let parts: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
        let rest = parts.get(strip..).filter(|rest| !rest.is_empty())?;
        Some(rest.join(&b'/'))
    };
    let kind = match &entry.kind {
        Kind::HardLink(target) => Kind::HardLink(strip_path(target)?),
        kind => kind.clone(),
    };
    let path = strip_path(&entry.path)?;
    Some(Entry {
        path,
        kind,
        ..entry.clone()
    })
}

/// What the archive had so far, by its own paths.
#[derive(Debug, Default)]
struct Seen {
    kinds: BTreeMap<Vec<u8>, bool>,
    links: BTreeSet<Vec<u8>>,
}

impl Seen {
    fn check(&mut self, entry: &Entry) -> Result<(), PlanError> {
        let shown = escape(&entry.path);
        let is_directory = entry.kind == Kind::Directory;
        let before = self.kinds.insert(entry.path.clone(), is_directory);
        if before.is_some_and(|was_directory| !was_directory || !is_directory) {
            return Err(bad(format!("`{shown}` is in it twice")));
        }
        let mut parent = entry.path.as_slice();
        while let Some(at) = parent.iter().rposition(|byte| *byte == b'/') {
            parent = parent.get(..at).unwrap_or_default();
            if self.links.contains(parent) {
                return Err(bad(format!(
                    "`{shown}` in it goes through a link of its own"
                )));
            }
            if self.kinds.get(parent) == Some(&false) {
                return Err(bad(format!("`{shown}` in it is below a file")));
            }
        }
        match &entry.kind {
            Kind::Symlink(_) => drop(self.links.insert(entry.path.clone())),
            Kind::HardLink(target)
                if self.kinds.get(target) != Some(&false) || self.links.contains(target) =>
            {
                return Err(bad(format!(
                    "its hard link `{shown}` leads to no file in it"
                )));
            }
            _ => {}
        }
        Ok(())
    }
}

/// A link that the volume has on the way must not lead out of the directory, and no directory may
/// stand where a file goes.
fn check_place(tree: &VolumeTree, root: &[u8], entry: &Entry) -> Result<(), PlanError> {
    let mut parent = entry.path.as_slice();
    while let Some(at) = parent.iter().rposition(|byte| *byte == b'/') {
        parent = parent.get(..at).unwrap_or_default();
        let path = join(root, parent);
        let Ok(found) = tree.metadata(&path) else {
            continue;
        };
        let resolved = tree.resolve(&path, LastLink::Follow)?;
        let inside = resolved.as_bytes().strip_prefix(root);
        let is_inside =
            root == b"/" || inside.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"));
        if !is_inside || found.kind != FileKind::Directory {
            let shown = escape(&entry.path);
            let message = format!(
                "`{shown}` would leave the directory by a link of the volume, or is below a file of it"
            );
            return Err(bad(message));
        }
        break;
    }
    let path = join(root, &entry.path);
    if let Ok(found) = tree.symlink_metadata(&path) {
        let is_directory = found.kind == FileKind::Directory;
        if is_directory != (entry.kind == Kind::Directory)
            && (is_directory || found.kind != FileKind::Symlink)
        {
            let shown = escape(&path);
            let message = format!(
                "`{shown}` is a directory, and in the archive it is none, or the other way round"
            );
            return Err(PlanError::new(Code::P3002, message).at(&shown));
        }
    }
    Ok(())
}

fn put(
    lent: &Lent<'_>,
    root: &[u8],
    path: &[u8],
    entry: &Entry,
    how: &Unpacking,
    content: &mut dyn io::Read,
) -> Result<(), PlanError> {
    let new = Ownership {
        mode: entry.mode,
        uid: how.uid.unwrap_or(entry.uid),
        gid: how.gid.unwrap_or(entry.gid),
    };
    if let Some(parent) = path
        .iter()
        .rposition(|byte| *byte == b'/')
        .filter(|at| *at > 0)
    {
        let parent = path.get(..parent).unwrap_or_default();
        lent.borrow_mut()
            .make_dirs(parent, Ownership::root(0o755))?;
    }
    let there = lent.borrow().symlink_metadata(path).ok();
    let is_link = there
        .as_ref()
        .is_some_and(|found| found.kind == FileKind::Symlink);
    match &entry.kind {
        Kind::Directory => {
            // A link to a directory serves as one, as the merged /usr has them.
            if there.is_none() {
                lent.borrow_mut().make_dir(path, new)?;
            }
        }
        Kind::File(_) => {
            // A new inode: other names of the old file keep the old content.
            if there.is_some() {
                lent.borrow_mut().remove(path)?;
            }
            let mut writer = FileWriter::new(lent, path, new)?;
            io::copy(content, &mut writer).map_err(damaged)?;
            writer.flush().map_err(damaged)?;
        }
        Kind::Symlink(target) => {
            if there.is_some() {
                lent.borrow_mut().remove(path)?;
            }
            lent.borrow_mut().symlink(path, target, new)?;
            return Ok(());
        }
        Kind::HardLink(target) => {
            if there.is_some() {
                lent.borrow_mut().remove(path)?;
            }
            lent.borrow_mut().hard_link(join(root, target), path)?;
            return Ok(());
        }
    }
    if entry.kind == Kind::Directory && is_link {
        return Ok(());
    }
    let mut tree = lent.borrow_mut();
    let found = tree.metadata(path)?;
    if (found.uid, found.gid) != (new.uid, new.gid) {
        tree.set_owner(path, new.uid, new.gid, LastLink::Follow)?;
    }
    if found.mode != new.mode {
        tree.set_mode(path, new.mode)?;
    }
    for (name, value) in &entry.xattrs {
        tree.set_xattr(path, name, value)?;
    }
    drop(tree);
    set_time(lent, path, entry.modified)
}

fn set_time(lent: &Lent<'_>, path: &[u8], modified: i64) -> Result<(), PlanError> {
    let time = Timestamp {
        seconds: modified,
        nanoseconds: 0,
    };
    Ok(lent.borrow_mut().set_times(path, time, time)?)
}

fn join(root: &[u8], path: &[u8]) -> Vec<u8> {
    match root {
        b"/" => [b"/", path].concat(),
        _ => [root, b"/", path].concat(),
    }
}

fn damaged(error: io::Error) -> PlanError {
    unwrap(error, "it is no tar archive, or a damaged one")
}
