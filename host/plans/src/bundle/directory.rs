//! The directory of a zip file that may be hostile: read entry by entry, and refused before
//! anything of it is expanded.

use super::error::{BundleError, Result};
use super::limits::{BundleLimit, BundleLimits};
use super::names;
use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Seek};
use zip::CompressionMethod;
use zip::read::{Config, OwnedZipFileEntry, ZipReadOptions};
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;

/// The bits of a mode that tell the type of a file, and a regular file's.
const TYPE: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
/// The fixed part of the header before an entry's content, in bytes (APPNOTE 4.3.7).
const LOCAL_HEADER: u64 = 30;
/// How much of an entry is read at once, in bytes.
const PIECE: usize = 128 * 1024;

/// Entries by name.
pub(super) type Directory = BTreeMap<String, OwnedZipFileEntry>;

/// Reads the central directory. Stray bytes after the end record are no error: some clients leave
/// them.
pub(super) fn read(reader: &mut (impl Read + Seek), limits: &BundleLimits) -> Result<Directory> {
    let mut archive = ZipIterable::try_new(reader, Config::default())
        .map_err(|error| not_a_zip(&error))?
        .enforce_header_consistency(true);
    if archive.len() as u64 > limits.entries {
        let (count, most) = (archive.len(), limits.entries);
        let why = format!("the archive has {count} entries, and the limit is {most}");
        return Err(BundleError::too_large(BundleLimit::Entries, why));
    }
    let mut directory = Directory::new();
    for entry in archive.files().map_err(|error| not_a_zip(&error))? {
        let entry = entry.map_err(|error| not_a_zip(&error))?;
        let name = match std::str::from_utf8(entry.name_raw()) {
            Ok(name) => name.to_owned(),
            Err(_) => {
                let name = mintage_volume::escape::escape(entry.name_raw());
                return Err(BundleError::forbidden(&name, "its name is not UTF-8"));
            }
        };
        let entry = OwnedZipFileEntry::from(entry);
        check_kind(&name, &entry)?;
        if directory.contains_key(&name) {
            return Err(BundleError::forbidden(&name, "two entries have this name"));
        }
        directory.insert(name, entry);
    }
    check_apart(&directory)?;
    Ok(directory)
}

/// An entry is a plain file, compressed in a way that every zip program knows.
fn check_kind(name: &str, entry: &OwnedZipFileEntry) -> Result<()> {
    let kind = entry.unix_mode().map_or(0, |mode| mode & TYPE);
    let why = if entry.is_dir() {
        "it is a folder, and a bundle has none"
    } else if !matches!(kind, 0 | REGULAR) {
        "it is a link or a device, and a bundle has plain files only"
    } else if entry.as_ref().encrypted() {
        "it is encrypted"
    } else if !matches!(
        entry.compression(),
        CompressionMethod::Stored | CompressionMethod::Deflated
    ) {
        "it is compressed in another way than deflate"
    } else {
        return names::check(name);
    };
    Err(BundleError::forbidden(name, why))
}

/// No byte of the archive is content of two entries, which is how a small archive is made to expand
/// to a huge one without any single entry being suspicious.
fn check_apart(directory: &Directory) -> Result<()> {
    let mut entries: Vec<_> = directory.iter().collect();
    entries.sort_by_key(|(_, entry)| entry.header_start());
    for pair in entries.windows(2) {
        let [(name, entry), (next_name, next)] = pair else {
            continue;
        };
        let header = LOCAL_HEADER + name.len() as u64;
        let end = entry.header_start().saturating_add(header);
        if end.saturating_add(entry.compressed_size()) > next.header_start() {
            return Err(BundleError::forbidden(
                next_name,
                "its content is also that of another entry",
            ));
        }
    }
    Ok(())
}

/// Reads an entry to its end, gives each piece to `take`, and fails when it is not what the
/// directory says.
pub(super) fn read_entry(
    reader: &mut (impl Read + Seek),
    name: &str,
    entry: &OwnedZipFileEntry,
    mut take: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let opened = entry.as_ref().with_reader(reader, ZipReadOptions::new());
    let mut opened = opened.map_err(|error| damaged(name, &error))?;
    let mut buffer = vec![0; PIECE];
    let mut read = 0;
    loop {
        let piece = match opened.read(&mut buffer) {
            Ok(0) => break,
            Ok(length) => buffer.get(..length).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(damaged(name, &ZipError::Io(error))),
        };
        read += piece.len() as u64;
        if read > entry.size() {
            let why = "it is longer than the archive's directory says";
            return Err(BundleError::damaged_entry(name, why));
        }
        take(piece)?;
    }
    match read == entry.size() {
        true => Ok(()),
        false => Err(BundleError::damaged_entry(
            name,
            "it is shorter than the archive's directory says",
        )),
    }
}

fn not_a_zip(error: &ZipError) -> BundleError {
    BundleError::damaged(format!("this is no complete zip file: {}", reason(error)))
        .help("check that the whole file was copied")
}

fn damaged(name: &str, error: &ZipError) -> BundleError {
    BundleError::damaged_entry(name, format!("it cannot be read: {}", reason(error)))
}

fn reason(error: &ZipError) -> String {
    match error {
        ZipError::Io(error) if is_end(error) => "it is cut off".to_owned(),
        ZipError::Io(error) => error.to_string(),
        ZipError::InvalidArchive(why) => why.to_string(),
        other => other.to_string(),
    }
}

fn is_end(error: &io::Error) -> bool {
    error.kind() == ErrorKind::UnexpectedEof
}
