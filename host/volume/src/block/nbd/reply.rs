//! Replies to requests, simple and structured.

use super::handshake::Export;
use super::odd;
use super::wire::Wire;
use crate::error::{VolumeError, VolumeErrorKind};
use std::ops::Range;

const SIMPLE: u32 = 0x6744_6698;
const STRUCTURED: u32 = 0x668e_33ef;
/// A flag: no more chunks follow.
const LAST: u16 = 1;

const NONE: u16 = 0;
const OFFSET_DATA: u16 = 1;
const OFFSET_HOLE: u16 = 2;
const BLOCK_STATUS: u16 = 5;
/// This bit tells errors.
const ERROR: u16 = 1 << 15;

/// A flag of an extent: it reads as zeros.
const ZERO: u32 = 1 << 1;
/// The longest error, in bytes: a server's message has 4096 at most.
const LONGEST_ERROR: u32 = 8 << 10;
/// How many chunks one reply may have: a chunk has a byte at least, and good servers send few.
const MOST: usize = 1 << 16;

/// What is wanted of a request.
pub(super) enum Answer<'a> {
    /// Bytes, as many as were asked for.
    Data(&'a mut [u8]),
    /// That it is done, with these bytes.
    Done(&'a [u8]),
    /// What lies at the beginning of the range.
    Extent(&'a mut Extent),
}

/// A run of bytes, of which all are zeros or some may be something else.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Extent {
    pub len: u32,
    pub is_zeros: bool,
}

/// What failed.
pub(super) enum Failed {
    /// The request; the next one may do.
    Request(VolumeError),
    /// All: the connection cannot be used any more.
    Connection(VolumeError),
}

impl From<VolumeError> for Failed {
    fn from(error: VolumeError) -> Self {
        Self::Connection(error)
    }
}

impl Answer<'_> {
    /// What is sent with the request.
    pub(super) fn sent(&self) -> &[u8] {
        match self {
            Self::Done(data) => data,
            Self::Data(_) | Self::Extent(_) => &[],
        }
    }

    fn is_complete(&self, filled: usize) -> bool {
        match self {
            Self::Data(buf) => filled == buf.len(),
            Self::Done(_) => true,
            Self::Extent(extent) => extent.len > 0,
        }
    }
}

/// Reads the reply to the request with `cookie` about `range`.
pub(super) fn read(
    wire: &mut Wire,
    export: &Export,
    cookie: u64,
    range: Range<u64>,
    mut answer: Answer<'_>,
) -> Result<(), Failed> {
    let (mut filled, mut failed) = (0, None);
    for _ in 0..MOST {
        let last = match wire.u32()? {
            SIMPLE => {
                let error = wire.u32()?;
                expect_cookie(wire, cookie)?;
                if error != 0 {
                    return Err(Failed::Request(server_error(error)));
                }
                simple(wire, export, &mut answer)?;
                return Ok(());
            }
            STRUCTURED if export.structured => {
                let flags = wire.u16()?;
                let kind = wire.u16()?;
                expect_cookie(wire, cookie)?;
                let len = wire.u32()?;
                if kind & ERROR != 0 {
                    failed = Some(error_chunk(wire, len)?);
                } else {
                    let chunk = Chunk { kind, len };
                    filled = chunk.take(wire, export, &range, filled, &mut answer)?;
                }
                flags & LAST != 0
            }
            magic => return Err(odd(format_args!("a reply that begins with {magic:#x}")).into()),
        };
        match (last, failed.take()) {
            (true, Some(error)) => return Err(Failed::Request(error)),
            (true, None) if answer.is_complete(filled) => return Ok(()),
            (true, None) => return Err(odd("a reply that is not complete").into()),
            (false, error) => failed = error,
        }
    }
    Err(odd("a reply of too many chunks").into())
}

fn expect_cookie(wire: &mut Wire, cookie: u64) -> Result<(), VolumeError> {
    match wire.u64()? == cookie {
        true => Ok(()),
        false => Err(odd("a reply to something else")),
    }
}

