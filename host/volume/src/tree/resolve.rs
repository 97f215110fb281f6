//! Resolving paths as the guest's kernel would, inside the volume and never outside it.

use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::escape::escape;
use crate::filesystem::{FileKind, Metadata};
use crate::path::{MAX_PATH, VolumePath};
use crate::tree::{LastLink, Place, VolumeTree};

/// The most links that are followed in one path, as in Linux.
const MAX_LINKS: usize = 40;

/// What a path leads to.
#[derive(Debug)]
pub(super) struct Resolved {
    /// The path without links, each name in the case that it is stored in.
    pub path: VolumePath,
    /// Its last name as it was asked for, which differs in case at most.
    pub name: Option<Vec<u8>>,
    /// What is there, unless the last name is missing.
    pub found: Option<Metadata>,
    /// Whether the path asks for a directory, by a `/` or a `.` at its end.
    pub wants_directory: bool,
    /// The link that leads to the missing name, if one does.
    link: Option<Link>,
}

/// What a path leads to, when it is there.
#[derive(Debug)]
pub(super) struct Existing {
    pub place: Place,
    pub metadata: Metadata,
}

/// A link that was followed.
#[derive(Debug, Clone)]
struct Link {
    at: VolumePath,
    target: Vec<u8>,
    /// How many names were left to walk behind it: with fewer left, the walk is past its target.
    behind: usize,
}

impl VolumeTree {
    /// The path without `.`, `..` and links that `path` leads to. Its last name need not exist.
    ///
    /// # Errors
    /// `NotFound` when a directory on the way is missing, `NotADirectory`, `TooManyLinks` past 40
    /// links, `InvalidPath`; the kind that [`VolumeTree::blocked`] was given for a path that leads
    /// into what could not be mounted.
    pub fn resolve(&self, path: impl AsRef<[u8]>, last: LastLink) -> Result<VolumePath> {
        Ok(self.resolve_to("resolve", path.as_ref(), last)?.path)
    }

    /// As [`Self::resolve`]; `what` is the verb for the error.
    pub(super) fn resolve_to(&self, what: &str, path: &[u8], last: LastLink) -> Result<Resolved> {
        let direct = VolumePath::parse(path)?;
        if let Some(resolved) = self.resolve_directly(what, path, &direct, last)? {
            return Ok(resolved);
        }
        Route::new(self, what, direct, path).walk(last)
    }

    /// What `path` leads to, which must be there.
    pub(super) fn existing(
        &self,
        what: &str,
        path: impl AsRef<[u8]>,
        last: LastLink,
    ) -> Result<Existing> {
        let resolved = self.resolve_to(what, path.as_ref(), last)?;
        match resolved.found {
            Some(metadata) => Ok(Existing {
                place: self.place(what, &resolved.path)?,
                metadata,
            }),
            None => {
                let given = VolumePath::parse(path)?;
                Err(missing(
                    what,
                    &given,
                    &resolved.path,
                    resolved.link.as_ref(),
                ))
            }
        }
    }

