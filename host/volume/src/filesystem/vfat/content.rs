//! The content of files: where its clusters are, and how it grows and shrinks.

use super::Vfat;
use crate::error::Result;
use crate::filesystem::rules;
use crate::path::VolumePath;

/// Bytes of zeros that are written at once.
const ZEROS: u64 = 64 * 1024;

impl Vfat {
    /// The stretches of the device that hold `len` bytes of a chain from `offset` on, neighbours
    /// joined. The chain of a root directory of fixed length is empty.
    pub(super) fn runs(&self, chain: &[u32], offset: u64, len: u64) -> Vec<(u64, usize)> {
        let mut runs: Vec<(u64, usize)> = Vec::new();
        let cluster = u64::from(self.geometry.cluster);
        let (mut at, end) = (offset, offset + len);
        while at < end {
            let (start, left) = match usize::try_from(at / cluster).map(|n| chain.get(n)) {
                Ok(Some(number)) => (
                    self.geometry.offset(*number) + at % cluster,
                    cluster - at % cluster,
                ),
                _ if chain.is_empty() => (self.geometry.root + at, end - at),
                // Lengths are checked against chains when the filesystem is opened.
                _ => break,
            };
            // A stretch is at most as long as the buffer that it is read to.
            let count = left.min(end - at);
            let count_bytes = usize::try_from(count).unwrap_or(usize::MAX);
            match runs.last_mut() {
                Some((first, len)) if *first + *len as u64 == start => *len += count_bytes,
                _ => runs.push((start, count_bytes)),
            }
            at += count;
        }
        runs
    }

    pub(super) fn read_content(&self, id: u32, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let node = self.node(id)?;
        let left = u64::from(node.entry.len()).saturating_sub(offset);
        let count = usize::try_from(left).map_or(buf.len(), |left| left.min(buf.len()));
        let mut rest = buf.get_mut(..count).unwrap_or_default();
        if rest.is_empty() {
            return Ok(0);
        }
        for (at, len) in self.runs(&node.chain, offset, count as u64) {
            let (head, tail) = rest.split_at_mut(len);
            self.device.read_at(at, head)?;
            rest = tail;
        }
        Ok(count)
    }

    /// Makes a file at least `len` bytes long, writes zeros to what it grows by before `zeros_to`,
    /// and writes `data` at `offset`. When it fails the file is as it was, but for bytes that were
    /// overwritten.
    pub(super) fn write_content(
        &mut self,
        id: u32,
        path: &VolumePath,
        offset: u64,
        data: &[u8],
    ) -> Result<()> {
        let end = offset.checked_add(data.len() as u64);
        let end = end.and_then(|end| u32::try_from(end).ok());
        let end = end.ok_or_else(|| rules::too_long("write", path, "4 GiB less one byte"))?;
        let node = self.node(id)?;
        let (old, clusters) = (node.entry.len(), node.chain.len());
        self.extend(id, path, end)?;
        let written = self
            .write_zeros(id, u64::from(old), offset)
            .and_then(|()| self.write_bytes(id, offset, data));
        if let Err(error) = written {
            self.cut(id, clusters)?;
            return Err(error);
        }
        self.node_mut(id)?.entry.set_len(old.max(end));
        Ok(())
    }

    /// Gives a file the clusters for `len` bytes.
    fn extend(&mut self, id: u32, path: &VolumePath, len: u32) -> Result<()> {
        let needed = self.geometry.count(u64::from(len));
        let chain = &self.node(id)?.chain;
        if let Some(more) = needed.checked_sub(chain.len()).filter(|more| *more > 0) {
            let last = chain.last().copied();
            let new = self.table.allocate(more, last);
            let new = new.ok_or_else(|| rules::no_space("write", path))?;
            self.node_mut(id)?.chain.extend(new);
        }
        Ok(())
    }

    /// Leaves a file its first `keep` clusters.
    fn cut(&mut self, id: u32, keep: usize) -> Result<()> {
        let mut chain = std::mem::take(&mut self.node_mut(id)?.chain);
        self.table.cut(&mut chain, keep);
        self.node_mut(id)?.chain = chain;
        Ok(())
    }

    fn write_bytes(&self, id: u32, offset: u64, data: &[u8]) -> Result<()> {
        let mut rest = data;
        for (at, len) in self.runs(&self.node(id)?.chain, offset, data.len() as u64) {
            let (head, tail) = rest.split_at(len);
            self.device.write_at(at, head)?;
            rest = tail;
        }
        Ok(())
    }

    fn write_zeros(&self, id: u32, from: u64, to: u64) -> Result<()> {
        let zeros = vec![0; usize::try_from(to.saturating_sub(from).min(ZEROS)).unwrap_or(0)];
        let mut at = from;
        while at < to {
            let count = usize::try_from((to - at).min(ZEROS)).unwrap_or(0);
            self.write_bytes(id, at, zeros.get(..count).unwrap_or_default())?;
            at += count as u64;
        }
        Ok(())
    }

    /// Cuts a file, or grows it with zeros.
    pub(super) fn resize(&mut self, id: u32, path: &VolumePath, len: u64) -> Result<()> {
        let old = u64::from(self.node(id)?.entry.len());
        if len > old {
            return self.write_content(id, path, len, &[]);
        }
        let keep = self.geometry.count(len);
        self.cut(id, keep)?;
        let len = u32::try_from(len).unwrap_or(u32::MAX);
        self.node_mut(id)?.entry.set_len(len);
        Ok(())
    }
}
