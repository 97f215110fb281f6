//! `WirePack`: a golden volume as the wire format, made while it is read.

mod records;

use flate2::{Compress, Compression, Crc, FlushCompress, Status};
use mintage_volume::block::BlockDevice;
use records::Entry;
use std::io::{self, Read};
use std::sync::Arc;
use uuid::Uuid;

/// What is compressed at once, in bytes. Where one is all zeros it is not even read: the bytes
/// that it compresses to are known.
const SEGMENT: usize = 1 << 20;
/// How much room the compressor gets at a time, in bytes.
const ROOM: usize = 64 << 10;

/// A zip file with exactly one entry, the raw disk, deflated. Nothing of it is kept but what the
/// next reads want: a few MiB.
///
/// The same content gives the same bytes, whatever of it is holes.
#[derive(Debug)]
pub struct WirePack {
    volume: Arc<dyn BlockDevice>,
    len: u64,
    entry: Entry,
    next: Next,
    deflate: Compress,
    /// Whether what comes next could refer to what the compressor saw.
    continues: bool,
    crc: Crc,
    zeros: ZeroSegment,
    segment: Vec<u8>,
    /// What was packed and not read yet, from `taken` on.
    packed: Vec<u8>,
    taken: usize,
    /// How many bytes were packed before `packed`.
    before: u64,
}

/// What is packed next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Header,
    Content { at: u64 },
    Nothing,
}

impl WirePack {
    /// Packs `volume`; the entry is called `name`.
    ///
    /// # Errors
    /// When there is no memory to pack with.
    pub fn new(volume: Arc<dyn BlockDevice>, name: Uuid) -> io::Result<Self> {
        Ok(Self {
            len: volume.len(),
            volume,
            entry: Entry::new(name),
            next: Next::Header,
            deflate: compressor(),
            continues: false,
            crc: Crc::new(),
            zeros: ZeroSegment::new()?,
            segment: vec![0; SEGMENT],
            packed: Vec::new(),
            taken: 0,
            before: 0,
        })
    }

    /// Packs the next piece.
    fn step(&mut self) -> io::Result<()> {
        self.before += self.packed.len() as u64;
        self.packed.clear();
        self.taken = 0;
        self.next = match self.next {
            Next::Header => {
                self.entry.local_header(&mut self.packed);
                Next::Content { at: 0 }
            }
            Next::Content { at } if at < self.len => Next::Content {
                at: self.pack_segment(at)?,
            },
            Next::Content { .. } => {
                self.end()?;
                Next::Nothing
            }
            Next::Nothing => Next::Nothing,
        };
        Ok(())
    }

    /// Packs the segment at `at`, and returns where the next one begins.
    fn pack_segment(&mut self, at: u64) -> io::Result<u64> {
        let rest = usize::try_from(self.len - at).unwrap_or(SEGMENT);
        let len = rest.min(SEGMENT);
        let end = at + len as u64;
        if len == SEGMENT && self.is_zero(at)? {
            // Nothing after it may refer to what stands before it.
            if self.continues {
                deflate(
                    &mut self.deflate,
                    &[],
                    FlushCompress::Full,
                    &mut self.packed,
                )?;
                self.continues = false;
            }
            self.packed.extend_from_slice(&self.zeros.packed);
            self.crc.combine(&self.zeros.crc);
            return Ok(end);
        }
        if len < SEGMENT {
            read(&*self.volume, at, &mut self.segment[..len])?;
        }
        let data = &self.segment[..len];
        deflate(
            &mut self.deflate,
            data,
            FlushCompress::None,
            &mut self.packed,
        )?;
        self.crc.update(data);
        self.continues = true;
        Ok(end)
    }

    /// Whether the whole segment at `at` is zeros. It is read when it is not one hole.
    fn is_zero(&mut self, at: u64) -> io::Result<bool> {
        let end = at + SEGMENT as u64;
        let data = self.volume.next_data(at).map_err(io::Error::other)?;
        if data.is_none_or(|data| data.start >= end) {
            return Ok(true);
        }
        read(&*self.volume, at, &mut self.segment)?;
        // Each byte is zero if the first is, and each equals the one before it.
        Ok(self.segment[0] == 0 && self.segment[1..] == self.segment[..SEGMENT - 1])
    }

    fn end(&mut self) -> io::Result<()> {
        // What is cut off meanwhile would be taken for a hole: its last byte cannot be read then.
        if let Some(last) = self.len.checked_sub(1) {
            read(&*self.volume, last, &mut [0])?;
        }
        deflate(
            &mut self.deflate,
            &[],
            FlushCompress::Finish,
            &mut self.packed,
        )?;
        let compressed = self.before + self.packed.len() as u64 - self.entry.header_len();
        let content = records::Content {
            crc: self.crc.sum(),
            compressed,
            bytes: self.len,
        };
        self.entry.end(&content, &mut self.packed);
        Ok(())
    }
}

impl Read for WirePack {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.packed.len() && self.next != Next::Nothing {
            self.step()?;
        }
        let rest = &self.packed[self.taken..];
        let len = rest.len().min(buffer.len());
        buffer[..len].copy_from_slice(&rest[..len]);
        self.taken += len;
        Ok(len)
    }
}

fn read(volume: &dyn BlockDevice, at: u64, buffer: &mut [u8]) -> io::Result<()> {
    volume.read_at(at, buffer).map_err(io::Error::other)
}

/// What a segment of zeros compresses to, ending with a byte, and its checksum.
#[derive(Debug)]
struct ZeroSegment {
    packed: Vec<u8>,
    crc: Crc,
}

impl ZeroSegment {
    fn new() -> io::Result<Self> {
        let zeros = vec![0; SEGMENT];
        let mut packed = Vec::new();
        deflate(&mut compressor(), &zeros, FlushCompress::Full, &mut packed)?;
        let mut crc = Crc::new();
        crc.update(&zeros);
        Ok(Self { packed, crc })
    }
}

/// Level 3 is three times as fast as the usual 6, and a few percent larger.
fn compressor() -> Compress {
    Compress::new(Compression::new(3), false)
}

/// Gives all of `data` to the compressor, and appends what it gives back to `packed`.
fn deflate(
    compress: &mut Compress,
    data: &[u8],
    flush: FlushCompress,
    packed: &mut Vec<u8>,
) -> io::Result<()> {
    let mut rest = data;
    loop {
        packed.reserve(ROOM);
        let before = compress.total_in();
        let status = compress
            .compress_vec(rest, packed, flush)
            .map_err(io::Error::other)?;
        let taken = usize::try_from(compress.total_in() - before).unwrap_or(rest.len());
        rest = &rest[taken..];
        // What is left of the room shows that there is no more to come.
        let complete = rest.is_empty() && packed.len() < packed.capacity();
        match flush {
            FlushCompress::Finish if status == Status::StreamEnd => return Ok(()),
            FlushCompress::Finish => {}
            _ if complete => return Ok(()),
            _ => {}
        }
    }
}
