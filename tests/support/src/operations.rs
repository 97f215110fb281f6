//! Random sequences of filesystem operations, the same for the same seed.

use crate::random::Random;
use mintage_volume::filesystem::{FileKind, FileSystem, Ownership, Timestamp};
use mintage_volume::{Result, VolumePath};
use std::fmt;

/// One call of a driver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// Makes a file with this content.
    Create(VolumePath, Vec<u8>, Ownership),
    /// Makes a directory.
    MakeDir(VolumePath, Ownership),
    /// Makes a directory with so many empty files of such a name.
    Fill(VolumePath, u64, Vec<u8>),
    /// Makes a symbolic link.
    Symlink(VolumePath, Vec<u8>, Ownership),
    /// Makes a device, FIFO or socket.
    Node(VolumePath, FileKind, (u32, u32), Ownership),
    /// Gives a file another name.
    Link(VolumePath, VolumePath),
    /// Writes at an offset.
    Write(VolumePath, u64, Vec<u8>),
    /// Sets the length.
    SetLen(VolumePath, u64),
    /// Replaces all of the content.
    Replace(VolumePath, Vec<u8>),
    /// Moves a name.
    Rename(VolumePath, VolumePath),
    /// Removes a name.
    Remove(VolumePath),
    /// Removes a directory.
    RemoveDir(VolumePath),
    /// Sets permission bits.
    Mode(VolumePath, u32),
    /// Sets owner and group.
    Owner(VolumePath, u32, u32),
    /// Sets both times.
    Times(VolumePath, Timestamp),
    /// Sets an extended attribute.
    SetXattr(VolumePath, &'static str, Vec<u8>),
    /// Removes an extended attribute.
    RemoveXattr(VolumePath, &'static str),
}

impl Operation {
    /// Does it.
    ///
    /// # Errors
    /// What the driver says.
    pub fn apply(&self, fs: &mut dyn FileSystem) -> Result<()> {
        match self {
            Self::Create(path, content, owner) => {
                fs.create_file(path, *owner)?;
                fs.replace_content(path, &mut content.as_slice()).map(drop)
            }
            Self::MakeDir(path, owner) => fs.create_dir(path, *owner),
            Self::Fill(path, count, name) => fill(fs, path, *count, name),
            Self::Symlink(path, target, owner) => fs.create_symlink(path, target, *owner),
            Self::Node(path, kind, device, owner) => fs.create_node(path, *kind, *device, *owner),
            Self::Link(existing, new) => fs.link(existing, new),
            Self::Write(path, offset, data) => fs.write_at(path, *offset, data),
            Self::SetLen(path, len) => fs.set_len(path, *len),
            Self::Replace(path, content) => {
                fs.replace_content(path, &mut content.as_slice()).map(drop)
            }
            Self::Rename(from, to) => fs.rename(from, to),
            Self::Remove(path) => fs.remove_file(path),
            Self::RemoveDir(path) => fs.remove_dir(path),
            Self::Mode(path, mode) => fs.set_mode(path, *mode),
            Self::Owner(path, uid, gid) => fs.set_owner(path, *uid, *gid),
            Self::Times(path, time) => fs.set_times(path, *time, *time),
            Self::SetXattr(path, name, value) => fs.set_xattr(path, name, value),
            Self::RemoveXattr(path, name) => fs.remove_xattr(path, name),
        }
    }
}

/// One line, without the content.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Create(path, content, owner) => {
                write!(f, "create `{path}`, {} bytes, {owner:?}", content.len())
            }
            Self::MakeDir(path, owner) => write!(f, "make the directory `{path}`, {owner:?}"),
            Self::Fill(path, count, name) => {
                write!(
                    f,
                    "fill `{path}` with {count} names of {} bytes",
                    name.len()
                )
            }
            Self::Symlink(path, target, _) => {
                write!(f, "link `{path}` to {} bytes", target.len())
            }
            Self::Node(path, kind, device, _) => write!(f, "make `{path}`, {kind:?} {device:?}"),
            Self::Link(existing, new) => write!(f, "name `{existing}` also `{new}`"),
            Self::Write(path, offset, data) => {
                write!(f, "write `{path}` at {offset}, {} bytes", data.len())
            }
            Self::SetLen(path, len) => write!(f, "set the length of `{path}` to {len}"),
            Self::Replace(path, content) => write!(f, "replace `{path}`, {} bytes", content.len()),
            Self::Rename(from, to) => write!(f, "rename `{from}` to `{to}`"),
            Self::Remove(path) => write!(f, "remove `{path}`"),
            Self::RemoveDir(path) => write!(f, "remove the directory `{path}`"),
            Self::Mode(path, mode) => write!(f, "set the mode of `{path}` to {mode:o}"),
            Self::Owner(path, uid, gid) => write!(f, "set the owner of `{path}` to {uid}:{gid}"),
            Self::Times(path, time) => write!(f, "set the times of `{path}` to {time:?}"),
            Self::SetXattr(path, name, value) => {
                write!(f, "set `{name}` of `{path}`, {} bytes", value.len())
            }
            Self::RemoveXattr(path, name) => write!(f, "remove `{name}` of `{path}`"),
        }
    }
}

