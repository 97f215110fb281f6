//! QEMU's image format, versions 2 and 3, as QEMU's `docs/interop/qcow2.rst` describes it.
//!
//! Only the disk as it stands is read, in order, through two levels of tables. What needs another
//! file or a repair is refused; internal snapshots, bitmaps and reference counts are not looked at.

mod cluster;
mod header;

use super::disk::DiskWriter;
use super::source::Source;
use super::{FormatError, ImageLimits, Result};
use cluster::{Cluster, Inflater};
use header::Header;

/// How many entries of the first table are read at once.
const L1_STEP: u64 = 4096;
/// Where the offset stands in an entry of either table: bits 9 to 55.
const OFFSET: u64 = 0x00ff_ffff_ffff_fe00;

/// Expands a qcow2 image.
pub(super) fn expand_qcow2<'a>(
    source: &mut Source<'a>,
    limits: &ImageLimits,
    disk: &mut DiskWriter<'a>,
) -> Result<()> {
    let header = Header::read(source, limits.disk_bytes)?;
    let mut image = Image {
        inflater: Inflater::new(&header),
        header,
        source,
        disk,
        buffer: Vec::new(),
    };
    let tables = image.header.size.div_ceil(image.header.bytes_of_table());
    let mut first = 0;
    while first < tables {
        let count = L1_STEP.min(tables - first);
        // An offset that is beyond everything is beyond the file's end.
        let offset = image.header.l1_offset.saturating_add(first * 8);
        let entries = image.table(offset, count)?;
        for (number, entry) in (first..).zip(entries) {
            image.expand_table(number, entry)?;
        }
        first += count;
    }
    Ok(())
}

/// An image while it is expanded.
struct Image<'a, 'b> {
    header: Header,
    source: &'a mut Source<'b>,
    disk: &'a mut DiskWriter<'b>,
    inflater: Inflater,
    buffer: Vec<u8>,
}

impl Image<'_, '_> {
    /// Expands what the second table behind the entry `number` of the first one describes.
    fn expand_table(&mut self, number: u64, entry: u64) -> Result<()> {
        let start = number * self.header.bytes_of_table();
        let len = self.header.bytes_of_table().min(self.header.size - start);
        let offset = entry & OFFSET;
        if offset == 0 {
            return self.disk.hole(len);
        }
        self.check_aligned(offset, "a table")?;
        let cluster = self.header.cluster_bytes();
        let entries = self.table(offset, len.div_ceil(cluster))?;
        let mut rest = len;
        for entry in entries {
            let step = cluster.min(rest);
            self.expand_cluster(Cluster::of(entry, &self.header), step)?;
            rest -= step;
        }
        Ok(())
    }

    /// Appends the first `len` bytes of a cluster to the disk.
    fn expand_cluster(&mut self, cluster: Cluster, len: u64) -> Result<()> {
        // At most a cluster, 2 MiB.
        let bytes = usize::try_from(len).unwrap_or_default();
        match cluster {
            Cluster::Zeros => self.disk.hole(len),
            Cluster::Plain { offset } => {
                self.check_aligned(offset, "a cluster")?;
                self.buffer.resize(bytes, 0);
                self.source.read_at(&mut self.buffer, offset)?;
                self.disk.data(&self.buffer)
            }
            Cluster::Compressed { offset, len } => {
                // It ends with a sector, which the file need not have to its end.
                let rest = self.source.len().saturating_sub(offset);
                let len = usize::try_from(len.min(rest)).unwrap_or_default();
                self.buffer.resize(len, 0);
                self.source.read_at(&mut self.buffer, offset)?;
                let data = self.inflater.inflate(&self.buffer)?;
                self.disk.data(&data[..bytes])
            }
            Cluster::Reserved { entry } => Err(FormatError::Damaged {
                why: format!("the entry {entry:#018x} of a table sets bits that mean nothing"),
            }),
        }
    }

    /// `count` entries of the table at `offset`.
    fn table(&mut self, offset: u64, count: u64) -> Result<Vec<u64>> {
        // At most a cluster of entries, 2 MiB.
        let mut bytes = vec![0; usize::try_from(count * 8).unwrap_or_default()];
        self.source.read_at(&mut bytes, offset)?;
        let (entries, _) = bytes.as_chunks::<8>();
        Ok(entries.iter().map(|e| u64::from_be_bytes(*e)).collect())
    }

    fn check_aligned(&self, offset: u64, what: &str) -> Result<()> {
        match offset.is_multiple_of(self.header.cluster_bytes()) {
            true => Ok(()),
            false => Err(FormatError::Damaged {
                why: format!("{what} at {offset} is not aligned to clusters"),
            }),
        }
    }
}
