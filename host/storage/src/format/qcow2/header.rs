//! `Header`: what the beginning of a qcow2 image says, and what is refused of it.

use crate::format::source::Source;
use crate::format::{FormatError, Result};

/// The header's length in version 2, in bytes.
const V2_LEN: usize = 72;
/// How much of it is looked at, in bytes: all fields that there are by now.
const LEN: usize = 112;
/// The least length of a version 3 header, in bytes.
const V3_LEN: u32 = 104;

/// The incompatible features of version 3 that mean a refusal, by bit.
const REFUSED: &[(u64, &str)] = &[
    (
        1 << 0,
        "the mark of an unclean end (`qemu-img check -r all` repairs it)",
    ),
    (
        1 << 1,
        "the mark of corruption (`qemu-img check -r all` may repair it)",
    ),
    (1 << 2, "an external data file"),
    (1 << 4, "extended table entries (subclusters)"),
];
/// The incompatible feature that the compression type is declared.
const COMPRESSION_TYPE: u64 = 1 << 3;

/// How clusters are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compression {
    Deflate,
    Zstd,
}

/// The header of an image that can be expanded.
#[derive(Debug)]
pub(super) struct Header {
    pub(super) version: u32,
    /// The length of the disk in bytes.
    pub(super) size: u64,
    /// Where the first table stands.
    pub(super) l1_offset: u64,
    /// A cluster has two to the power of this many bytes: 9 to 21.
    pub(super) cluster_bits: u32,
    pub(super) compression: Compression,
}

impl Header {
    /// Reads the header and refuses a disk of more than `limit` bytes, and one that needs more
    /// than this file.
    pub(super) fn read(source: &mut Source<'_>, limit: u64) -> Result<Self> {
        let mut bytes = source.peek::<LEN>()?;
        if bytes.len() < V2_LEN {
            return Err(FormatError::Truncated { at: source.len() });
        }
        // Behind a short file's end stand the defaults.
        bytes.resize(LEN, 0);
        let fields = Fields(&bytes);
        let version = fields.u32(4);
        let compression = match version {
            2 => Compression::Deflate,
            3 => version_3(&fields)?,
            other => return unsupported(format!("the qcow2 version {other}")),
        };
        refuse_what_needs_more(&fields)?;
        let header = Self {
            version,
            size: fields.u64(24),
            l1_offset: fields.u64(40),
            cluster_bits: fields.u32(20),
            compression,
        };
        if header.size > limit {
            return Err(FormatError::TooLarge { limit });
        }
        header.check(fields.u32(36))?;
        Ok(header)
    }

    /// A cluster in bytes.
    pub(super) fn cluster_bytes(&self) -> u64 {
        1 << self.cluster_bits
    }

    /// What one second table describes, in bytes of the disk: it fills a cluster with entries of
    /// 8 bytes.
    pub(super) fn bytes_of_table(&self) -> u64 {
        1 << (2 * self.cluster_bits - 3)
    }

    fn check(&self, l1_entries: u32) -> Result<()> {
        let damaged = |why: String| Err(FormatError::Damaged { why });
        if !(9..=21).contains(&self.cluster_bits) {
            return damaged(format!("its clusters have 2^{} bytes", self.cluster_bits));
        }
        if !self.l1_offset.is_multiple_of(self.cluster_bytes()) {
            return damaged("its first table is not aligned to clusters".into());
        }
        let needed = self.size.div_ceil(self.bytes_of_table());
        if u64::from(l1_entries) < needed {
            return damaged(format!(
                "its first table has {l1_entries} entries, its disk needs {needed}"
            ));
        }
        Ok(())
    }
}

fn version_3(fields: &Fields<'_>) -> Result<Compression> {
    let header_len = fields.u32(100);
    if header_len < V3_LEN {
        let why = format!("its header has {header_len} bytes");
        return Err(FormatError::Damaged { why });
    }
    let features = fields.u64(72);
    for (bit, what) in REFUSED {
        if features & bit != 0 {
            return unsupported((*what).to_owned());
        }
    }
    let known = REFUSED.iter().map(|(bit, _)| bit).sum::<u64>() | COMPRESSION_TYPE;
    if features & !known != 0 {
        let unknown = features & !known;
        return unsupported(format!("the unknown incompatible features {unknown:#x}"));
    }
    match (features & COMPRESSION_TYPE != 0, fields.0[104]) {
        (false, _) | (true, 0) => Ok(Compression::Deflate),
        (true, 1) => Ok(Compression::Zstd),
        (true, other) => unsupported(format!("the unknown compression type {other}")),
    }
}

fn refuse_what_needs_more(fields: &Fields<'_>) -> Result<()> {
    if fields.u64(8) != 0 {
        return unsupported("a backing file".into());
    }
    match fields.u32(32) {
        0 => Ok(()),
        1 => unsupported("encryption (AES)".into()),
        2 => unsupported("encryption (LUKS)".into()),
        other => unsupported(format!("encryption (method {other})")),
    }
}

fn unsupported<T>(what: String) -> Result<T> {
    Err(FormatError::Unsupported { what })
}

/// The header's bytes, [`LEN`] of them; numbers are big-endian.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn u32(&self, at: usize) -> u32 {
        (0..4).fold(0, |number, i| number << 8 | u32::from(self.0[at + i]))
    }

    fn u64(&self, at: usize) -> u64 {
        u64::from(self.u32(at)) << 32 | u64::from(self.u32(at + 4))
    }
}