fn fill(fs: &mut dyn FileSystem, path: &VolumePath, count: u64, name: &[u8]) -> Result<()> {
    fs.create_dir(path, Ownership::root(0o755))?;
    for number in 0..count {
        let name = [name, number.to_string().as_bytes()].concat();
        fs.create_file(&path.join(name)?, Ownership::root(0o644))?;
    }
    Ok(())
}

/// Makes operations, mostly on what earlier ones made.
#[derive(Debug)]
pub struct Operations {
    random: Random,
    paths: Vec<(VolumePath, FileKind)>,
    limits: Limits,
}

/// What the operations must keep to for the filesystem under test.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The longest file, in bytes.
    pub longest: u64,
    /// The largest value of an extended attribute, in bytes.
    pub xattr: u64,
    /// The longest target of a symbolic link, in bytes.
    pub target: u64,
    /// Seconds of the latest time that can be set.
    pub latest: i64,
    /// Times have nanoseconds.
    pub nanoseconds: bool,
}

impl Operations {
    /// The sequence of `seed`, for an empty filesystem.
    pub fn new(seed: u64, limits: Limits) -> Self {
        Self {
            random: Random::new(seed),
            paths: vec![(VolumePath::root(), FileKind::Directory)],
            limits,
        }
    }

    /// Tells of something that is there before the first operation.
    pub fn found(&mut self, path: VolumePath, kind: FileKind) {
        self.paths.push((path, kind));
    }

    /// Makes the next operation.
    pub fn make(&mut self) -> Operation {
        match self.random.below(100) {
            0..14 => self.create(),
            14..22 => Operation::MakeDir(self.new_path(), self.owner()),
            22..24 => self.fill(),
            24..29 => self.symlink(),
            29..33 => self.node(),
            33..38 => Operation::Link(self.path(), self.new_path()),
            38..46 => self.write(),
            46..52 => Operation::SetLen(self.file(), self.random.below(self.limits.longest)),
            52..56 => Operation::Replace(self.file(), self.content()),
            56..66 => self.rename(),
            66..72 => Operation::Remove(self.path()),
            72..75 => Operation::RemoveDir(self.path()),
            75..80 => Operation::Mode(self.path(), self.mode()),
            80..84 => Operation::Owner(self.path(), self.id(), self.id()),
            84..88 => Operation::Times(self.path(), self.time()),
            88..97 => self.set_xattr(),
            _ => Operation::RemoveXattr(self.path(), self.xattr_name()),
        }
    }

    /// The paths that exist, made or moved by operations that [`Self::done`] was told of.
    pub fn paths(&self) -> &[(VolumePath, FileKind)] {
        &self.paths
    }

    /// A time to be set on one of the paths.
    pub fn time(&mut self) -> Timestamp {
        let span = self.limits.latest.unsigned_abs();
        Timestamp {
            seconds: i64::try_from(self.random.below(span)).expect("a time"),
            nanoseconds: match self.limits.nanoseconds {
                true => u32::try_from(self.random.below(1_000_000_000)).expect("nanoseconds"),
                false => 0,
            },
        }
    }

