//! A strict filesystem in memory: the reference for the contract, and what tree texts are read
//! into.

mod content;
mod inodes;
mod xattr;

use super::{
    DirEntry, FileKind, FileSystem, FileSystemInfo, Metadata, Ownership, Timestamp, rules,
};
use crate::error::Result;
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
}

type Entries = BTreeMap<Vec<u8>, u64>;

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
