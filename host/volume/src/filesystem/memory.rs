//! A strict filesystem in memory: the reference for the contract, and what tree texts are read
//! into.

mod content;
mod xattr;

use super::{
    DirEntry, FileKind, FileSystem, FileSystemInfo, Metadata, Ownership, Timestamp, rules,
};
use crate::error::{Result, VolumeError, VolumeErrorKind as Kind};
use crate::path::VolumePath;
use content::Content;
use std::collections::BTreeMap;

const ROOT: u64 = 1;

/// A filesystem in memory with everything that a Linux filesystem has.
///
/// Files are sparse: only written parts take memory. All order is that of bytes and numbers.
#[derive(Debug, Clone)]
pub struct Memory {
    time: Timestamp,
    capacity: u64,
    used: u64,
    inodes: BTreeMap<u64, Inode>,
    next_inode: u64,
    finished: bool,
}

#[derive(Debug, Clone)]
struct Inode {
    owner: Ownership,
    links: u64,
    accessed: Timestamp,
    modified: Timestamp,
    xattrs: BTreeMap<String, Vec<u8>>,
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    File(Content),
    Directory(BTreeMap<Vec<u8>, u64>),
    Symlink(Vec<u8>),
    Node(FileKind, (u32, u32)),
}

impl Body {
    fn kind(&self) -> FileKind {
        match self {
            Self::File(_) => FileKind::File,
            Self::Directory(_) => FileKind::Directory,
            Self::Symlink(_) => FileKind::Symlink,
            Self::Node(kind, _) => *kind,
        }
    }
}

impl Memory {
    /// An empty filesystem whose root is owned by root with mode 0755; all times are `time`.
    pub fn new(time: Timestamp) -> Self {
        Self::with_capacity(time, 1 << 40)
    }

    /// As [`Self::new`], for at most `capacity` bytes of content.
    pub fn with_capacity(time: Timestamp, capacity: u64) -> Self {
        let root = Inode {
            owner: Ownership::root(0o755),
            links: 2,
            accessed: time,
            modified: time,
            xattrs: BTreeMap::new(),
            body: Body::Directory(BTreeMap::new()),
        };
        Self {
            time,
            capacity,
            used: 0,
            inodes: BTreeMap::from([(ROOT, root)]),
            next_inode: ROOT + 1,
            finished: false,
        }
    }

    fn inode(&self, number: u64) -> Result<&Inode> {
        self.inodes.get(&number).ok_or_else(|| lost(number))
    }

    fn inode_mut(&mut self, number: u64) -> Result<&mut Inode> {
        self.inodes.get_mut(&number).ok_or_else(|| lost(number))
    }

    /// The number of the inode at `path`; `what` is being done, for the error.
    fn find(&self, what: &str, path: &VolumePath) -> Result<u64> {
        let mut number = ROOT;
        for name in path.names() {
            let Body::Directory(entries) = &self.inode(number)?.body else {
                return Err(rules::not_a_directory(what, path));
            };
            number = *entries
                .get(name)
                .ok_or_else(|| rules::not_found(what, path))?;
        }
        Ok(number)
    }

    fn entries(&self, number: u64, what: &str, path: &VolumePath) -> Result<&Entries> {
        match &self.inode(number)?.body {
            Body::Directory(entries) => Ok(entries),
            _ => Err(rules::not_a_directory(what, path)),
        }
    }