    /// The usual case at the price of one lookup: no link, no `..` and no `/` at the end. A driver
    /// follows no link, so what it finds under the plain path is what the path leads to.
    fn resolve_directly(
        &self,
        what: &str,
        path: &[u8],
        direct: &VolumePath,
        last: LastLink,
    ) -> Result<Option<Resolved>> {
        if path.split(|b| *b == b'/').any(|name| name == b"..") || ends_as_directory(path) {
            return Ok(None);
        }
        let found = match self.find(what, direct) {
            Ok(found) => found,
            Err(error) if error.kind() == VolumeErrorKind::NotADirectory => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_final = match (&found, direct.parent()) {
            (Some(metadata), _) => metadata.kind != FileKind::Symlink || last == LastLink::Keep,
            (None, Some(parent)) => matches!(
                self.find(what, &parent),
                Ok(Some(metadata)) if metadata.kind == FileKind::Directory
            ),
            (None, None) => false,
        };
        Ok(is_final.then(|| Resolved {
            path: self.as_stored(direct),
            name: direct.file_name().map(<[u8]>::to_vec),
            found,
            wants_directory: false,
            link: None,
        }))
    }

    /// What is stored at a path without links, if anything.
    pub(super) fn find(&self, what: &str, path: &VolumePath) -> Result<Option<Metadata>> {
        let place = self.place_or_point(what, path)?;
        match self.read_in(&place, |filesystem, inner| filesystem.metadata(inner)) {
            Ok(metadata) => Ok(Some(metadata)),
            Err(error) if error.kind() == VolumeErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What is stored at a path without links; nothing too when something on the way is no
    /// directory.
    pub(crate) fn find_stored(&self, path: &VolumePath) -> Result<Option<Metadata>> {
        match self.find("look up", path) {
            Err(error) if error.kind() == VolumeErrorKind::NotADirectory => Ok(None),
            found => found,
        }
    }

    /// Where a path without links is stored.
    pub(super) fn place(&self, what: &str, path: &VolumePath) -> Result<Place> {
        self.check_blocked(what, path, |point| path.starts_with(point))?;
        Ok(self.place_in_mount(path))
    }

    /// As [`Self::place`]; for a mount point that is blocked, the directory below it.
    fn place_or_point(&self, what: &str, path: &VolumePath) -> Result<Place> {
        self.check_blocked(what, path, |point| path != point && path.starts_with(point))?;
        Ok(self.place_in_mount(path))
    }

    fn place_in_mount(&self, path: &VolumePath) -> Place {
        let mount = self.mount_index(path);
        let inner = path.strip_prefix(&self.mounts[mount].point);
        Place {
            path: path.clone(),
            mount,
            inner: inner.unwrap_or_else(|| path.clone()),
        }
    }

    /// A path without links, with its names in the case that they are stored in.
    fn as_stored(&self, path: &VolumePath) -> VolumePath {
        let place = self.place_in_mount(path);
        let mount = &self.mounts[place.mount];
        let stored = mount.filesystem.stored_path(&place.inner);
        mount.point.concat(&stored)
    }

    /// Which of [`Self::mounts`] a path without links is in.
    pub(crate) fn mount_index(&self, path: &VolumePath) -> usize {
        // All points above a path are prefixes of each other, so the last one is the innermost;
        // the root is above everything.
        let mut mounts = self.mounts.iter();
        let innermost = mounts.rposition(|mount| path.starts_with(&mount.point));
        innermost.unwrap_or_default()
    }

    fn check_blocked(
        &self,
        what: &str,
        path: &VolumePath,
        leads_in: impl Fn(&VolumePath) -> bool,
    ) -> Result<()> {
        match self.blocked.iter().find(|(point, _)| leads_in(point)) {
            None => Ok(()),
            Some((point, error)) => {
                let why = format!("what belongs at `{point}` could not be mounted: {error}");
                let refused = VolumeError::cannot(error.kind(), what, path, &why);
                Err(match error.help_text() {
                    Some(help) => refused.help(help),
                    None => refused,
                })
            }
        }
    }
}

/// The walk along one path, name by name.
struct Route<'a> {
    tree: &'a VolumeTree,
    what: &'a str,
    given: VolumePath,
    /// The directory that was reached.
    current: VolumePath,
    /// The names still to go, the next one last.
    pending: Vec<Vec<u8>>,
    /// The links whose targets are being walked, the innermost last.
    links: Vec<Link>,
    followed: usize,
}

impl<'a> Route<'a> {
    fn new(tree: &'a VolumeTree, what: &'a str, given: VolumePath, path: &[u8]) -> Self {
        let mut route = Self {
            tree,
            what,
            given,
            current: VolumePath::root(),
            pending: Vec::new(),
            links: Vec::new(),
            followed: 0,
        };
        route.push_names(path);
        route
    }

    /// Puts the names of `path` before those still to go; a directory is asked for by a last `.`.
    fn push_names(&mut self, path: &[u8]) {
        if ends_as_directory(path) {
            self.pending.push(b".".to_vec());
        }
        let names = path.split(|b| *b == b'/').rev();
        let real = names.filter(|name| !matches!(*name, b"" | b"."));
        self.pending.extend(real.map(<[u8]>::to_vec));
    }

    fn walk(mut self, last: LastLink) -> Result<Resolved> {
        while let Some(name) = self.pending.pop() {
            let left = self.pending.len();
            self.links.retain(|link| link.behind <= left);
            match name.as_slice() {
                b"." => {}
                b".." => self.current = self.current.parent().unwrap_or_else(VolumePath::root),
                name => {
                    if let Some(resolved) = self.step(name, last)? {
                        return Ok(resolved);
                    }
                }
            }
        }
        let found = self.tree.find(self.what, &self.current)?;
        Ok(self.arrived(found, true))
    }

    /// Goes on to `name` in the current directory; the result when that is the end of the path.
    fn step(&mut self, name: &[u8], last: LastLink) -> Result<Option<Resolved>> {
        let next = self
            .current
            .join(name)
            .map_err(|error| error.at(&self.given))?;
        let found = self.tree.find(self.what, &next)?;
        let parent = std::mem::replace(&mut self.current, next);
        let at_end = self.pending.is_empty();
        match found.as_ref().map(|metadata| metadata.kind) {
            Some(FileKind::Symlink) if !at_end || last == LastLink::Follow => {
                self.follow(parent)?;
                Ok(None)
            }
            Some(FileKind::Directory) => Ok(None),
            Some(_) if at_end => Ok(Some(self.arrived(found, false))),
            Some(_) => {
                let why = format!("`{}` is not a directory", self.current);
                Err(self.fail(VolumeErrorKind::NotADirectory, &why))
            }
            None if self.pending.iter().all(|name| name == b".") => {
                Ok(Some(self.arrived(None, !at_end)))
            }
            None => Err(missing(
                self.what,
                &self.given,
                &self.current,
                self.links.last(),
            )),
        }
    }

    /// Follows the link at the current path, which is in the directory `parent`.
    fn follow(&mut self, parent: VolumePath) -> Result<()> {
        self.followed += 1;
        if self.followed > MAX_LINKS {
            let why =
                format!("more than {MAX_LINKS} symbolic links on the way, or a circle of them");
            return Err(self.fail(VolumeErrorKind::TooManyLinks, &why));
        }
        let target = self.tree.stored_link(self.what, &self.current)?;
        if target.is_empty() || target.len() > MAX_PATH {
            let why = format!(
                "the link `{}` has an empty or too long target",
                self.current
            );
            return Err(self.fail(VolumeErrorKind::Damaged, &why));
        }
        let behind = self.pending.len();
        self.push_names(&target);
        let reset = if target.first() == Some(&b'/') {
            VolumePath::root()
        } else {
            parent
        };
        let at = std::mem::replace(&mut self.current, reset);
        self.links.push(Link { at, target, behind });
        Ok(())
    }

    fn arrived(&mut self, found: Option<Metadata>, wants_directory: bool) -> Resolved {
        Resolved {
            path: self.tree.as_stored(&self.current),
            name: self.current.file_name().map(<[u8]>::to_vec),
            link: self.links.pop().filter(|_| found.is_none()),
            found,
            wants_directory,
        }
    }

    fn fail(&self, kind: VolumeErrorKind, why: &str) -> VolumeError {
        VolumeError::cannot(kind, self.what, &self.given, why)
    }
}

/// Whether only a directory can be meant: a `/` or `/.` at the end.
fn ends_as_directory(path: &[u8]) -> bool {
    path.ends_with(b"/") || path.ends_with(b"/.") || path == b"."
}

/// `NotFound`, and what leads there when that is a link: the usual trap in an image that is not
/// running, where `/run` and its like are empty.
fn missing(what: &str, given: &VolumePath, path: &VolumePath, link: Option<&Link>) -> VolumeError {
    let kind = VolumeErrorKind::NotFound;
    match link {
        None if path == given => VolumeError::cannot(kind, what, given, "it does not exist"),
        None => VolumeError::cannot(kind, what, given, &format!("`{path}` does not exist")),
        Some(link) => {
            let target = link.shown_target();
            let why = format!(
                "`{}` links to `{target}`, which this volume does not have",
                link.at
            );
            VolumeError::cannot(kind, what, given, &why).help(format!(
                "create `{target}` first, or replace the link `{}`",
                link.at
            ))
        }
    }
}

impl Link {
    /// The target from the root on, where it is short enough to say so.
    fn shown_target(&self) -> String {
        if self.target.first() == Some(&b'/') {
            return escape(&self.target);
        }
        let mut whole = self
            .at
            .parent()
            .unwrap_or_else(VolumePath::root)
            .as_bytes()
            .to_vec();
        whole.push(b'/');
        whole.extend_from_slice(&self.target);
        VolumePath::parse(&whole).map_or_else(|_| escape(&self.target), |path| path.to_string())
    }
}
