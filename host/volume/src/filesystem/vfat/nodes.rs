//! The files and directories of a FAT filesystem: read and checked when it is opened, and changed
//! in memory until it is finished.

use super::Vfat;
use super::directory::{Directory, Found, MAX_SLOTS};
use super::entry::{Entry, SLOT};
use super::geometry::damaged;
use super::name;
use crate::error::{Result, VolumeError, VolumeErrorKind as Kind};
use crate::filesystem::rules;
use crate::path::VolumePath;

/// Number of the root directory's node.
pub(super) const ROOT: u32 = 0;

/// The most files, and bytes of directories, that are held in memory.
const MAX_NODES: usize = 1 << 20;
const MAX_DIRECTORY_BYTES: usize = 256 << 20;

/// A file or directory.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) parent: u32,
    pub(super) name: String,
    /// Its entries in its parent: the first and how many. The root has none.
    pub(super) at: usize,
    pub(super) count: usize,
    pub(super) entry: Entry,
    pub(super) chain: Vec<u32>,
    /// What is in it, if it is a directory.
    pub(super) directory: Option<Directory>,
}

/// A name in a directory, and what has it now.
pub(super) struct Place<'a> {
    pub(super) parent: u32,
    pub(super) name: &'a [u8],
    pub(super) taken_by: Option<u32>,
}

impl Vfat {
    /// Reads all directories. As every cluster can be held only once, this ends.
    pub(super) fn load(&mut self) -> Result<()> {
        let mut bytes = 0;
        self.load_root()?;
        let mut waiting = vec![ROOT];
        while let Some(id) = waiting.pop() {
            let slots = self.read_slots(id)?;
            bytes += slots.len();
            let (directory, all, label) = Directory::parse(slots)?;
            self.node_mut(id)?.directory = Some(directory);
            if let (ROOT, Some(label)) = (id, label) {
                self.geometry.label = label;
            }
            for found in all {
                let child = self.load_node(id, found)?;
                if self.node(child)?.entry.is_directory() {
                    waiting.push(child);
                }
            }
            if self.nodes.len() > MAX_NODES || bytes > MAX_DIRECTORY_BYTES {
                let why = "the FAT filesystem has more files than can be handled";
                return Err(VolumeError::new(Kind::LimitReached, why));
            }
        }
        Ok(())
    }

    fn load_root(&mut self) -> Result<()> {
        let chain = match self.geometry.root_len {
            0 => self.table.chain(self.geometry.root_cluster)?,
            _ => Vec::new(),
        };
        let root = Node {
            parent: ROOT,
            name: String::new(),
            at: 0,
            count: 0,
            entry: Entry([0; SLOT]),
            chain,
            directory: None,
        };
        self.nodes.insert(ROOT, root);
        Ok(())
    }

    /// The stored entries of a directory.
    pub(super) fn read_slots(&self, id: u32) -> Result<Vec<u8>> {
        let chain = &self.node(id)?.chain;
        let len = match (id, chain.is_empty()) {
            (ROOT, true) => self.geometry.root_len as usize,
            _ => chain.len().saturating_mul(self.geometry.cluster as usize),
        };
        if len > MAX_SLOTS * SLOT {
            return Err(damaged("a directory is longer than one can be"));
        }
        let mut slots = vec![0; len];
        let mut rest = slots.as_mut_slice();
        for (offset, len) in self.runs(chain, 0, len as u64) {
            let (head, tail) = rest.split_at_mut(len);
            self.device.read_at(offset, head)?;
            rest = tail;
        }
        Ok(slots)
    }

    fn load_node(&mut self, parent: u32, found: Found) -> Result<u32> {
        let entry = found.entry;
        let first = entry.first_cluster(self.geometry.width);
        let chain = if first == 0 {
            Vec::new()
        } else {
            self.table.chain(first)?
        };
        if entry.is_directory() && chain.is_empty() {
            return Err(damaged("a directory has no cluster"));
        }
        if !entry.is_directory() && self.geometry.count(u64::from(entry.len())) > chain.len() {
            return Err(damaged("a file is longer than the clusters it holds"));
        }
        let id = self.new_id();
        let short = entry.short_name();
        let folded = name::fold(&found.name);
        let directory = self.directory_mut(parent)?;
        let doubled = directory.children.insert(folded, id).is_some();
        if doubled | directory.aliases.insert(short, id).is_some() {
            return Err(damaged("a directory has the same name twice"));
        }
        let node = Node {
            parent,
            name: found.name,
            at: found.at,
            count: found.count,
            entry,
            chain,
            directory: None,
        };
        self.nodes.insert(id, node);
        Ok(id)
    }

    pub(super) fn new_id(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }

    pub(super) fn node(&self, id: u32) -> Result<&Node> {
        self.nodes.get(&id).ok_or_else(lost)
    }

    pub(super) fn node_mut(&mut self, id: u32) -> Result<&mut Node> {
        self.nodes.get_mut(&id).ok_or_else(lost)
    }

    pub(super) fn directory_mut(&mut self, id: u32) -> Result<&mut Directory> {
        self.node_mut(id)?.directory.as_mut().ok_or_else(lost)
    }

    /// What is called `name` in a directory, by its long or short name.
    pub(super) fn child(directory: &Directory, name: &[u8]) -> Option<u32> {
        let name = std::str::from_utf8(name).ok()?;
        let by_name = directory.children.get(&name::fold(name));
        by_name
            .or_else(|| directory.aliases.get(&name::alias(name)?))
            .copied()
    }

