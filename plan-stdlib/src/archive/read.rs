//! Tar archives of the volume, read entry by entry; everything in them is hostile.

use super::stream::{Bounded, FileReader, Lent, unwrap};
use crate::values::path_text;
use flate2::read::MultiGzDecoder;
use mintage_engine::{Code, PlanError};
use mintage_volume::escape::escape;
use std::collections::BTreeMap;
use std::io::{self, Read};
use tar::{Archive, EntryType, Header};

/// The most bytes that an archive unpacks to.
const MAX_BYTES: u64 = 8 * 1024 * 1024 * 1024;
/// The most entries that one has.
const MAX_ENTRIES: usize = 200_000;
/// The largest header that says more about the next entry, in bytes.
const MAX_EXTRA: u64 = 256 * 1024;

/// One entry of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// The path in it, without a `/` or `./` before or behind.
    pub(super) path: Vec<u8>,
    /// What it is.
    pub(super) kind: Kind,
    /// The 12 permission bits.
    pub(super) mode: u32,
    /// Number of the owner.
    pub(super) uid: u32,
    /// Number of the group.
    pub(super) gid: u32,
    /// The time of the last change, in seconds.
    pub(super) modified: i64,
    /// Extended attributes.
    pub(super) xattrs: BTreeMap<String, Vec<u8>>,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// A file, with its length in bytes.
    File(u64),
    /// A directory.
    Directory,
    /// A symbolic link and its target.
    Symlink(Vec<u8>),
    /// Another name of a file in the archive.
    HardLink(Vec<u8>),
}

/// Gives every entry of the archive at `path` to `take`, with its content.
///
/// # Errors
/// `P2003` for more than is allowed, `P2016` for what is no archive or has something in it that
/// has no place there, those of the volume, and of `take`.
pub(super) fn each(
    tree: &Lent<'_>,
    path: &str,
    mut take: impl FnMut(&Entry, &mut dyn Read) -> Result<(), PlanError>,
) -> Result<(), PlanError> {
    let file = FileReader::new(tree, path.as_bytes());
    let mut head = [0; 6];
    let filled = tree.borrow().read_at(path, 0, &mut head)?;
    let named = |error| crate::file::access::named(error, "unpack", path);
    let stream: Box<dyn Read> = match head.get(..filled).unwrap_or_default() {
        [0x1f, 0x8b, ..] => Box::new(MultiGzDecoder::new(file)),
        [0xfd, b'7', b'z', ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] | [b'B', b'Z', b'h', ..] => {
            let error = bad("it is packed by xz, zstd or bzip2");
            return Err(named(error.help("pack it by gzip, or not at all")));
        }
        _ => Box::new(file),
    };
    read(stream, &mut take).map_err(named)
}

fn read(
    stream: Box<dyn Read + '_>,
    take: &mut impl FnMut(&Entry, &mut dyn Read) -> Result<(), PlanError>,
) -> Result<(), PlanError> {
    let mut archive = Archive::new(Bounded::new(stream, MAX_BYTES));
    // Raw: the library would read headers of any length into memory.
    let entries = archive.entries().map_err(damaged)?.raw(true);
    let mut extra = Extra::default();
    let mut count = 0;
    for found in entries {
        let mut found = found.map_err(damaged)?;
        let header = found.header().clone();
        if extra.take(&header, &mut found)? {
            continue;
        }
        count += 1;
        if count > MAX_ENTRIES {
            let message = format!("it has more than {MAX_ENTRIES} entries");
            return Err(PlanError::new(Code::P2003, message));
        }
        let entry = std::mem::take(&mut extra).entry(&header)?;
        if entry.path.is_empty() {
            continue;
        }
        take(&entry, &mut found)?;
    }
    Ok(())
}

/// What headers before an entry say about it.
#[derive(Debug, Default)]
struct Extra {
    path: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
    uid: Option<u32>,
    gid: Option<u32>,
    modified: Option<i64>,
    xattrs: BTreeMap<String, Vec<u8>>,
}