    /// Remembers what an operation that succeeded made of the paths.
    pub fn done(&mut self, operation: &Operation) {
        match operation {
            Operation::Create(path, ..) => self.paths.push((path.clone(), FileKind::File)),
            Operation::MakeDir(path, _) | Operation::Fill(path, ..) => {
                self.paths.push((path.clone(), FileKind::Directory));
            }
            Operation::Symlink(path, ..) => self.paths.push((path.clone(), FileKind::Symlink)),
            Operation::Node(path, kind, ..) => self.paths.push((path.clone(), *kind)),
            Operation::Link(existing, new) => {
                let kind = self.kind_of(existing);
                self.paths.push((new.clone(), kind));
            }
            Operation::Rename(from, to) if from != to => self.moved(from, to),
            Operation::Remove(path) | Operation::RemoveDir(path) => {
                self.paths.retain(|(known, _)| !known.starts_with(path));
            }
            _ => {}
        }
    }

    /// A rename between two names of one file leaves both; the model then forgets one, which is
    /// no harm.
    fn moved(&mut self, from: &VolumePath, to: &VolumePath) {
        self.paths.retain(|(known, _)| !known.starts_with(to));
        for (path, _) in &mut self.paths {
            if let Some(below) = path.strip_prefix(from) {
                *path = to.concat(&below);
            }
        }
    }

    fn kind_of(&self, path: &VolumePath) -> FileKind {
        let known = self.paths.iter().find(|(known, _)| known == path);
        known.map_or(FileKind::File, |(_, kind)| *kind)
    }

    /// A path that mostly exists.
    fn path(&mut self) -> VolumePath {
        match self.random.chance(93) {
            true => self.random.pick(&self.paths).0.clone(),
            false => self.new_path(),
        }
    }

    /// A path that is mostly a file.
    fn file(&mut self) -> VolumePath {
        for _ in 0..8 {
            let (path, kind) = self.random.pick(&self.paths);
            if *kind == FileKind::File {
                return path.clone();
            }
        }
        self.path()
    }

    /// A path that mostly does not exist, in something that mostly is a directory.
    fn new_path(&mut self) -> VolumePath {
        let folders: Vec<_> = self
            .paths
            .iter()
            .filter(|(_, kind)| *kind == FileKind::Directory)
            .map(|(path, _)| path.clone())
            .collect();
        let folder = match self.random.chance(95) {
            true => self.random.pick(&folders).clone(),
            false => self.random.pick(&self.paths).0.clone(),
        };
        let name = self.name();
        // Too deep for any path: start again at the root.
        folder
            .join(&name)
            .or_else(|_| VolumePath::root().join(&name))
            .expect("a name")
    }

    /// A name: short ones that meet again, odd bytes, long ones.
    fn name(&mut self) -> Vec<u8> {
        let number = self.random.below(60).to_string().into_bytes();
        match self.random.below(10) {
            0 => [b"\xff\xfe-".as_slice(), &number].concat(),
            1 => [b"new\nline ".as_slice(), &number].concat(),
            2 => [number, vec![b'x'; 200]].concat(),
            3 => ["ümläut-".as_bytes(), &number].concat(),
            _ => [b"n".as_slice(), &number].concat(),
        }
    }

    fn create(&mut self) -> Operation {
        Operation::Create(self.new_path(), self.content(), self.owner())
    }

    fn fill(&mut self) -> Operation {
        let name = vec![b'f'; usize::try_from(self.random.below(120)).expect("a length")];
        Operation::Fill(self.new_path(), 20 + self.random.below(150), name)
    }

    fn symlink(&mut self) -> Operation {
        let len = match self.random.below(3) {
            0 => 1 + self.random.below(59),
            1 => 59 + self.random.below(3),
            _ => 1 + self.random.below(self.limits.target),
        };
        let target = (0..len)
            .map(|at| if at % 50 == 0 { b'/' } else { b't' })
            .collect();
        Operation::Symlink(self.new_path(), target, self.owner())
    }

