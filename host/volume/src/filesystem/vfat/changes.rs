//! Making, moving and writing back: the changes of names in a FAT filesystem.

use super::directory::Directory;
use super::entry::Entry;
use super::nodes::{Node, Place, ROOT};
use super::{Vfat, check_owner, name};
use crate::error::Result;
use crate::filesystem::{Ownership, rules};
use crate::path::VolumePath;

impl Vfat {
    /// Makes a file or directory.
    pub(super) fn make(
        &mut self,
        path: &VolumePath,
        owner: Ownership,
        is_directory: bool,
    ) -> Result<()> {
        let time = self.change("create", path)?;
        rules::check_mode("create", path, owner.mode)?;
        let place = self.place("create", path)?;
        let Some(Place { parent, name, .. }) = place.filter(|place| place.taken_by.is_none())
        else {
            return Err(rules::already_exists("create", path));
        };
        let name = name::check(path, name)?;
        check_owner("create", path, owner.uid, owner.gid)?;
        let at = self.reserve(parent, name, path)?;
        let mut node = Node {
            parent,
            name: String::new(),
            at,
            count: 0,
            entry: Entry::new(is_directory, time),
            chain: Vec::new(),
            directory: None,
        };
        if is_directory {
            self.make_directory(&mut node, path)?;
        }
        let id = self.new_id();
        self.nodes.insert(id, node);
        if let Err(error) = self.attach(id, parent, name, at, path) {
            self.free(id);
            return Err(error);
        }
        self.touched.insert(id);
        self.stamp(parent, time)
    }

    /// Gives a new directory its first cluster and entries.
    fn make_directory(&mut self, node: &mut Node, path: &VolumePath) -> Result<()> {
        let chain = self.table.allocate(1, None);
        node.chain = chain.ok_or_else(|| rules::no_space("create", path))?;
        let own = node.chain.first().copied().unwrap_or(0);
        node.entry.set_first_cluster(own);
        let parent = self.parent_cluster(node.parent)?;
        let len = self.geometry.cluster as usize;
        node.directory = Some(Directory::new(len, &node.entry, own, parent));
        Ok(())
    }

    /// What a directory in `id` has as the cluster of its parent: none for the root.
    fn parent_cluster(&self, id: u32) -> Result<u32> {
        match id {
            ROOT => Ok(0),
            id => Ok(self.node(id)?.chain.first().copied().unwrap_or(0)),
        }
    }

    /// Gives a node another name and directory, where [`Self::reserve`] has made room.
    fn move_node(&mut self, id: u32, parent: u32, name: &str, to: &VolumePath) -> Result<()> {
        self.detach(id)?;
        let at = self.reserve(parent, name, to)?;
        self.attach(id, parent, name, at, to)?;
        let above = self.parent_cluster(parent)?;
        if let Some(directory) = &mut self.node_mut(id)?.directory {
            directory.set_parent(above);
        }
        self.touched.insert(id);
        Ok(())
    }

    /// Renames, as rename(2).
    pub(super) fn move_to(&mut self, from: &VolumePath, to: &VolumePath) -> Result<()> {
        let time = self.change("rename", from)?;
        let id = self.find("rename", from)?;
        rules::check_rename(from, to)?;
        let Some(place) = self.place("rename", to)? else {
            return Err(rules::root("rename", from));
        };
        let Place { parent, name, .. } = place;
        let node = self.node(id)?;
        let (old_parent, is_directory) = (node.parent, node.directory.is_some());
        if place.taken_by == Some(id) && node.name.as_bytes() == name {
            return Ok(());
        }
        // By what they are: upper and lower case hide from the text what lies below what.
        if self.is_below(parent, id)? {
            return Err(rules::own_subtree(from, to));
        }
        let replaced = place.taken_by.filter(|taken_by| *taken_by != id);
        if let Some(replaced) = replaced {
            let directory = self.node(replaced)?.directory.as_ref();
            let empty = directory.map(|directory| directory.children.is_empty());
            rules::check_replace(to, is_directory, empty)?;
        }
        let name = name::check(to, name)?;
        // Now there is room for the name, also after others are gone.
        self.reserve(parent, name, to)?;
        if let Some(replaced) = replaced {
            self.detach(replaced)?;
            self.free(replaced);
        }
        self.move_node(id, parent, name, to)?;
        self.stamp(old_parent, time)?;
        self.stamp(parent, time)
    }

    /// Writes tables and directories to the device.
    pub(super) fn write_back(&mut self) -> Result<()> {
        self.table.store(self.device.as_ref(), &self.geometry)?;
        let mut writes = Vec::new();
        for node in self.nodes.values_mut() {
            if let Some(directory) = &mut node.directory {
                writes.push((node.chain.clone(), directory.take_changed()));
            }
        }
        for (chain, stretches) in writes {
            for (offset, bytes) in stretches {
                let mut rest = bytes.as_slice();
                for (at, len) in self.runs(&chain, offset, bytes.len() as u64) {
                    let (head, tail) = rest.split_at(len);
                    self.device.write_at(at, head)?;
                    rest = tail;
                }
            }
        }
        self.device.flush()
    }
}
