//! The negotiation: what the server has, and what it can.

use super::odd;
use super::wire::Wire;
use crate::error::{Result, VolumeError, VolumeErrorKind};

const MAGIC: u64 = u64::from_be_bytes(*b"NBDMAGIC");
const HAVE_OPTION: u64 = u64::from_be_bytes(*b"IHAVEOPT");
const REPLY: u64 = 0x0003_e889_0455_65a9;
/// Flags of both sides: options are answered; no zeros at the end.
const FIXED_NEWSTYLE: u16 = 1;
const NO_ZEROES: u16 = 1 << 1;

const GO: u32 = 7;
const STRUCTURED_REPLY: u32 = 8;
const SET_META_CONTEXT: u32 = 10;

const ACKNOWLEDGED: u32 = 1;
const INFORMATION: u32 = 3;
const META_CONTEXT: u32 = 4;
/// This bit tells errors.
const ERROR: u32 = 1 << 31;
const UNKNOWN_EXPORT: u32 = ERROR | 6;

const INFORMATION_EXPORT: u16 = 0;
const ALLOCATION: &[u8] = b"base:allocation";
/// The longest answer to an option, in bytes, and how many an option may have: names and lists are shorter.
const LONGEST: u32 = 64 << 10;
const MOST: usize = 64;

/// What the server offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Export {
    /// In bytes.
    pub len: u64,
    flags: u16,
    /// Whether what is read comes in structured replies.
    pub structured: bool,
    /// The number of the context that tells where zeros are, if it has one.
    pub allocation: Option<u32>,
}

impl Export {
    pub(super) fn is_read_only(&self) -> bool {
        self.flags & (1 << 1) != 0
    }

    pub(super) fn flushes(&self) -> bool {
        self.flags & (1 << 2) != 0
    }

    pub(super) fn zeroes(&self) -> bool {
        self.flags & (1 << 6) != 0
    }
}

/// One answer to an option.
struct Reply {
    kind: u32,
    content: Vec<u8>,
}

/// Negotiates the default export.
pub(super) fn negotiate(wire: &mut Wire) -> Result<Export> {
    if wire.u64()? != MAGIC || wire.u64()? != HAVE_OPTION {
        return Err(odd("it does not greet as a newstyle server"));
    }
    let offered = wire.u16()?;
    if offered & FIXED_NEWSTYLE == 0 {
        return Err(odd("it does not answer options"));
    }
    let taken = u32::from(offered & (FIXED_NEWSTYLE | NO_ZEROES));
    wire.send(&taken.to_be_bytes())?;

    let mut export = Export {
        structured: option(wire, STRUCTURED_REPLY, &[], |_| Ok(()))? == ACKNOWLEDGED,
        ..Export::default()
    };
    if export.structured {
        export.allocation = allocation(wire)?;
    }
    let mut found = None;
    // The name is empty: the default export. Nothing needs to be told of it besides.
    let end = option(wire, GO, &[0; 6], |reply| {
        if let Some((INFORMATION_EXPORT, content)) = information(&reply.content) {
            found = export_of(content);
        }
        Ok(())
    })?;
    match (end, found) {
        (ACKNOWLEDGED, Some((len, flags))) => {
            (export.len, export.flags) = (len, flags);
            Ok(export)
        }
        (ACKNOWLEDGED, None) => Err(odd("it does not tell how long its export is")),
        (UNKNOWN_EXPORT, _) => Err(refused("it has no default export")),
        (error, _) => Err(refused(&format!("error {:#x}", error & !ERROR))),
    }
}

/// Asks for the context that tells where zeros are.
fn allocation(wire: &mut Wire) -> Result<Option<u32>> {
    let mut query = Vec::new();
    // The default export's name, then one query.
    query.extend(0u32.to_be_bytes());
    query.extend(1u32.to_be_bytes());
    query.extend(u32::try_from(ALLOCATION.len()).unwrap_or(0).to_be_bytes());
    query.extend(ALLOCATION);
    let mut number = None;
    let end = option(wire, SET_META_CONTEXT, &query, |reply| {
        if let Some((id, ALLOCATION)) = reply.content.split_first_chunk() {
            number = Some(u32::from_be_bytes(*id));
        }
        Ok(())
    })?;
    Ok(number.filter(|_| end == ACKNOWLEDGED))
}

/// Sends an option and reads all that the server says to it; returns the last kind, which is an error or
/// `ACKNOWLEDGED`.
fn option(
    wire: &mut Wire,
    option: u32,
    content: &[u8],
    mut heard: impl FnMut(&Reply) -> Result<()>,
) -> Result<u32> {
    let mut bytes = Vec::new();
    bytes.extend(HAVE_OPTION.to_be_bytes());
    bytes.extend(option.to_be_bytes());
    bytes.extend(u32::try_from(content.len()).unwrap_or(0).to_be_bytes());
    bytes.extend(content);
    wire.send(&bytes)?;
    for _ in 0..MOST {
        let reply = reply(wire, option)?;
        match reply.kind {
            INFORMATION | META_CONTEXT => heard(&reply)?,
            end if end == ACKNOWLEDGED || end & ERROR != 0 => return Ok(end),
            kind => return Err(odd(format_args!("an answer of kind {kind}"))),
        }
    }
    Err(odd("it does not come to an end"))
}

fn reply(wire: &mut Wire, option: u32) -> Result<Reply> {
    if wire.u64()? != REPLY || wire.u32()? != option {
        return Err(odd("an answer to something else"));
    }
    let kind = wire.u32()?;
    let len = wire.u32()?;
    if len > LONGEST {
        return Err(odd(format_args!("an answer of {len} bytes")));
    }
    let mut content = vec![0; usize::try_from(len).unwrap_or(0)];
    wire.fill(&mut content)?;
    Ok(Reply { kind, content })
}

fn information(content: &[u8]) -> Option<(u16, &[u8])> {
    let (kind, rest) = content.split_first_chunk()?;
    Some((u16::from_be_bytes(*kind), rest))
}

/// The length and the flags. An offset of more than 63 bits is none of a file.
fn export_of(content: &[u8]) -> Option<(u64, u16)> {
    let (len, rest) = content.split_first_chunk()?;
    let (flags, _) = rest.split_first_chunk()?;
    let len = u64::from_be_bytes(*len);
    i64::try_from(len).ok()?;
    Some((len, u16::from_be_bytes(*flags)))
}

fn refused(why: &str) -> VolumeError {
    VolumeError::new(
        VolumeErrorKind::Io,
        format!("the NBD server does not serve: {why}"),
    )
}
