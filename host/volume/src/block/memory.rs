//! A sparse block device in memory: it costs what was written to it, whatever its length.

use super::{BLOCK, BlockDevice, count, end_of};
use crate::error::Result;
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// Bytes in memory, zeros where nothing was written, kept in blocks of 4 KiB.
#[derive(Debug)]
pub struct MemoryDevice {
    len: u64,
    blocks: RwLock<BTreeMap<u64, Box<[u8]>>>,
}

impl MemoryDevice {
    /// `len` zeros.
    pub fn new(len: u64) -> Self {
        Self {
            len,
            blocks: RwLock::default(),
        }
    }

    /// Bytes of memory that the contents take.
    pub fn stored(&self) -> u64 {
        let blocks = self.blocks.read().unwrap_or_else(PoisonError::into_inner);
        blocks.len() as u64 * BLOCK
    }
}

impl From<&[u8]> for MemoryDevice {
    fn from(bytes: &[u8]) -> Self {
        let blocks = (0..).zip(bytes.chunks(BLOCK_LEN)).map(|(index, chunk)| {
            let mut block = zeros();
            // `chunks` never yields more than a block.
            block[..chunk.len()].copy_from_slice(chunk);
            (index, block)
        });
        Self {
            len: count(bytes),
            blocks: RwLock::new(blocks.collect()),
        }
    }
}

const BLOCK_LEN: usize = 4096;

fn zeros() -> Box<[u8]> {
    vec![0; BLOCK_LEN].into_boxed_slice()
}

/// Where in the blocks `len` bytes at `offset` lie: block, first byte in it, and how many bytes.
fn pieces(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done == len {
            return None;
        }
        let at = offset + done as u64;
        // A remainder by 4096 fits any usize.
        #[allow(clippy::cast_possible_truncation)]
        let first = (at % BLOCK) as usize;
        let length = (BLOCK_LEN - first).min(len - done);
        done += length;
        Some((at / BLOCK, first, length))
    })
}

impl BlockDevice for MemoryDevice {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        end_of(self.len, offset, count(buf))?;
        let blocks = self.blocks.read().unwrap_or_else(PoisonError::into_inner);
        let mut rest = buf;
        for (index, first, length) in pieces(offset, rest.len()) {
            let (piece, after) = rest.split_at_mut(length);
            match blocks.get(&index) {
                Some(block) => piece.copy_from_slice(&block[first..first + length]),
                None => piece.fill(0),
            }
            rest = after;
        }
        Ok(())
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> Result<()> {
        end_of(self.len, offset, count(data))?;
        let mut blocks = self.blocks.write().unwrap_or_else(PoisonError::into_inner);
        let mut rest = data;
        for (index, first, length) in pieces(offset, data.len()) {
            let (piece, after) = rest.split_at(length);
            let block = blocks.entry(index).or_insert_with(zeros);
            block[first..first + length].copy_from_slice(piece);
            rest = after;
        }
        Ok(())
    }

    fn is_writable(&self) -> bool {
        true
    }

    fn flush(&self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance;
    use super::*;

    #[test]
    fn conforms() {
        conformance::check(MemoryDevice::new);
    }

    #[test]
    fn costs_what_was_written() {
        let device = MemoryDevice::new(200 << 30);
        assert_eq!(device.stored(), 0);
        device.write_at((200 << 30) - 1, b"x").unwrap();
        device.write_at(4095, b"xy").unwrap();
        assert_eq!(device.stored(), 3 * BLOCK);
    }

    #[test]
    fn is_made_of_bytes() {
        let bytes: Vec<u8> = (0..10_000u32).map(|i| i.to_le_bytes()[0]).collect();
        let device = MemoryDevice::from(bytes.as_slice());
        let mut back = vec![0; bytes.len()];
        device.read_at(0, &mut back).unwrap();
        assert_eq!(back, bytes);
        assert_eq!(device.len(), 10_000);
    }
}