impl Extra {
    /// Takes a header that is about the next entry; says whether it is one.
    fn take(&mut self, header: &Header, content: &mut dyn Read) -> Result<bool, PlanError> {
        let kind = header.entry_type();
        if !matches!(
            kind,
            EntryType::GNULongName
                | EntryType::GNULongLink
                | EntryType::XHeader
                | EntryType::XGlobalHeader
        ) {
            return Ok(false);
        }
        let size = header.entry_size().map_err(damaged)?;
        if size > MAX_EXTRA {
            return Err(bad("it has a name or a header that is too long"));
        }
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes).map_err(damaged)?;
        match kind {
            EntryType::GNULongName => self.path = Some(until_nul(bytes)),
            EntryType::GNULongLink => self.link = Some(until_nul(bytes)),
            EntryType::XHeader => self.pax(&bytes)?,
            // Says nothing that is needed here: comments, mostly.
            _ => {}
        }
        Ok(true)
    }

    fn pax(&mut self, bytes: &[u8]) -> Result<(), PlanError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let (key, value, behind) =
                record(rest).ok_or_else(|| bad("it has a header that is none"))?;
            rest = behind;
            let number = || std::str::from_utf8(value).ok();
            match key {
                "path" => self.path = Some(value.to_vec()),
                "linkpath" => self.link = Some(value.to_vec()),
                "uid" => self.uid = Some(number().and_then(|n| n.parse().ok()).ok_or_else(owner)?),
                "gid" => self.gid = Some(number().and_then(|n| n.parse().ok()).ok_or_else(owner)?),
                "mtime" => {
                    let seconds = number().and_then(|n| n.split('.').next()?.parse().ok());
                    self.modified = seconds;
                }
                // The length in the next header is the one that the library goes by.
                "size" => return Err(bad("it has a file of 8 GiB or more")),
                _ if key.starts_with("GNU.sparse.") => return Err(sparse()),
                _ => {
                    if let Some(name) = key.strip_prefix("SCHILY.xattr.") {
                        self.xattrs.insert(name.to_owned(), value.to_vec());
                    }
                }
            }
        }
        Ok(())
    }

    fn entry(self, header: &Header) -> Result<Entry, PlanError> {
        let raw = self
            .path
            .unwrap_or_else(|| header.path_bytes().into_owned());
        let path = plain_path(&raw)?;
        let shown = || escape(&raw);
        let link = self
            .link
            .or_else(|| header.link_name_bytes().map(|link| link.into_owned()));
        let link = link.filter(|link| !link.is_empty() && !link.contains(&0));
        let link = || link.ok_or_else(|| bad(format!("its link `{}` leads nowhere", shown())));
        let kind = match header.entry_type() {
            EntryType::Directory => Kind::Directory,
            // Old archives know a directory by its name alone.
            EntryType::Regular if raw.ends_with(b"/") => Kind::Directory,
            EntryType::Regular | EntryType::Continuous => {
                Kind::File(header.entry_size().map_err(damaged)?)
            }
            EntryType::Symlink => Kind::Symlink(link()?),
            EntryType::Link => Kind::HardLink(plain_path(&link()?)?),
            EntryType::GNUSparse => return Err(sparse()),
            EntryType::Char | EntryType::Block | EntryType::Fifo => {
                let message = format!("`{}` in it is a device or a pipe", shown());
                return Err(bad(message));
            }
            _ => return Err(bad(format!("`{}` in it is of an unknown kind", shown()))),
        };
        if path.is_empty() && kind != Kind::Directory {
            return Err(bad("it has an entry without a name"));
        }
        let account = |number: io::Result<u64>| {
            number
                .ok()
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(owner)
        };
        Ok(Entry {
            path,
            kind,
            mode: header.mode().map_err(damaged)? & 0o7777,
            uid: self.uid.map_or_else(|| account(header.uid()), Ok)?,
            gid: self.gid.map_or_else(|| account(header.gid()), Ok)?,
            modified: match self.modified {
                Some(modified) => modified,
                None => i64::try_from(header.mtime().map_err(damaged)?).unwrap_or(0),
            },
            xattrs: self.xattrs,
        })
    }
}

/// The first record of an extended header (POSIX pax): its length as text, with itself, a blank,
/// a key, `=`, a value of any bytes, a line break.
fn record(bytes: &[u8]) -> Option<(&str, &[u8], &[u8])> {
    let blank = bytes.iter().position(|byte| *byte == b' ')?;
    let len: usize = std::str::from_utf8(bytes.get(..blank)?)
        .ok()?
        .parse()
        .ok()?;
    let record = bytes.get(blank + 1..len)?.strip_suffix(b"\n")?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    let key = std::str::from_utf8(record.get(..equals)?).ok()?;
    Some((key, record.get(equals + 1..)?, bytes.get(len..)?))
}

/// A path that stays below where it is unpacked.
fn plain_path(raw: &[u8]) -> Result<Vec<u8>, PlanError> {
    let refuse = |why: &str| {
        let shown = path_text(&String::from_utf8_lossy(raw));
        Err(bad(format!("`{shown}` in it {why}"))
            .help("nothing was unpacked; make the archive with paths relative to one directory"))
    };
    if raw.starts_with(b"/") {
        return refuse("is an absolute path");
    }
    if raw.contains(&0) {
        return refuse("has a NUL character");
    }
    let parts: Vec<&[u8]> = raw
        .split(|byte| *byte == b'/')
        .filter(|part| !part.is_empty() && *part != b".")
        .collect();
    match parts.contains(&&b".."[..]) {
        true => refuse("leads out by `..`"),
        false => Ok(parts.join(&b'/')),
    }
}

fn until_nul(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.iter().position(|byte| *byte == 0);
    bytes.truncate(end.unwrap_or(bytes.len()));
    bytes
}

fn damaged(error: io::Error) -> PlanError {
    unwrap(error, "it is no tar archive, or a damaged one")
}

fn owner() -> PlanError {
    bad("it has an owner or a group whose number no filesystem takes")
}

fn sparse() -> PlanError {
    bad("it has a file with holes").help("make the archive without `--sparse`")
}

pub(super) fn bad(why: impl Into<String>) -> PlanError {
    PlanError::new(Code::P2016, why)
}
