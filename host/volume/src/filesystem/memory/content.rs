//! The content of a file in memory: written chunks, and holes between them.

use std::collections::BTreeMap;
use std::ops::Range;

/// Length of a chunk, which is the block size that the filesystem shows.
pub(super) const CHUNK_BYTES: u32 = 4096;
const CHUNK: u64 = CHUNK_BYTES as u64;

/// Bytes with a length; chunks that were never written are holes.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    len: u64,
    chunks: BTreeMap<u64, Box<[u8]>>,
}

impl Content {
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Bytes of memory in use.
    pub(super) fn allocated(&self) -> u64 {
        self.chunks.len() as u64 * CHUNK
    }

    /// Bytes of memory that a write of `len` bytes at `offset` would add.
    pub(super) fn missing(&self, offset: u64, len: usize) -> u64 {
        let new = pieces(offset, len).filter(|piece| !self.chunks.contains_key(&piece.chunk));
        new.count() as u64 * CHUNK
    }

    pub(super) fn read_at(&self, offset: u64, buf: &mut [u8]) -> usize {
        let left = self.len.saturating_sub(offset);
        let count = usize::try_from(left).map_or(buf.len(), |left| left.min(buf.len()));
        for piece in pieces(offset, count) {
            let place = &mut buf[piece.buffer];
            match self.chunks.get(&piece.chunk) {
                Some(chunk) => place.copy_from_slice(&chunk[piece.inside]),
                None => place.fill(0),
            }
        }
        count
    }

    pub(super) fn write_at(&mut self, offset: u64, data: &[u8]) {
        for piece in pieces(offset, data.len()) {
            let chunk = self
                .chunks
                .entry(piece.chunk)
                .or_insert_with(|| vec![0; CHUNK_BYTES as usize].into());
            chunk[piece.inside].copy_from_slice(&data[piece.buffer]);
        }
        if !data.is_empty() {
            self.len = self.len.max(offset + data.len() as u64);
        }
    }

    pub(super) fn set_len(&mut self, len: u64) {
        self.len = len;
        self.chunks.split_off(&len.div_ceil(CHUNK));
        // What a cut leaves behind in the last chunk would show when the file grows again.
        if let Some(last) = self.chunks.get_mut(&(len / CHUNK)) {
            last[within(len)..].fill(0);
        }
    }
}

/// One stretch of a request within one chunk.
struct Piece {
    chunk: u64,
    inside: Range<usize>,
    buffer: Range<usize>,
}

/// Cuts `len` bytes from `offset` on at the borders of chunks.
fn pieces(offset: u64, len: usize) -> impl Iterator<Item = Piece> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done == len {
            return None;
        }
        let at = offset + done as u64;
        let start = within(at);
        let count = (CHUNK_BYTES as usize - start).min(len - done);
        let buffer = done..done + count;
        done += count;
        Some(Piece {
            chunk: at / CHUNK,
            inside: start..start + count,
            buffer,
        })
    })
}

fn within(offset: u64) -> usize {
    (offset % CHUNK) as usize
}
