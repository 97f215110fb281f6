//! ext2, ext3 and ext4: written by one library, read back by another.
//!
//! [`Ext4`] wraps `rust-fs-ext4`, checks what it is given before it reaches the library, and
//! before the filesystem is said to be finished reads every change back through `ext4-view`, an
//! independent implementation. `docs/decisions/ext4-writer.md` says why.

mod acl;
mod attributes;
mod border;
mod changes;
mod content;
mod expected;
mod features;
mod fence;
mod format;
mod inodes;
mod mount;
mod mounted;
mod readback;
mod remains;
mod stale;
mod temporary;
mod time;
mod view;
mod wipe;

use crate::block::BlockDevice;
use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::filesystem::{
    DirEntry, FileKind, FileSystem, FileSystemInfo, Metadata, Ownership, Remains, Timestamp, rules,
};
use crate::path::VolumePath;
use border::{explain, refuse};
use changes::Changes;
use fence::Fence;
use fs_ext4::Error as Fault;
use mounted::Mounted;
use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::sync::Arc;
use time::{Stamp, stamp};

/// An ext2, ext3 or ext4 filesystem on a device.
///
/// Opened on a writable device, it replays a dirty journal into it. It never flushes: what it
/// writes to is the copy-on-write overlay of a run. After [`FileSystem::finish`] it can be read.
pub struct Ext4 {
    device: Arc<dyn BlockDevice>,
    library: Option<Mounted>,
    writable: bool,
    wipes: bool,
    time: Timestamp,
    changes: Changes,
    fence: Fence,
}

impl fmt::Debug for Ext4 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ext4")
            .field("device", &self.device)
            .field("writable", &self.writable)
            .field("time", &self.time)
            .finish_non_exhaustive()
    }
}

impl Ext4 {
    /// Opens the filesystem on `device`, read-only when the device is. What a change leaves
    /// behind as its time is `time`, as far as the filesystem can store it.
    ///
    /// # Errors
    /// `UnsupportedFeature` naming the feature, `Encrypted`, `Damaged`, `Io`. Nothing was written
    /// then, except that a journal may have been replayed.
    pub fn open(device: Arc<dyn BlockDevice>, time: Timestamp) -> Result<Self> {
        let fence = Fence::default();
        let writable = device.is_writable();
        let (library, time) = fence.guard(|| mount::open(&device, writable, time))?;
        Ok(Self {
            device,
            library: Some(Mounted::new(library)),
            writable,
            wipes: false,
            time,
            changes: Changes::default(),
            fence,
        })
    }

    /// Makes a new, empty ext4 filesystem of all of `device`, which must read as zeros. The same
    /// arguments give the same bytes.
    ///
    /// # Errors
    /// `InvalidArgument` when the device is too small or does not take it.
    pub fn format(device: Arc<dyn BlockDevice>, label: &str, uuid: [u8; 16]) -> Result<()> {
        format::format(device, label, uuid)
    }

    /// Does `work`, which only reads, and says `cannot WHAT PATH: WHY` when it fails.
    fn look<T>(
        &self,
        what: &str,
        path: &VolumePath,
        work: impl FnOnce(&Mounted) -> fs_ext4::Result<T>,
    ) -> Result<T> {
        self.fence.guard(|| {
            let library = self.library.as_ref().ok_or_else(unusable)?;
            work(library).map_err(|fault| explain(fault, what, path))
        })
    }

    /// As [`Self::look`] for work that writes.
    fn change<T>(
        &self,
        what: &str,
        path: &VolumePath,
        work: impl FnOnce(&Mounted) -> fs_ext4::Result<T>,
    ) -> Result<T> {
        if !self.writable {
            return Err(explain(Fault::ReadOnly, what, path));
        }
        self.look(what, path, |fs| {
            // What a change that failed half-way has left behind, nobody noted.
            work(fs).inspect_err(|_| fs.forget())
        })
    }