    /// The directory that `path` is in and its name there, which need not exist; the root has none.
    fn place(&self, what: &str, path: &VolumePath) -> Result<Option<(u64, Vec<u8>)>> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(None);
        };
        let directory = self
            .find(what, &parent)
            .map_err(|e| rules::renamed(e, what, path))?;
        self.entries(directory, what, path)?;
        Ok(Some((directory, name.to_vec())))
    }

    fn content(&self, what: &str, path: &VolumePath) -> Result<&Content> {
        match &self.inode(self.find(what, path)?)?.body {
            Body::File(content) => Ok(content),
            _ => Err(rules::not_a_file(what, path)),
        }
    }

    fn check_writable(&self, what: &str, path: &VolumePath) -> Result<()> {
        if self.finished {
            return Err(rules::finished(what, path));
        }
        Ok(())
    }

    /// Makes a new inode at `path`.
    fn create(&mut self, path: &VolumePath, owner: Ownership, body: Body) -> Result<()> {
        self.check_writable("create", path)?;
        rules::check_mode("create", path, owner.mode)?;
        let (directory, name) = self.free_place("create", path)?;
        let number = self.next_inode;
        self.next_inode += 1;
        let is_directory = matches!(body, Body::Directory(_));
        let inode = Inode {
            owner,
            links: if is_directory { 2 } else { 1 },
            accessed: self.time,
            modified: self.time,
            xattrs: BTreeMap::new(),
            body,
        };
        self.inodes.insert(number, inode);
        self.enter(directory, name, number)
    }

    /// As [`Self::place`], for a name that must not be in use.
    fn free_place(&self, what: &str, path: &VolumePath) -> Result<(u64, Vec<u8>)> {
        let (directory, name) = self
            .place(what, path)?
            .ok_or_else(|| rules::already_exists(what, path))?;
        if self.entries(directory, what, path)?.contains_key(&name) {
            return Err(rules::already_exists(what, path));
        }
        Ok((directory, name))
    }

    /// Puts `number` into a directory. A directory's own link count is set where it is made.
    fn enter(&mut self, directory: u64, name: Vec<u8>, number: u64) -> Result<()> {
        let subdirectory = matches!(self.inode(number)?.body, Body::Directory(_));
        let time = self.time;
        let parent = self.inode_mut(directory)?;
        parent.modified = time;
        parent.links += u64::from(subdirectory);
        if let Body::Directory(entries) = &mut parent.body {
            entries.insert(name, number);
        }
        Ok(())
    }

    /// Takes a name out of a directory without touching what it named.
    fn leave(&mut self, directory: u64, name: &[u8]) -> Result<()> {
        let time = self.time;
        let parent = self.inode_mut(directory)?;
        let Body::Directory(entries) = &mut parent.body else {
            return Ok(());
        };
        let Some(number) = entries.remove(name) else {
            return Ok(());
        };
        parent.modified = time;
        if matches!(self.inode(number)?.body, Body::Directory(_)) {
            self.inode_mut(directory)?.links -= 1;
        }
        Ok(())
    }

    /// One name less for a file; frees it, as an empty directory, when it was the last.
    fn unlink(&mut self, number: u64) -> Result<()> {
        let inode = self.inode_mut(number)?;
        inode.links -= 1;
        if inode.links > 0 && !matches!(inode.body, Body::Directory(_)) {
            return Ok(());
        }
        if let Some(Body::File(content)) = self.inodes.remove(&number).map(|inode| inode.body) {
            self.used -= content.allocated();
        }
        Ok(())
    }

    /// Changes the content of the file at `path`, and its time; `added` is what it may grow by.
    fn change_content(
        &mut self,
        what: &str,
        path: &VolumePath,
        added: u64,
        change: impl FnOnce(&mut Content),
    ) -> Result<()> {
        if self.used.saturating_add(added) > self.capacity {
            return Err(rules::no_space(what, path));
        }
        let number = self.find(what, path)?;
        let time = self.time;
        let inode = self.inode_mut(number)?;
        inode.modified = time;
        if let Body::File(content) = &mut inode.body {
            let before = content.allocated();
            change(content);
            let after = content.allocated();
            self.used = self.used - before + after;
        }
        Ok(())
    }
}

type Entries = BTreeMap<Vec<u8>, u64>;

/// An entry always names an inode, as every method changes both; this says so without a panic.
fn lost(number: u64) -> VolumeError {
    VolumeError::new(
        Kind::Damaged,
        format!("a directory names inode {number}, which does not exist"),
    )
}

impl FileSystem for Memory {
    fn info(&self) -> Result<FileSystemInfo> {
        Ok(FileSystemInfo {
            kind: "memory",
            label: String::new(),
            uuid: String::new(),
            block_size: content::CHUNK_BYTES,
            total_bytes: self.capacity,
            free_bytes: self.capacity - self.used,
            features: Vec::new(),
        })
    }