    /// What is at `path`.
    pub(super) fn find(&self, what: &str, path: &VolumePath) -> Result<u32> {
        let mut id = ROOT;
        for name in path.names() {
            let Some(directory) = &self.node(id)?.directory else {
                return Err(rules::not_a_directory(what, path));
            };
            id = Self::child(directory, name).ok_or_else(|| rules::not_found(what, path))?;
        }
        Ok(id)
    }

    /// `path` with its names as they are stored, as far as they exist.
    pub(super) fn stored(&self, path: &VolumePath) -> VolumePath {
        let mut stored = VolumePath::root();
        let mut at = Some(ROOT);
        for name in path.names() {
            let directory = at.and_then(|id| self.nodes.get(&id)?.directory.as_ref());
            at = directory.and_then(|directory| Self::child(directory, name));
            let node = at.and_then(|id| self.nodes.get(&id));
            let name = node.map_or(name, |node| node.name.as_bytes());
            // A name in another case can be longer in UTF-8, and then the path too long.
            stored = match stored.join(name) {
                Ok(longer) => longer,
                Err(_) => return path.clone(),
            };
        }
        stored
    }

    /// The place that `path` names; the root has none.
    pub(super) fn place<'a>(&self, what: &str, path: &'a VolumePath) -> Result<Option<Place<'a>>> {
        let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else {
            return Ok(None);
        };
        let id = self
            .find(what, &parent)
            .map_err(|error| rules::renamed(error, what, path))?;
        let directory = self.node(id)?.directory.as_ref();
        let directory = directory.ok_or_else(|| rules::not_a_directory(what, path))?;
        Ok(Some(Place {
            parent: id,
            name,
            taken_by: Self::child(directory, name),
        }))
    }

    /// Finds or makes room for a name in a directory, which [`Self::attach`] then can take.
    pub(super) fn reserve(&mut self, id: u32, name: &str, path: &VolumePath) -> Result<usize> {
        let count = name::slot_count(name);
        let full = || rules::no_space("create", path);
        let aliases = &self.directory_mut(id)?.aliases;
        if name::short_for(name, |short| !aliases.contains_key(short)).is_none() {
            return Err(full());
        }
        loop {
            let cluster = self.geometry.cluster as usize;
            let node = self.nodes.get_mut(&id).ok_or_else(lost)?;
            let directory = node.directory.as_mut().ok_or_else(lost)?;
            if let Some(at) = directory.room(count) {
                return Ok(at);
            }
            let Some(last) = node.chain.last().copied() else {
                return Err(full());
            };
            if directory.len() + cluster / SLOT > MAX_SLOTS {
                return Err(full());
            }
            let new = self.table.allocate(1, Some(last)).ok_or_else(full)?;
            node.chain.extend(new);
            directory.grow(cluster);
        }
    }

    /// Enters a node into a directory, at the room that [`Self::reserve`] found.
    pub(super) fn attach(
        &mut self,
        id: u32,
        parent: u32,
        name: &str,
        at: usize,
        path: &VolumePath,
    ) -> Result<()> {
        let mut entry = self.node(id)?.entry.clone();
        let directory = self.directory_mut(parent)?;
        let short = name::short_for(name, |short| !directory.aliases.contains_key(short))
            .ok_or_else(|| rules::no_space("create", path))?;
        entry.set_short_name(short);
        let slots = name::slots(name, &entry);
        directory.put(at, &slots);
        directory.children.insert(name::fold(name), id);
        directory.aliases.insert(short, id);
        let count = slots.len();
        let node = self.node_mut(id)?;
        (node.parent, node.at, node.count) = (parent, at, count);
        (node.name, node.entry) = (name.to_owned(), entry);
        Ok(())
    }

    /// Takes a node out of its directory.
    pub(super) fn detach(&mut self, id: u32) -> Result<()> {
        let node = self.node(id)?;
        let (parent, at, count) = (node.parent, node.at, node.count);
        let (folded, short) = (name::fold(&node.name), node.entry.short_name());
        let directory = self.directory_mut(parent)?;
        directory.erase(at, count);
        directory.children.remove(&folded);
        directory.aliases.remove(&short);
        Ok(())
    }

    /// Frees a node that was taken out of its directory.
    pub(super) fn free(&mut self, id: u32) {
        if let Some(mut node) = self.nodes.remove(&id) {
            self.table.cut(&mut node.chain, 0);
        }
        self.touched.remove(&id);
    }

    /// Stores the entry of a node in its directory, after a change.
    pub(super) fn store_entry(&mut self, id: u32) -> Result<()> {
        if id == ROOT {
            return Ok(());
        }
        let node = self.node_mut(id)?;
        let first = node.chain.first().copied().unwrap_or(0);
        node.entry.set_first_cluster(first);
        let (parent, last, entry) = (node.parent, node.at + node.count - 1, node.entry.0);
        self.directory_mut(parent)?.put(last, &[entry]);
        Ok(())
    }

    /// Whether `id` is `ancestor` or below it.
    pub(super) fn is_below(&self, id: u32, ancestor: u32) -> Result<bool> {
        let mut id = id;
        while id != ancestor && id != ROOT {
            id = self.node(id)?.parent;
        }
        Ok(id == ancestor)
    }
}

/// Every number in a directory is that of a node, as both change together; this says so without a
/// panic.
fn lost() -> VolumeError {
    damaged("a directory names something that is not there")
}