    /// Makes a new entry by `make`, which gets its directory's inode, its name, and gives its own.
    fn create(
        &mut self,
        what: &str,
        path: &VolumePath,
        owner: Ownership,
        make: impl FnOnce(&Mounted, u32, &[u8], u16) -> fs_ext4::Result<u32>,
    ) -> Result<()> {
        let time = self.time;
        let ino = self.change(what, path, |fs| {
            let mode = checked_mode(owner.mode)?;
            let (dir, name) = fs.parent(path)?.ok_or(Fault::AlreadyExists)?;
            let ino = make(fs, dir, name, mode)?;
            fs.named(dir, name, ino);
            if (owner.uid, owner.gid) != (0, 0) {
                fs.apply_chown_ino(ino, checked_id(owner.uid)?, checked_id(owner.gid)?)?;
            }
            stamp(fs, ino, time, Stamp::Both)?;
            stamp(fs, dir, time, Stamp::Modified)?;
            Ok(ino)
        })?;
        self.changes.touch_entry(path);
        self.changes.content(ino, None);
        Ok(())
    }

    /// Changes the content of the regular file at `path` by `write`.
    fn write(
        &mut self,
        path: &VolumePath,
        write: impl FnOnce(
            &Mounted,
            (u32, &fs_ext4::inode::Inode),
        ) -> fs_ext4::Result<Option<content::Whole>>,
    ) -> Result<Option<content::Whole>> {
        let time = self.time;
        let (ino, whole) = self.change("write", path, |fs| {
            let (ino, inode) = fs.regular(path)?;
            let whole = write(fs, (ino, &inode))?;
            stamp(fs, ino, time, Stamp::Modified)?;
            Ok((ino, whole))
        })?;
        self.changes.touch(path);
        self.changes.content(ino, whole);
        Ok(whole)
    }
}

impl FileSystem for Ext4 {
    fn info(&self) -> Result<FileSystemInfo> {
        self.look("describe", &VolumePath::root(), |fs| mount::info(fs))
    }

    fn metadata(&self, path: &VolumePath) -> Result<Metadata> {
        self.look("look at", path, |fs| {
            let (ino, inode) = fs.stat(path)?;
            inodes::metadata(ino, &inode)
        })
    }

    fn read_dir(&self, path: &VolumePath) -> Result<Vec<DirEntry>> {
        self.look("list", path, |fs| inodes::list(fs, fs.find(path)?))
    }

    fn read_at(&self, path: &VolumePath, offset: u64, buf: &mut [u8]) -> Result<usize> {
        self.look("read", path, |fs| {
            let (ino, _) = fs.regular(path)?;
            fs.read_ino(ino, offset, buf)
        })
    }

    fn read_link(&self, path: &VolumePath) -> Result<Vec<u8>> {
        self.look("read the link", path, |fs| {
            let (ino, inode) = fs.stat(path)?;
            if !inode.is_symlink() {
                return Err(refuse(
                    VolumeErrorKind::InvalidArgument,
                    "it is not a symbolic link",
                ));
            }
            fs.read_link_ino(ino)
        })
    }

    fn xattrs(&self, path: &VolumePath) -> Result<BTreeMap<String, Vec<u8>>> {
        self.look("read the attributes of", path, |fs| {
            attributes::all(fs, fs.find(path)?)
        })
    }

    fn create_file(&mut self, path: &VolumePath, owner: Ownership) -> Result<()> {
        self.create("create", path, owner, |fs, dir, name, mode| {
            fs.apply_create_at(dir, name, mode)
        })
    }

    fn create_dir(&mut self, path: &VolumePath, owner: Ownership) -> Result<()> {
        self.create("create", path, owner, |fs, dir, name, mode| {
            fs.apply_mkdir_at(dir, name, mode)
        })
    }

    fn create_symlink(&mut self, path: &VolumePath, target: &[u8], owner: Ownership) -> Result<()> {
        rules::check_link_target(path, target)?;
        let owner = Ownership {
            mode: 0o777,
            ..owner
        };
        self.create("create", path, owner, |fs, dir, name, _| {
            // The library would fill a whole block, and leave no room for the NUL at its end.
            if target.len() as u64 >= u64::from(fs.sb.block_size()) {
                return Err(Fault::NameTooLong);
            }
            fs.apply_symlink_at(dir, name, target)
        })
    }