    fn metadata(&self, path: &VolumePath) -> Result<Metadata> {
        let number = self.find("inspect", path)?;
        let inode = self.inode(number)?;
        let (len, device) = match &inode.body {
            Body::File(content) => (content.len(), (0, 0)),
            Body::Directory(_) => (0, (0, 0)),
            Body::Symlink(target) => (target.len() as u64, (0, 0)),
            Body::Node(_, device) => (0, *device),
        };
        Ok(Metadata {
            kind: inode.body.kind(),
            mode: inode.owner.mode,
            uid: inode.owner.uid,
            gid: inode.owner.gid,
            len,
            links: inode.links,
            inode: number,
            device,
            accessed: inode.accessed,
            modified: inode.modified,
        })
    }

    fn read_dir(&self, path: &VolumePath) -> Result<Vec<DirEntry>> {
        let number = self.find("list", path)?;
        let entry = |(name, number): (&Vec<u8>, &u64)| {
            let kind = self.inode(*number)?.body.kind();
            let name = name.clone();
            Ok(DirEntry { name, kind })
        };
        self.entries(number, "list", path)?
            .iter()
            .map(entry)
            .collect()
    }

    fn read_at(&self, path: &VolumePath, offset: u64, buf: &mut [u8]) -> Result<usize> {
        Ok(self.content("read", path)?.read_at(offset, buf))
    }

    fn read_link(&self, path: &VolumePath) -> Result<Vec<u8>> {
        match &self.inode(self.find("read the link", path)?)?.body {
            Body::Symlink(target) => Ok(target.clone()),
            _ => Err(rules::not_a_link(path)),
        }
    }

    fn xattrs(&self, path: &VolumePath) -> Result<BTreeMap<String, Vec<u8>>> {
        let number = self.find("list the attributes of", path)?;
        Ok(self.inode(number)?.xattrs.clone())
    }

    fn create_file(&mut self, path: &VolumePath, owner: Ownership) -> Result<()> {
        self.create(path, owner, Body::File(Content::default()))
    }

    fn create_dir(&mut self, path: &VolumePath, owner: Ownership) -> Result<()> {
        self.create(path, owner, Body::Directory(BTreeMap::new()))
    }

    fn create_symlink(&mut self, path: &VolumePath, target: &[u8], owner: Ownership) -> Result<()> {
        rules::check_link_target(path, target)?;
        let mode = 0o777;
        self.create(
            path,
            Ownership { mode, ..owner },
            Body::Symlink(target.to_vec()),
        )
    }

    fn create_node(
        &mut self,
        path: &VolumePath,
        kind: FileKind,
        device: (u32, u32),
        owner: Ownership,
    ) -> Result<()> {
        rules::check_node(path, kind, device)?;
        self.create(path, owner, Body::Node(kind, device))
    }

    fn write_at(&mut self, path: &VolumePath, offset: u64, data: &[u8]) -> Result<()> {
        self.check_writable("write", path)?;
        let content = self.content("write", path)?;
        if data.is_empty() {
            return Ok(());
        }
        rules::check_len("write", path, offset.checked_add(data.len() as u64))?;
        let added = content.missing(offset, data.len());
        self.change_content("write", path, added, |content| {
            content.write_at(offset, data);
        })
    }

    fn set_len(&mut self, path: &VolumePath, len: u64) -> Result<()> {
        self.check_writable("resize", path)?;
        self.content("resize", path)?;
        rules::check_len("resize", path, Some(len))?;
        self.change_content("resize", path, 0, |content| content.set_len(len))
    }

    fn link(&mut self, existing: &VolumePath, new: &VolumePath) -> Result<()> {
        self.check_writable("link", new)?;
        let number = self.find("link", existing)?;
        if matches!(self.inode(number)?.body, Body::Directory(_)) {
            return Err(rules::is_a_directory("link", existing));
        }
        let (directory, name) = self.free_place("link", new)?;
        self.inode_mut(number)?.links += 1;
        self.enter(directory, name, number)
    }

