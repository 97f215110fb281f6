//! The wire format: a zip file with exactly one entry, a raw disk.

use super::disk::DiskWriter;
use super::source::Source;
use super::{FormatError, Result};
use zip::read::{Config, ZipFileEntry};
use zip::result::ZipError;
use zip::unstable::read::ZipIterable;
use zip::{CompressionMethod, ZipReadOptions};

/// Expands the one entry. It is found by the directory at the end, which knows sizes that a
/// streamed entry's own header lacks; bytes behind that directory are passed over, as real clients
/// send some.
pub(super) fn expand_zip(source: &mut Source<'_>, disk: &mut DiskWriter<'_>) -> Result<()> {
    let entry = only_entry(source)?;
    check(&entry)?;
    let size = entry.size();
    source.begin_content();
    let copied = match entry.with_reader(&mut *source, ZipReadOptions::new()) {
        Ok(mut reader) => Ok(disk.copy(&mut reader)),
        Err(error) => Err(error),
    };
    let copied = copied.map_err(|e| explain(source, e))?;
    match copied.map_err(|e| source.explain_copy(e))? {
        copied if copied == size => Ok(()),
        copied => Err(FormatError::Damaged {
            why: format!("the zip entry declares {size} bytes and has {copied}"),
        }),
    }
}

/// How long the disk is that the one entry declares, in bytes.
pub(super) fn disk_bytes(source: &mut Source<'_>) -> Result<u64> {
    let entry = only_entry(source)?;
    check(&entry)?;
    Ok(entry.size())
}

/// The entry, when there is one and no other. The directory is read entry by entry: one with
/// millions of them takes no memory.
fn only_entry(source: &mut Source<'_>) -> Result<ZipFileEntry<'static>> {
    let mut zip = match ZipIterable::try_new(&mut *source, Config::default()) {
        Ok(zip) => zip,
        Err(error) => return Err(explain(source, error)),
    };
    let count = zip.len();
    if count != 1 {
        return Err(FormatError::Entries { count });
    }
    let entry = match zip.files() {
        Ok(files) => files.next(),
        Err(error) => Some(Err(error)),
    };
    entry
        .unwrap_or(Err(ZipError::FileNotFound))
        .map_err(|error| explain(source, error))
}

fn check(entry: &ZipFileEntry<'_>) -> Result<()> {
    let unsupported = |what: String| Err(FormatError::Unsupported { what });
    if entry.encrypted() {
        return unsupported("an encrypted entry".into());
    }
    if !matches!(
        entry.compression(),
        CompressionMethod::Stored | CompressionMethod::Deflated
    ) {
        let method = entry.compression();
        return unsupported(format!("an entry compressed by {method} (not deflate)"));
    }
    if entry.is_dir() || entry.is_symlink() {
        return unsupported("an entry that is no regular file".into());
    }
    // The name is never used; a zip file that tries this is refused for what it is.
    if leads_out(entry.name_raw()) {
        return unsupported("an entry whose name leads out of its folder".into());
    }
    Ok(())
}

/// Whether a name is absolute or climbs, as Unix or as Windows reads it.
fn leads_out(name: &[u8]) -> bool {
    let mut parts = name.split(|byte| matches!(byte, b'/' | b'\\'));
    let absolute = matches!(name, [b'/' | b'\\', ..] | [_, b':', ..]);
    absolute || name.contains(&0) || parts.any(|part| part == b"..")
}

fn explain(source: &mut Source<'_>, error: ZipError) -> FormatError {
    let io = match error {
        ZipError::Io(io) => io,
        ZipError::UnsupportedArchive(what) => {
            return FormatError::Unsupported {
                what: what.to_owned(),
            };
        }
        error => std::io::Error::other(error.to_string()),
    };
    match source.explain(io) {
        FormatError::Damaged { why } => FormatError::Damaged {
            why: format!("its directory cannot be used, as when a file is truncated ({why})"),
        },
        error => error,
    }
}