    fn create_node(
        &mut self,
        path: &VolumePath,
        kind: FileKind,
        device: (u32, u32),
        owner: Ownership,
    ) -> Result<()> {
        rules::check_node(path, kind, device)?;
        self.create("create", path, owner, |fs, dir, name, mode| {
            let (format, words) = inodes::node(kind, device)?;
            let ino = fs.apply_mknod_at(dir, name, format | mode, 0, 0)?;
            inodes::edit(fs, ino, |raw| inodes::put(raw, 0x28, &words))?;
            Ok(ino)
        })
    }

    fn write_at(&mut self, path: &VolumePath, offset: u64, data: &[u8]) -> Result<()> {
        self.write(path, |fs, file| {
            content::write_at(fs, file, offset, data).map(|()| None)
        })
        .map(drop)
    }

    fn set_len(&mut self, path: &VolumePath, len: u64) -> Result<()> {
        self.write(path, |fs, file| {
            content::set_len(fs, file, len).map(|()| None)
        })
        .map(drop)
    }

    fn replace_content(&mut self, path: &VolumePath, content: &mut dyn Read) -> Result<u64> {
        let whole = self.write(path, |fs, file| {
            content::replace(fs, file, content).map(Some)
        })?;
        Ok(whole.map_or(0, |whole| whole.len))
    }

    fn link(&mut self, existing: &VolumePath, new: &VolumePath) -> Result<()> {
        let time = self.time;
        self.change("link", existing, |fs| {
            let (ino, inode) = fs.stat(existing)?;
            if inode.is_dir() {
                return Err(Fault::IsADirectory);
            }
            let (dir, name) = fs.parent(new)?.ok_or(Fault::AlreadyExists)?;
            fs.apply_link_at(ino, dir, name)?;
            fs.named(dir, name, ino);
            stamp(fs, dir, time, Stamp::Modified)
        })?;
        self.changes.touch(existing);
        self.changes.touch_entry(new);
        Ok(())
    }

    fn rename(&mut self, from: &VolumePath, to: &VolumePath) -> Result<()> {
        rules::check_rename(from, to)?;
        let time = self.time;
        self.change("rename", from, |fs| {
            let source = fs.find(from)?;
            let (old_dir, old_name) = fs.parent(from)?.ok_or_else(the_root)?;
            let (new_dir, new_name) = fs.parent(to)?.ok_or_else(the_root)?;
            let replaces = match fs.find(to) {
                Ok(ino) if ino == source => return Ok(()),
                Ok(_) => true,
                Err(Fault::NotFound) => false,
                Err(fault) => return Err(fault),
            };
            if fs.stat_ino(source)?.is_dir() {
                let folder = to.parent().ok_or_else(the_root)?;
                inodes::mend_index_roots(fs, &folder)?;
            }
            fs.apply_rename_at(old_dir, old_name, new_dir, new_name, replaces)?;
            if replaces {
                fs.unnamed(new_dir, new_name);
            }
            fs.unnamed(old_dir, old_name);
            fs.named(new_dir, new_name, source);
            stamp(fs, old_dir, time, Stamp::Modified)?;
            stamp(fs, new_dir, time, Stamp::Modified)
        })?;
        self.changes.moved(from, to);
        Ok(())
    }

    fn remove_file(&mut self, path: &VolumePath) -> Result<()> {
        let time = self.time;
        self.change("remove", path, |fs| {
            let (dir, name) = fs.parent(path)?.ok_or(Fault::IsADirectory)?;
            fs.apply_unlink_at(dir, name)?;
            fs.unnamed(dir, name);
            stamp(fs, dir, time, Stamp::Modified)
        })?;
        self.changes.touch_entry(path);
        Ok(())
    }

    fn remove_dir(&mut self, path: &VolumePath) -> Result<()> {
        let time = self.time;
        self.change("remove", path, |fs| {
            let (dir, name) = fs.parent(path)?.ok_or_else(the_root)?;
            fs.apply_rmdir_at(dir, name)?;
            fs.unnamed(dir, name);
            stamp(fs, dir, time, Stamp::Modified)
        })?;
        self.changes.touch_entry(path);
        Ok(())
    }

