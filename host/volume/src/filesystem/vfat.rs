//! The driver for FAT12, FAT16 and FAT32 with long names, which the firmware's partition (ESP) has.
//!
//! The file allocation table and all directories are read and checked when the filesystem is
//! opened: a chain that loops, leaves the device or meets another is found there, before anything
//! is changed, and every later call works on what was checked. The content of files is written as
//! it comes; tables and directories when it is finished, and then read back.
//! `docs/decisions/vfat-driver.md` says why this is an own driver.

mod changes;
mod content;
mod directory;
mod entry;
mod geometry;
mod name;
mod nodes;
mod readback;
mod remains;
mod table;

use super::{
    DirEntry, FileKind, FileSystem, FileSystemInfo, Metadata, Ownership, Remains, Timestamp, rules,
};
use crate::block::BlockDevice;
use crate::error::{Result, VolumeError, VolumeErrorKind as Kind};
use crate::path::VolumePath;
use entry::FatTime;
use geometry::{Geometry, Width};
use nodes::{Node, ROOT};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use table::Table;

/// A FAT filesystem.
///
/// As Linux mounts it by default: names are found in upper and lower case alike and keep the case
/// they were made with; everything belongs to root, with mode 0755, or 0555 where the read-only
/// attribute is set. Times are UTC, in steps of two seconds, access by the day; the root directory
/// has none. Renaming a file to its own name in another case changes the case.
#[derive(Debug)]
pub struct Vfat {
    device: Arc<dyn BlockDevice>,
    geometry: Geometry,
    table: Table,
    nodes: BTreeMap<u32, Node>,
    last_id: u32,
    time: Timestamp,
    /// Files whose content or name changed.
    touched: BTreeSet<u32>,
    changed: bool,
    wipes: bool,
    finished: bool,
}

impl Vfat {
    /// Opens the filesystem on `device`; changes leave `time` behind.
    ///
    /// A filesystem that was not unmounted cleanly is opened, as by Linux, and says so in its
    /// features.
    ///
    /// # Errors
    /// `Damaged`, `UnsupportedFeature`, `LimitReached` for more than a million files, `Io`.
    pub fn open(device: Arc<dyn BlockDevice>, time: Timestamp) -> Result<Self> {
        let geometry = Geometry::read(device.as_ref())?;
        let table = Table::load(device.as_ref(), &geometry)?;
        let mut vfat = Self {
            device,
            geometry,
            table,
            nodes: BTreeMap::new(),
            last_id: ROOT,
            time,
            touched: BTreeSet::new(),
            changed: false,
            wipes: false,
            finished: false,
        };
        vfat.load()?;
        Ok(vfat)
    }

    /// Checks that changes are possible, and gives the time that they leave.
    fn change(&mut self, what: &str, path: &VolumePath) -> Result<FatTime> {
        if self.finished {
            return Err(rules::finished(what, path));
        }
        if !self.device.is_writable() {
            let why = "the filesystem is opened read-only";
            return Err(VolumeError::cannot(Kind::ReadOnly, what, path, why));
        }
        let time = fat_time(what, path, self.time)?;
        self.changed = true;
        Ok(time)
    }

    fn file(&self, what: &str, path: &VolumePath) -> Result<u32> {
        let id = self.find(what, path)?;
        match self.node(id)?.directory {
            Some(_) => Err(rules::not_a_file(what, path)),
            None => Ok(id),
        }
    }

    /// Sets the time of change of a file or directory; the root directory has none.
    fn stamp(&mut self, id: u32, time: FatTime) -> Result<()> {
        if id == ROOT {
            return Ok(());
        }
        self.node_mut(id)?.entry.set_modified(time);
        self.store_entry(id)
    }

    /// Says that vfat has no such thing.
    fn unsupported(what: &str, path: &VolumePath, thing: &str) -> VolumeError {
        let why = format!("vfat has no {thing}");
        VolumeError::cannot(Kind::NotSupported, what, path, &why)
    }
}

fn fat_time(what: &str, path: &VolumePath, time: Timestamp) -> Result<FatTime> {
    FatTime::new(time).ok_or_else(|| {
        let why = "vfat stores times from 1980 to 2107 only";
        VolumeError::cannot(Kind::InvalidArgument, what, path, why)
    })
}

