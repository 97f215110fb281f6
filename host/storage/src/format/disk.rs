//! `DiskWriter`: the golden volume while it is written, sparse and within its limits.

use super::appearance::{HEAD, looks_like};
use super::digest::DiskDigest;
use super::watch::Watch;
use super::{FormatError, ImageFormat, ImageLimits, Result};
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// What becomes a hole when it is all zeros: the block of nearly every filesystem, in bytes.
const BLOCK: usize = 4096;
/// How much is written at once, in bytes; whole blocks.
const BUFFER: usize = 64 * BLOCK;
/// How much of a hole is passed over between two reports of the progress, in bytes; whole blocks.
const HOLE_STEP: u64 = 64 << 20;
/// A disk is whole sectors of this size, in bytes.
const SECTOR: u64 = 512;

/// Writes a disk from its beginning to its end into a file without content.
pub(super) struct DiskWriter<'a> {
    output: &'a File,
    declared: ImageFormat,
    limits: ImageLimits,
    source_bytes: u64,
    watch: &'a Watch<'a>,
    digest: DiskDigest,
    /// [`BUFFER`] bytes, of which the first `filled` come at `written`, the start of a block. Bytes
    /// behind them are of before.
    buffer: Vec<u8>,
    filled: usize,
    written: u64,
    data_bytes: u64,
}

/// A disk that is written, and what it came to.
pub(super) struct WrittenDisk {
    pub(super) bytes: u64,
    pub(super) data_bytes: u64,
    pub(super) sum: String,
}

/// Why copying from a decoder ended early.
pub(super) enum CopyError {
    /// The decoder said so; whoever feeds it knows what it means.
    Decoder(io::Error),
    /// The disk takes no more.
    Disk(FormatError),
}

impl<'a> DiskWriter<'a> {
    /// Begins a disk that comes of a file of `source_bytes`, declared as `declared`.
    pub(super) fn new(
        output: &'a File,
        declared: ImageFormat,
        limits: ImageLimits,
        source_bytes: u64,
        watch: &'a Watch<'a>,
    ) -> Self {
        Self {
            output,
            declared,
            limits,
            source_bytes,
            watch,
            digest: DiskDigest::start(),
            buffer: vec![0; BUFFER],
            filled: 0,
            written: 0,
            data_bytes: 0,
        }
    }

    /// Appends everything that `decoder` gives, and returns how many bytes that were.
    pub(super) fn copy(&mut self, decoder: &mut dyn Read) -> Result<u64, CopyError> {
        let mut copied = 0;
        loop {
            match decoder.read(&mut self.buffer[self.filled..]) {
                Ok(0) => return Ok(copied),
                Ok(bytes) => {
                    self.filled += bytes;
                    copied += bytes as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(CopyError::Decoder(error)),
            }
            self.flush_if_full().map_err(CopyError::Disk)?;
        }
    }

    /// Appends `bytes`.
    pub(super) fn data(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let step = bytes.len().min(BUFFER - self.filled);
            self.buffer[self.filled..self.filled + step].copy_from_slice(&bytes[..step]);
            self.filled += step;
            bytes = &bytes[step..];
            self.flush_if_full()?;
        }
        Ok(())
    }

    /// Appends `len` zeros, without touching the file.
    pub(super) fn hole(&mut self, mut len: u64) -> Result<()> {
        while len > 0 {
            let started = self.filled % BLOCK;
            let skip = (len - len % BLOCK as u64).min(HOLE_STEP);
            if started == 0 && self.filled > 0 {
                self.flush()?;
            } else if started == 0 && skip > 0 {
                self.digest.zeros(skip)?;
                self.advance(skip)?;
                len -= skip;
            } else {
                let rest = usize::try_from(len).unwrap_or(BLOCK);
                let step = rest.min(BLOCK - started);
                self.buffer[self.filled..self.filled + step].fill(0);
                self.filled += step;
                len -= step as u64;
            }
        }
        Ok(())
    }

    /// Ends the disk here.
    pub(super) fn finish(mut self) -> Result<WrittenDisk> {
        self.flush()?;
        let bytes = self.written;
        if bytes == 0 {
            return Err(FormatError::Empty);
        }
        if !bytes.is_multiple_of(SECTOR) {
            return Err(FormatError::Sectors { bytes });
        }
        self.output.set_len(bytes).map_err(FormatError::Write)?;
        Ok(WrittenDisk {
            sum: self.digest.finish()?,
            bytes,
            data_bytes: self.data_bytes,
        })
    }

    fn flush_if_full(&mut self) -> Result<()> {
        match self.filled == BUFFER {
            true => self.flush(),
            false => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<()> {
        if self.written == 0 {
            self.check_not_nested()?;
        }
        // Before it is written: no byte above a limit ever reaches the disk.
        let runs = data_runs(&self.buffer[..self.filled]);
        let data: usize = runs.iter().map(Range::len).sum();
        self.data_bytes += data as u64;
        self.check_ratio()?;
        self.check_length(self.written + self.filled as u64)?;
        for run in runs {
            let at = self.written + run.start as u64;
            let written = self.output.write_all_at(&self.buffer[run], at);
            written.map_err(FormatError::Write)?;
        }
        let len = std::mem::take(&mut self.filled);
        let full = std::mem::take(&mut self.buffer);
        self.buffer = self
            .digest
            .data(full, len)?
            .unwrap_or_else(|| vec![0; BUFFER]);
        self.advance(len as u64)
    }

    fn advance(&mut self, len: u64) -> Result<()> {
        self.check_length(self.written + len)?;
        self.written += len;
        self.watch.expanded_to(self.written)
    }

    fn check_length(&self, len: u64) -> Result<()> {
        let limit = self.limits.disk_bytes;
        match len <= limit {
            true => Ok(()),
            false => Err(FormatError::TooLarge { limit }),
        }
    }

    fn check_ratio(&self) -> Result<()> {
        let limit = self.limits.ratio;
        let most = self.source_bytes.saturating_mul(limit);
        match self.data_bytes <= most.max(self.limits.ratio_floor) {
            true => Ok(()),
            false => Err(FormatError::Ratio {
                source_bytes: self.source_bytes,
                limit,
            }),
        }
    }

    fn check_not_nested(&self) -> Result<()> {
        let head = &self.buffer[..self.filled.min(HEAD)];
        match looks_like(head) {
            None => Ok(()),
            Some(found) => Err(FormatError::Nested {
                declared: self.declared,
                found,
            }),
        }
    }
}

/// The runs of whole blocks of `buffer` that are not all zeros.
fn data_runs(buffer: &[u8]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (number, block) in buffer.chunks(BLOCK).enumerate() {
        if is_zero(block) {
            continue;
        }
        let start = number * BLOCK;
        let end = start + block.len();
        match runs.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => runs.push(start..end),
        }
    }
    runs
}

/// Whether `block`, of at most [`BLOCK`] bytes, is all zeros.
fn is_zero(block: &[u8]) -> bool {
    static ZEROS: [u8; BLOCK] = [0; BLOCK];
    // A comparison of memory: fast without any help of the optimizer.
    block == &ZEROS[..block.len()]
}