    fn set_mode(&mut self, path: &VolumePath, mode: u32) -> Result<()> {
        self.change("set the mode of", path, |fs| {
            attributes::set_mode(fs, path, checked_mode(mode)?)
        })?;
        self.changes.touch(path);
        Ok(())
    }

    fn set_owner(&mut self, path: &VolumePath, uid: u32, gid: u32) -> Result<()> {
        self.change("set the owner of", path, |fs| {
            let ino = fs.find(path)?;
            fs.apply_chown_ino(ino, checked_id(uid)?, checked_id(gid)?)
        })?;
        self.changes.touch(path);
        Ok(())
    }

    fn set_times(
        &mut self,
        path: &VolumePath,
        accessed: Timestamp,
        modified: Timestamp,
    ) -> Result<()> {
        rules::check_times(path, accessed, modified)?;
        self.change("set the times of", path, |fs| {
            let ino = fs.find(path)?;
            fs.apply_utimens_ino(
                ino,
                accessed.seconds,
                accessed.nanoseconds,
                modified.seconds,
                modified.nanoseconds,
            )
        })?;
        self.changes.touch(path);
        Ok(())
    }

    fn set_xattr(&mut self, path: &VolumePath, name: &str, value: &[u8]) -> Result<()> {
        self.change("set an attribute of", path, |fs| {
            attributes::set(fs, path, name, value)
        })?;
        self.changes.touch(path);
        Ok(())
    }

    fn remove_xattr(&mut self, path: &VolumePath, name: &str) -> Result<()> {
        self.change("remove an attribute of", path, |fs| {
            attributes::remove(fs, path, name)
        })?;
        self.changes.touch(path);
        Ok(())
    }

    fn remains(&self) -> Result<Vec<Remains>> {
        self.fence.guard(|| {
            let library = self.library.as_ref().ok_or_else(unusable)?;
            let survey = remains::Survey::of(library).map_err(wipe::cannot_wipe)?;
            Ok(survey.into_remains(u64::from(library.sb.block_size())))
        })
    }

    fn wipe_when_finished(&mut self) {
        self.wipes = true;
    }

    fn finish(&mut self) -> Result<()> {
        if !self.writable {
            return Ok(());
        }
        self.writable = false;
        let Self {
            library,
            device,
            wipes,
            time,
            changes,
            fence,
            ..
        } = self;
        fence.guard(|| {
            let writer = library.take().ok_or_else(unusable)?;
            writer.forget();
            let expected = expected::collect(&writer, changes).map_err(cannot_finish)?;
            writer.into_library().finish().map_err(cannot_finish)?;
            if *wipes {
                wipe::wipe(&mount::mount(device, false, *time)?, device)?;
            }
            let fresh = Mounted::new(mount::mount(device, false, *time)?);
            let view = view::open(device)?;
            readback::compare(&view, &fresh, &expected)?;
            *library = Some(fresh);
            Ok(())
        })
    }
}

fn cannot_finish(fault: Fault) -> VolumeError {
    explain(fault, "finish the filesystem at", &VolumePath::root())
}

fn unusable() -> VolumeError {
    VolumeError::new(
        VolumeErrorKind::Damaged,
        "the filesystem could not be finished and cannot be used any more",
    )
}

fn the_root() -> Fault {
    Fault::InvalidArgument("it is the root of the filesystem")
}

fn checked_mode(mode: u32) -> fs_ext4::Result<u16> {
    u16::try_from(mode)
        .ok()
        .filter(|mode| *mode <= 0o7777)
        .ok_or(Fault::InvalidArgument(
            "a mode has twelve bits, 0 to 0o7777",
        ))
}

/// The number -1 stands for "no one" and "unchanged" in Linux; no file belongs to it.
fn checked_id(id: u32) -> fs_ext4::Result<u32> {
    match id {
        u32::MAX => Err(Fault::InvalidArgument("4294967295 is no user or group")),
        id => Ok(id),
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