    fn rename(&mut self, from: &VolumePath, to: &VolumePath) -> Result<()> {
        self.check_writable("rename", from)?;
        let number = self.find("rename", from)?;
        let place = self.place("rename", from)?;
        rules::check_rename(from, to)?;
        let (Some((old, old_name)), Some((new, new_name))) = (place, self.place("rename", to)?)
        else {
            return Err(rules::root("rename", from));
        };
        let replaced = self.entries(new, "rename", to)?.get(&new_name).copied();
        if replaced == Some(number) {
            return Ok(());
        }
        if let Some(replaced) = replaced {
            let empty = match &self.inode(replaced)?.body {
                Body::Directory(entries) => Some(entries.is_empty()),
                _ => None,
            };
            let directory = matches!(self.inode(number)?.body, Body::Directory(_));
            rules::check_replace(to, directory, empty)?;
            self.leave(new, &new_name)?;
            self.unlink(replaced)?;
        }
        self.leave(old, &old_name)?;
        self.enter(new, new_name, number)
    }

    fn remove_file(&mut self, path: &VolumePath) -> Result<()> {
        self.check_writable("remove", path)?;
        let number = self.find("remove", path)?;
        let place = self.place("remove", path)?;
        if matches!(self.inode(number)?.body, Body::Directory(_)) {
            return Err(rules::is_a_directory("remove", path));
        }
        if let Some((directory, name)) = place {
            self.leave(directory, &name)?;
        }
        self.unlink(number)
    }

    fn remove_dir(&mut self, path: &VolumePath) -> Result<()> {
        self.check_writable("remove", path)?;
        let Some((directory, name)) = self.place("remove", path)? else {
            return Err(rules::root("remove", path));
        };
        let number = self.find("remove", path)?;
        if !self.entries(number, "remove", path)?.is_empty() {
            return Err(rules::not_empty("remove", path));
        }
        self.leave(directory, &name)?;
        self.unlink(number)
    }

    fn set_mode(&mut self, path: &VolumePath, mode: u32) -> Result<()> {
        self.check_writable("set the mode of", path)?;
        rules::check_mode("set the mode of", path, mode)?;
        let number = self.find("set the mode of", path)?;
        let inode = self.inode_mut(number)?;
        if matches!(inode.body, Body::Symlink(_)) {
            return Err(rules::link_mode(path));
        }
        inode.owner.mode = mode;
        if let Some(acl) = inode.xattrs.get_mut(xattr::ACCESS_ACL) {
            xattr::follow_mode(acl, mode);
        }
        Ok(())
    }

    fn set_owner(&mut self, path: &VolumePath, uid: u32, gid: u32) -> Result<()> {
        self.check_writable("set the owner of", path)?;
        let number = self.find("set the owner of", path)?;
        let inode = self.inode_mut(number)?;
        (inode.owner.uid, inode.owner.gid) = (uid, gid);
        Ok(())
    }

    fn set_times(
        &mut self,
        path: &VolumePath,
        accessed: Timestamp,
        modified: Timestamp,
    ) -> Result<()> {
        self.check_writable("set the times of", path)?;
        rules::check_times(path, accessed, modified)?;
        let number = self.find("set the times of", path)?;
        let inode = self.inode_mut(number)?;
        (inode.accessed, inode.modified) = (accessed, modified);
        Ok(())
    }

    fn set_xattr(&mut self, path: &VolumePath, name: &str, value: &[u8]) -> Result<()> {
        self.check_writable("set an attribute of", path)?;
        let number = self.find("set an attribute of", path)?;
        let inode = self.inode_mut(number)?;
        xattr::check(path, inode.body.kind(), name, value)?;
        if name == xattr::ACCESS_ACL {
            inode.owner.mode = xattr::mode_of(value, inode.owner.mode);
            if xattr::is_only_mode(value) {
                inode.xattrs.remove(name);
                return Ok(());
            }
        }
        inode.xattrs.insert(name.to_owned(), value.to_vec());
        Ok(())
    }

    fn remove_xattr(&mut self, path: &VolumePath, name: &str) -> Result<()> {
        self.check_writable("remove an attribute of", path)?;
        let number = self.find("remove an attribute of", path)?;
        match self.inode_mut(number)?.xattrs.remove(name) {
            Some(_) => Ok(()),
            None => Err(rules::no_attribute(path, name)),
        }
    }

    fn finish(&mut self) -> Result<()> {
        self.finished = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
