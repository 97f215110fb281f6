//! `Cluster`: where one cluster of the disk comes from; `Inflater`: unpacks a compressed one.

use super::OFFSET;
use super::header::{Compression, Header};
use crate::format::{FormatError, Result};
use flate2::{Decompress, FlushDecompress};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use std::io::Read as _;

/// The entry is of a compressed cluster.
const COMPRESSED: u64 = 1 << 62;
/// The cluster has exactly one reference; of no interest here.
const COPIED: u64 = 1 << 63;
/// The cluster reads as zeros, whatever is behind it (version 3).
const ZEROS: u64 = 1;
/// Compressed clusters begin anywhere and end with a sector of this size, in bytes.
const SECTOR: u64 = 512;
/// What a zstd cluster may want to remember: QEMU's default level asks for 2 MiB.
const WINDOW: u64 = 8 << 20;

/// What an entry of a second table says about its cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cluster {
    /// It was never written, or reads as zeros.
    Zeros,
    /// It stands in the file as it is.
    Plain { offset: u64 },
    /// It stands in the file compressed, in at most `len` bytes.
    Compressed { offset: u64, len: u64 },
    /// The entry says something that no version knows.
    Reserved { entry: u64 },
}

impl Cluster {
    /// Reads an entry.
    pub(super) fn of(entry: u64, header: &Header) -> Self {
        if entry & COMPRESSED != 0 {
            return Self::compressed(entry, header);
        }
        let zeros = if header.version >= 3 { ZEROS } else { 0 };
        if entry & !(OFFSET | COPIED | zeros) != 0 {
            return Self::Reserved { entry };
        }
        match (entry & zeros, entry & OFFSET) {
            (0, offset) if offset != 0 => Self::Plain { offset },
            _ => Self::Zeros,
        }
    }

    /// The offset has as many bits as 62 leaves without those that count the sectors.
    fn compressed(entry: u64, header: &Header) -> Self {
        let offset_bits = 62 - (header.cluster_bits - 8);
        let descriptor = entry & !(COMPRESSED | COPIED);
        let offset = descriptor & ((1 << offset_bits) - 1);
        let further_sectors = descriptor >> offset_bits;
        Self::Compressed {
            offset,
            len: (further_sectors + 1) * SECTOR - offset % SECTOR,
        }
    }
}

/// Unpacks clusters, one after the other.
pub(super) struct Inflater {
    compression: Compression,
    deflate: Decompress,
    zstd: FrameDecoder,
    cluster: Vec<u8>,
}

impl Inflater {
    pub(super) fn new(header: &Header) -> Self {
        let mut zstd = FrameDecoder::new();
        zstd.set_max_window_size(WINDOW);
        // At most 2 MiB.
        let cluster = usize::try_from(header.cluster_bytes()).unwrap_or_default();
        Self {
            compression: header.compression,
            deflate: Decompress::new(false),
            zstd,
            cluster: vec![0; cluster],
        }
    }

    /// The whole cluster that `packed` begins with; what follows it is of others.
    pub(super) fn inflate(&mut self, packed: &[u8]) -> Result<&[u8]> {
        let whole = match self.compression {
            Compression::Deflate => self.inflate_deflate(packed),
            Compression::Zstd => self.inflate_zstd(packed),
        };
        match whole {
            true => Ok(&self.cluster),
            false => Err(FormatError::Damaged {
                why: "a compressed cluster cannot be unpacked".into(),
            }),
        }
    }

    fn inflate_deflate(&mut self, packed: &[u8]) -> bool {
        self.deflate.reset(false);
        let unpacked = self
            .deflate
            .decompress(packed, &mut self.cluster, FlushDecompress::Finish);
        unpacked.is_ok() && self.deflate.total_out() == self.cluster.len() as u64
    }

    fn inflate_zstd(&mut self, packed: &[u8]) -> bool {
        let frame = StreamingDecoder::new_with_decoder(packed, &mut self.zstd);
        frame.is_ok_and(|mut frame| frame.read_exact(&mut self.cluster).is_ok())
    }
}