    fn node(&mut self) -> Operation {
        let kinds = [
            FileKind::CharDevice,
            FileKind::BlockDevice,
            FileKind::Fifo,
            FileKind::Socket,
        ];
        let kind = *self.random.pick(&kinds);
        let devices = [
            (1, 3),
            (8, 17),
            (255, 255),
            (259, 7),
            (4095, 0xf_ffff),
            (8, 70_000),
        ];
        let device = match kind {
            FileKind::CharDevice | FileKind::BlockDevice => *self.random.pick(&devices),
            _ => (0, 0),
        };
        Operation::Node(self.new_path(), kind, device, self.owner())
    }

    fn write(&mut self) -> Operation {
        let data = self.content();
        let room = self.limits.longest - data.len() as u64;
        let offset = match self.random.chance(40) {
            true => 0,
            false => self.random.below(room + 1),
        };
        Operation::Write(self.file(), offset, data)
    }

    fn rename(&mut self) -> Operation {
        let to = match self.random.chance(35) {
            true => self.path(),
            false => self.new_path(),
        };
        Operation::Rename(self.path(), to)
    }

    fn set_xattr(&mut self) -> Operation {
        let name = self.xattr_name();
        let value = match name {
            "system.posix_acl_access" | "system.posix_acl_default" => self.acl(),
            "security.capability" => {
                let low = self.random.bytes(16);
                [&[1, 0, 0, 2], low.as_slice()].concat()
            }
            "security.selinux" => b"system_u:object_r:etc_t:s0\0".to_vec(),
            _ => {
                let len = match self.random.chance(70) {
                    true => self.random.below(60),
                    false => self.random.below(self.limits.xattr),
                };
                self.random.bytes(len)
            }
        };
        Operation::SetXattr(self.path(), name, value)
    }

    fn xattr_name(&mut self) -> &'static str {
        const NAMES: &[&str] = &[
            "user.one",
            "user.two",
            "trusted.overlay.opaque",
            "security.selinux",
            "security.capability",
            "system.posix_acl_access",
            "system.posix_acl_default",
        ];
        NAMES[usize::try_from(self.random.below(NAMES.len() as u64)).expect("an index")]
    }

    /// An ACL in the system call's form; a third of them say no more than a mode.
    fn acl(&mut self) -> Vec<u8> {
        let mut entries = vec![(1u16, u32::MAX), (4, u32::MAX)];
        if self.random.chance(66) {
            let id = u32::try_from(self.random.below(5000)).expect("an id");
            entries.push((2, id));
            entries.push((8, id));
            entries.push((16, u32::MAX));
        }
        entries.push((32, u32::MAX));
        entries.sort_unstable();
        let mut value = 2u32.to_le_bytes().to_vec();
        for (tag, id) in entries {
            let perm = u16::try_from(self.random.below(8)).expect("permissions");
            value.extend(tag.to_le_bytes());
            value.extend(perm.to_le_bytes());
            value.extend(id.to_le_bytes());
        }
        value
    }

    /// Content: empty, short, some blocks, with blocks of zeros.
    fn content(&mut self) -> Vec<u8> {
        let longest = self.limits.longest;
        let len = match self.random.below(8) {
            0 => 0,
            1..4 => self.random.below(200),
            4..7 => self.random.below(20_000.min(longest)),
            _ => self.random.below(longest / 2),
        };
        let mut content = self.random.bytes(len);
        if len > 9000 && self.random.chance(40) {
            content[..8192].fill(0);
        }
        content
    }

    fn owner(&mut self) -> Ownership {
        Ownership {
            mode: self.mode(),
            uid: self.id(),
            gid: self.id(),
        }
    }

    fn mode(&mut self) -> u32 {
        *self
            .random
            .pick(&[0o644, 0o755, 0o600, 0o4755, 0o2755, 0o1777, 0o000, 0o6711])
    }

    fn id(&mut self) -> u32 {
        *self
            .random
            .pick(&[0, 0, 33, 1000, 65_534, 100_000, 4_000_000_000])
    }
}