fn check_owner(what: &str, path: &VolumePath, uid: u32, gid: u32) -> Result<()> {
    if (uid, gid) == (0, 0) {
        return Ok(());
    }
    let why = format!("vfat stores no owner, and {uid}:{gid} is not root");
    Err(VolumeError::cannot(Kind::NotSupported, what, path, &why))
}

impl FileSystem for Vfat {
    fn info(&self) -> Result<FileSystemInfo> {
        let kind = match self.geometry.width {
            Width::Fat12 => "FAT12",
            Width::Fat16 => "FAT16",
            Width::Fat32 => "FAT32",
        };
        let mut features = vec![kind.to_owned()];
        if self.geometry.dirty {
            features.push("dirty".to_owned());
        }
        let cluster = u64::from(self.geometry.cluster);
        let [b0, b1, b2, b3] = self.geometry.serial.to_be_bytes();
        Ok(FileSystemInfo {
            kind: "vfat",
            label: name::label(&self.geometry.label),
            uuid: format!("{b0:02X}{b1:02X}-{b2:02X}{b3:02X}"),
            block_size: self.geometry.cluster,
            total_bytes: u64::from(self.geometry.clusters) * cluster,
            free_bytes: u64::from(self.table.free()) * cluster,
            features,
        })
    }

    fn metadata(&self, path: &VolumePath) -> Result<Metadata> {
        let id = self.find("inspect", path)?;
        let node = self.node(id)?;
        let (kind, len, links) = match &node.directory {
            None => (FileKind::File, u64::from(node.entry.len()), 1),
            Some(directory) => {
                let children = directory.children.values();
                let inner = children.filter(|id| {
                    let child = self.nodes.get(id);
                    child.is_some_and(|node| node.directory.is_some())
                });
                (FileKind::Directory, 0, 2 + inner.count() as u64)
            }
        };
        let is_locked = kind == FileKind::File && node.entry.is_read_only();
        let (accessed, modified) = match id {
            ROOT => Default::default(),
            _ => (node.entry.accessed(), node.entry.modified()),
        };
        Ok(Metadata {
            kind,
            mode: if is_locked { 0o555 } else { 0o755 },
            uid: 0,
            gid: 0,
            len,
            links,
            inode: 0,
            device: (0, 0),
            accessed,
            modified,
        })
    }

    fn read_dir(&self, path: &VolumePath) -> Result<Vec<DirEntry>> {
        let id = self.find("list", path)?;
        let directory = self.node(id)?.directory.as_ref();
        let directory = directory.ok_or_else(|| rules::not_a_directory("list", path))?;
        let mut entries = Vec::with_capacity(directory.children.len());
        for id in directory.children.values() {
            let node = self.node(*id)?;
            let kind = match node.directory {
                Some(_) => FileKind::Directory,
                None => FileKind::File,
            };
            let name = node.name.clone().into_bytes();
            entries.push(DirEntry { name, kind });
        }
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }

    fn read_at(&self, path: &VolumePath, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let id = self.file("read", path)?;
        self.read_content(id, offset, buf)
    }

    fn read_link(&self, path: &VolumePath) -> Result<Vec<u8>> {
        self.find("read the link", path)?;
        Err(rules::not_a_link(path))
    }

    fn xattrs(&self, path: &VolumePath) -> Result<BTreeMap<String, Vec<u8>>> {
        self.find("list the attributes of", path)?;
        Ok(BTreeMap::new())
    }

    fn stored_path(&self, path: &VolumePath) -> VolumePath {
        self.stored(path)
    }

    fn create_file(&mut self, path: &VolumePath, owner: Ownership) -> Result<()> {
        self.make(path, owner, false)
    }

    fn create_dir(&mut self, path: &VolumePath, owner: Ownership) -> Result<()> {
        self.make(path, owner, true)
    }

    fn create_symlink(&mut self, path: &VolumePath, _: &[u8], _: Ownership) -> Result<()> {
        Err(Self::unsupported("create", path, "symbolic links"))
    }

    fn create_node(
        &mut self,
        path: &VolumePath,
        kind: FileKind,
        device: (u32, u32),
        _: Ownership,
    ) -> Result<()> {
        rules::check_node(path, kind, device)?;
        Err(Self::unsupported("create", path, "device nodes"))
    }

