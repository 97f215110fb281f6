//! What no file has any more: free clusters, the ends of last clusters, removed entries.

use super::Vfat;
use super::entry::SLOT;
use super::nodes::Node;
use crate::block;
use crate::error::Result;
use crate::filesystem::{Remains, RemainsKind};

/// First byte of a removed entry. It stays: a zero would be the mark of the directory's end.
const REMOVED: u8 = 0xe5;

impl Vfat {
    /// All remains on the device, in order. What is changed in memory must have been written.
    pub(super) fn all_remains(&self) -> Result<Vec<Remains>> {
        let mut all = self.free_clusters();
        for (id, node) in &self.nodes {
            match node.directory {
                None => self.slack(node, &mut all),
                Some(_) => self.removed_entries(*id, node, &mut all)?,
            }
        }
        all.sort_by_key(|remains| remains.bytes.start);
        Ok(all)
    }

    /// Zeroes all remains.
    pub(super) fn wipe_remains(&self) -> Result<()> {
        for remains in self.all_remains()? {
            block::wipe(self.device.as_ref(), remains.bytes)?;
        }
        self.device.flush()
    }

    fn free_clusters(&self) -> Vec<Remains> {
        let cluster = u64::from(self.geometry.cluster);
        let mut all: Vec<Remains> = Vec::new();
        for number in self.table.unheld() {
            let start = self.geometry.offset(number);
            match all.last_mut() {
                Some(last) if last.bytes.end == start => last.bytes.end += cluster,
                _ => all.push(Remains {
                    bytes: start..start + cluster,
                    kind: RemainsKind::FreeBlocks,
                }),
            }
        }
        all
    }

    fn slack(&self, node: &Node, all: &mut Vec<Remains>) {
        let held = node.chain.len() as u64 * u64::from(self.geometry.cluster);
        let end = u64::from(node.entry.len());
        self.add(node, end..held, RemainsKind::FileSlack, all);
    }

    fn removed_entries(&self, id: u32, node: &Node, all: &mut Vec<Remains>) -> Result<()> {
        let mut ended = false;
        for (at, slot) in self.read_slots(id)?.chunks(SLOT).enumerate() {
            ended |= slot.first() == Some(&0);
            let kept = match slot.first() {
                _ if ended => 0,
                Some(&REMOVED) => 1,
                _ => continue,
            };
            if slot.iter().skip(kept).any(|byte| *byte != 0) {
                let start = (at * SLOT) as u64;
                let bytes = start + kept as u64..start + SLOT as u64;
                self.add(node, bytes, RemainsKind::DirectorySlack, all);
            }
        }
        Ok(())
    }

    /// Adds bytes of a chain by where they are on the device.
    fn add(
        &self,
        node: &Node,
        bytes: std::ops::Range<u64>,
        kind: RemainsKind,
        all: &mut Vec<Remains>,
    ) {
        let len = bytes.end.saturating_sub(bytes.start);
        for (start, len) in self.runs(&node.chain, bytes.start, len) {
            let bytes = start..start + len as u64;
            all.push(Remains { bytes, kind });
        }
    }
}