fn simple(wire: &mut Wire, export: &Export, answer: &mut Answer<'_>) -> Result<(), VolumeError> {
    match answer {
        Answer::Data(buf) if !export.structured => wire.fill(buf),
        Answer::Done(_) => Ok(()),
        Answer::Data(_) | Answer::Extent(_) => Err(odd("a simple reply to what needs chunks")),
    }
}

/// The head of a structured chunk that is no error.
struct Chunk {
    kind: u16,
    len: u32,
}

impl Chunk {
    /// Reads its content; returns how many bytes of the answer are there then. Chunks come in order.
    fn take(
        &self,
        wire: &mut Wire,
        export: &Export,
        range: &Range<u64>,
        filled: usize,
        answer: &mut Answer<'_>,
    ) -> Result<usize, VolumeError> {
        let wrong = || odd(format_args!("a chunk of kind {} there", self.kind));
        match (self.kind, answer) {
            (NONE, _) if self.len == 0 => Ok(filled),
            (OFFSET_DATA, Answer::Data(buf)) => {
                let len = self.len.checked_sub(8).ok_or_else(wrong)?;
                let place = place(wire, range, filled, len, buf)?;
                wire.fill(place)?;
                Ok(filled + place.len())
            }
            (OFFSET_HOLE, Answer::Data(buf)) if self.len == 12 => {
                let offset = wire.bytes::<8>()?;
                let len = wire.u32()?;
                let place = place_at(u64::from_be_bytes(offset), range, filled, len, buf)?;
                place.fill(0);
                Ok(filled + place.len())
            }
            (BLOCK_STATUS, Answer::Extent(extent)) if self.len == 12 => {
                if Some(wire.u32()?) != export.allocation {
                    return Err(odd("a context that was not asked for"));
                }
                extent.len = wire.u32()?;
                extent.is_zeros = wire.u32()? & ZERO != 0;
                Ok(filled)
            }
            _ => Err(wrong()),
        }
    }
}

fn place<'a>(
    wire: &mut Wire,
    range: &Range<u64>,
    filled: usize,
    len: u32,
    buf: &'a mut [u8],
) -> Result<&'a mut [u8], VolumeError> {
    let offset = wire.u64()?;
    place_at(offset, range, filled, len, buf)
}

/// The part of `buf` that `len` bytes at `offset` of the device are, which must be the next ones.
fn place_at<'a>(
    offset: u64,
    range: &Range<u64>,
    filled: usize,
    len: u32,
    buf: &'a mut [u8],
) -> Result<&'a mut [u8], VolumeError> {
    let is_next = offset.checked_sub(range.start) == u64::try_from(filled).ok();
    let end = usize::try_from(len)
        .ok()
        .and_then(|len| filled.checked_add(len));
    end.filter(|end| is_next && *end > filled)
        .and_then(|end| buf.get_mut(filled..end))
        .ok_or_else(|| {
            odd(format_args!(
                "{len} bytes at {offset}, which were not asked for"
            ))
        })
}

/// Reads an error, without its message: that is the server's text.
fn error_chunk(wire: &mut Wire, len: u32) -> Result<VolumeError, VolumeError> {
    if !(6..=LONGEST_ERROR).contains(&len) {
        return Err(odd(format_args!("an error of {len} bytes")));
    }
    let error = wire.u32()?;
    let mut rest = vec![0; usize::try_from(len - 4).unwrap_or(0)];
    wire.fill(&mut rest)?;
    Ok(server_error(error))
}

/// The protocol's error numbers are those of Linux.
fn server_error(error: u32) -> VolumeError {
    let (kind, why) = match error {
        1 | 30 => (
            VolumeErrorKind::ReadOnly,
            "it does not permit that".to_owned(),
        ),
        5 => (VolumeErrorKind::Io, "its disk failed".to_owned()),
        28 | 122 => (VolumeErrorKind::NoSpace, "it has no space left".to_owned()),
        108 => (VolumeErrorKind::Io, "it is shutting down".to_owned()),
        error => (VolumeErrorKind::Io, format!("error {error}")),
    };
    VolumeError::new(kind, format!("the NBD server failed: {why}"))
}