    fn write_at(&mut self, path: &VolumePath, offset: u64, data: &[u8]) -> Result<()> {
        let time = self.change("write", path)?;
        let id = self.file("write", path)?;
        if data.is_empty() {
            return Ok(());
        }
        self.touched.insert(id);
        self.write_content(id, path, offset, data)?;
        self.stamp(id, time)
    }

    fn set_len(&mut self, path: &VolumePath, len: u64) -> Result<()> {
        let time = self.change("resize", path)?;
        let id = self.file("resize", path)?;
        self.touched.insert(id);
        self.resize(id, path, len)?;
        self.stamp(id, time)
    }

    fn link(&mut self, existing: &VolumePath, _: &VolumePath) -> Result<()> {
        self.find("link", existing)?;
        Err(Self::unsupported("link", existing, "hard links"))
    }

    fn rename(&mut self, from: &VolumePath, to: &VolumePath) -> Result<()> {
        self.move_to(from, to)
    }

    fn remove_file(&mut self, path: &VolumePath) -> Result<()> {
        let time = self.change("remove", path)?;
        let id = self.find("remove", path)?;
        let node = self.node(id)?;
        if node.directory.is_some() {
            return Err(rules::is_a_directory("remove", path));
        }
        let parent = node.parent;
        self.detach(id)?;
        self.free(id);
        self.stamp(parent, time)
    }

    fn remove_dir(&mut self, path: &VolumePath) -> Result<()> {
        let time = self.change("remove", path)?;
        let id = self.find("remove", path)?;
        let node = self.node(id)?;
        let parent = node.parent;
        match &node.directory {
            None => return Err(rules::not_a_directory("remove", path)),
            Some(_) if id == ROOT => return Err(rules::root("remove", path)),
            Some(directory) if !directory.children.is_empty() => {
                return Err(rules::not_empty("remove", path));
            }
            Some(_) => {}
        }
        self.detach(id)?;
        self.free(id);
        self.stamp(parent, time)
    }

    fn set_mode(&mut self, path: &VolumePath, mode: u32) -> Result<()> {
        rules::check_mode("set the mode of", path, mode)?;
        if self.metadata(path)?.mode == mode {
            return Ok(());
        }
        Err(Self::unsupported("set the mode of", path, "modes"))
    }

    fn set_owner(&mut self, path: &VolumePath, uid: u32, gid: u32) -> Result<()> {
        self.find("set the owner of", path)?;
        check_owner("set the owner of", path, uid, gid)
    }

    fn set_times(
        &mut self,
        path: &VolumePath,
        accessed: Timestamp,
        modified: Timestamp,
    ) -> Result<()> {
        let what = "set the times of";
        self.change(what, path)?;
        rules::check_times(path, accessed, modified)?;
        let id = self.find(what, path)?;
        let accessed = fat_time(what, path, accessed)?;
        let modified = fat_time(what, path, modified)?;
        if id == ROOT {
            return Err(Self::unsupported(what, path, "times of the root directory"));
        }
        let entry = &mut self.node_mut(id)?.entry;
        entry.set_accessed(accessed);
        entry.set_modified(modified);
        self.store_entry(id)
    }

    fn set_xattr(&mut self, path: &VolumePath, _: &str, _: &[u8]) -> Result<()> {
        self.find("set an attribute of", path)?;
        Err(Self::unsupported(
            "set an attribute of",
            path,
            "extended attributes",
        ))
    }

    fn remove_xattr(&mut self, path: &VolumePath, _: &str) -> Result<()> {
        self.find("remove an attribute of", path)?;
        Err(Self::unsupported(
            "remove an attribute of",
            path,
            "extended attributes",
        ))
    }

    fn remains(&self) -> Result<Vec<Remains>> {
        self.all_remains()
    }

    fn wipe_when_finished(&mut self) {
        self.wipes = true;
    }

    fn finish(&mut self) -> Result<()> {
        self.finished = true;
        if self.changed {
            self.write_back()?;
        }
        if self.wipes {
            self.wipe_remains()?;
        }
        if self.changed || self.wipes {
            self.read_back()?;
        }
        (self.changed, self.wipes) = (false, false);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
