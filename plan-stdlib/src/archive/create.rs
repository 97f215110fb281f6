//! Archives made of what is in the volume: sorted, with the times of the files, the same bytes
//! for the same files.

use super::stream::{FileReader, Lent, unwrap};
use flate2::{Compression, GzBuilder};
use mintage_engine::{Code, PlanError};
use mintage_volume::escape::escape;
use mintage_volume::filesystem::FileKind;
use mintage_volume::tree::{LastLink, WalkEntry};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use tar::{Builder, EntryType, Header};

/// Packs `entries`, whose paths are below `root`, into `out`.
///
/// # Errors
/// `P2013` for what no archive has, and those of the volume.
pub(super) fn pack(
    tree: &Lent<'_>,
    root: &[u8],
    entries: &[WalkEntry],
    is_packed: bool,
    out: &mut dyn Write,
) -> Result<(), PlanError> {
    if !is_packed {
        return write(tree, root, entries, out);
    }
    let mut packed = gzip(out);
    write(tree, root, entries, &mut packed)?;
    packed.finish().map(drop).map_err(failed)
}

/// A stream that is packed by gzip: no name and no time in it.
pub(super) fn gzip<W: Write>(out: W) -> flate2::write::GzEncoder<W> {
    GzBuilder::new().mtime(0).write(out, Compression::default())
}

fn write(
    tree: &Lent<'_>,
    root: &[u8],
    entries: &[WalkEntry],
    out: &mut dyn Write,
) -> Result<(), PlanError> {
    let mut builder = Builder::new(out);
    let mut inodes: BTreeMap<u64, Vec<u8>> = BTreeMap::new();
    for entry in entries {
        let path = entry.path.as_bytes();
        let inside = path.strip_prefix(root).unwrap_or(path);
        let inside = inside.strip_prefix(b"/").unwrap_or(inside);
        if inside.is_empty() {
            continue;
        }
        add(tree, &mut builder, entry, inside, &mut inodes)?;
    }
    builder
        .into_inner()
        .map_err(failed)?
        .flush()
        .map_err(failed)
}

fn add(
    tree: &Lent<'_>,
    builder: &mut Builder<&mut dyn Write>,
    entry: &WalkEntry,
    inside: &[u8],
    inodes: &mut BTreeMap<u64, Vec<u8>>,
) -> Result<(), PlanError> {
    let (path, found) = (entry.path.as_bytes(), &entry.metadata);
    let mut header = Header::new_gnu();
    header.set_mode(found.mode);
    header.set_uid(found.uid.into());
    header.set_gid(found.gid.into());
    header.set_mtime(u64::try_from(found.modified.seconds).unwrap_or(0));
    header.set_size(0);
    if found.kind != FileKind::Symlink {
        let xattrs = tree.borrow().xattrs(path, LastLink::Keep)?;
        let names: Vec<(String, Vec<u8>)> = xattrs
            .into_iter()
            .map(|(name, value)| (format!("SCHILY.xattr.{name}"), value))
            .collect();
        if !names.is_empty() {
            let records = names
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_slice()));
            builder.append_pax_extensions(records).map_err(failed)?;
        }
    }
    let name = Path::new(OsStr::from_bytes(inside));
    match found.kind {
        FileKind::Directory => {
            header.set_entry_type(EntryType::Directory);
            let name = [inside, b"/"].concat();
            let name = Path::new(OsStr::from_bytes(&name));
            builder.append_data(&mut header, name, io::empty())
        }
        FileKind::Symlink => {
            let target = tree.borrow().read_link(path)?;
            header.set_entry_type(EntryType::Symlink);
            builder.append_link(&mut header, name, Path::new(OsStr::from_bytes(&target)))
        }
        FileKind::File => {
            let first = match found.links > 1 && found.inode != 0 {
                true => inodes.get(&found.inode),
                false => None,
            };
            if let Some(first) = first {
                header.set_entry_type(EntryType::Link);
                builder.append_link(&mut header, name, Path::new(OsStr::from_bytes(first)))
            } else {
                inodes.insert(found.inode, inside.to_vec());
                header.set_entry_type(EntryType::Regular);
                header.set_size(found.len);
                builder.append_data(&mut header, name, FileReader::new(tree, path))
            }
        }
        _ => {
            let shown = escape(path);
            let message = format!("`{shown}` is a device, a pipe or a socket, which is not packed");
            return Err(PlanError::new(Code::P2013, message).at(shown));
        }
    }
    .map_err(failed)
}

pub(super) fn failed(error: io::Error) -> PlanError {
    unwrap(error, "it cannot be packed")
}
