//! Reading a tree text into a filesystem in memory.

use super::entry::{Entry, Parsed, What};
use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::escape::is_unsafe_to_print;
use crate::filesystem::{FileKind, FileSystem, Memory, Ownership, Timestamp};
use crate::path::VolumePath;
use crate::tree::{Mount, VolumeTree};
use std::collections::BTreeMap;

pub(super) fn read(text: &str, time: Timestamp) -> Result<VolumeTree> {
    let mut reader = Reader {
        filesystem: Memory::new(time),
        lines: BTreeMap::new(),
        modified: Vec::new(),
        open: None,
    };
    for (line, number) in text.split('\n').zip(1..) {
        reader.line(line, number)?;
    }
    reader.close()?;
    reader.set_times()?;
    Ok(VolumeTree::new(Mount {
        point: VolumePath::root(),
        filesystem: Box::new(reader.filesystem),
        read_only: false,
        source: "tree text".to_owned(),
    }))
}

fn wrong(number: usize, why: &str) -> VolumeError {
    let message = format!("line {number} of the tree text is wrong: {why}");
    VolumeError::new(VolumeErrorKind::InvalidArgument, message)
}

struct Reader {
    filesystem: Memory,
    /// The lines of the entries so far.
    lines: BTreeMap<VolumePath, usize>,
    /// Times, which are set when everything is made: making changes those of directories.
    modified: Vec<(VolumePath, Timestamp)>,
    /// The entry whose lines are being read, and where it began.
    open: Option<(Entry, usize)>,
}

impl Reader {
    fn line(&mut self, line: &str, number: usize) -> Result<()> {
        let wrong = |why: String| wrong(number, &why);
        if line.contains(|c| is_unsafe_to_print(c) && c != '\t') {
            let why = "it has a control character, such as the carriage return of CR LF";
            return Err(wrong(why.to_owned()));
        }
        if line.trim().is_empty() || line.starts_with('#') {
            return Ok(());
        }
        if line.starts_with([' ', '\t']) {
            return self
                .detail(line.trim_start_matches([' ', '\t']))
                .map_err(wrong);
        }
        self.close()?;
        self.open(line, number).map_err(wrong)
    }

    fn detail(&mut self, line: &str) -> Parsed<()> {
        match &mut self.open {
            Some((entry, _)) => entry.detail(line),
            None => Err("it belongs to no entry".into()),
        }
    }

    fn open(&mut self, line: &str, number: usize) -> Parsed<()> {
        let entry = Entry::parse(line)?;
        if let Some(first) = self.lines.insert(entry.path.clone(), number) {
            return Err(format!("`{}` is in line {first} already", entry.path));
        }
        self.open = Some((entry, number));
        Ok(())
    }

    /// Makes the entry that was being read.
    fn close(&mut self) -> Result<()> {
        match self.open.take() {
            None => Ok(()),
            Some((entry, number)) => {
                let made = self.make(&entry);
                made.map_err(|error| wrong(number, &error.to_string()))
            }
        }
    }

    fn make(&mut self, entry: &Entry) -> Result<()> {
        let (path, owner) = (&entry.path, entry.ownership());
        self.make_parents(path)?;
        let filesystem = &mut self.filesystem;
        match &entry.what {
            What::File => {
                filesystem.create_file(path, owner)?;
                filesystem.replace_content(path, &mut entry.content().as_slice())?;
            }
            What::Directory => self.make_directory(path, owner)?,
            What::Symlink(target) => filesystem.create_symlink(path, target, owner)?,
            What::HardLink(first) => filesystem.link(first, path)?,
            What::Node(kind, device) => filesystem.create_node(path, *kind, *device, owner)?,
        }
        for (name, value) in &entry.xattrs {
            self.filesystem.set_xattr(path, name, value)?;
        }
        self.modified
            .extend(entry.modified.map(|time| (path.clone(), time)));
        Ok(())
    }

    /// Makes a directory, or gives its attributes to one that was made on the way to another.
    fn make_directory(&mut self, path: &VolumePath, owner: Ownership) -> Result<()> {
        if self
            .filesystem
            .metadata(path)
            .is_ok_and(|found| found.kind == FileKind::Directory)
        {
            self.filesystem.set_mode(path, owner.mode)?;
            return self.filesystem.set_owner(path, owner.uid, owner.gid);
        }
        self.filesystem.create_dir(path, owner)
    }

    fn make_parents(&mut self, path: &VolumePath) -> Result<()> {
        let mut missing = Vec::new();
        let mut above = path.parent();
        while let Some(directory) = above {
            match self.filesystem.metadata(&directory) {
                Err(error) if error.kind() == VolumeErrorKind::NotFound => {}
                found => {
                    found?;
                    break;
                }
            }
            above = directory.parent();
            missing.push(directory);
        }
        for directory in missing.iter().rev() {
            self.filesystem
                .create_dir(directory, Ownership::root(0o755))?;
        }
        Ok(())
    }

    fn set_times(&mut self) -> Result<()> {
        for (path, time) in &self.modified {
            let set = self.filesystem.set_times(path, *time, *time);
            let number = self.lines.get(path).copied().unwrap_or_default();
            set.map_err(|error| wrong(number, &error.to_string()))?;
        }
        Ok(())
    }
}
