//! The entries of a directory.

use super::open::open_tree;
use super::volume_error;
use mintage_engine::Diagnostic;
use mintage_plans::run::format_time;
use mintage_volume::escape::escape;
use mintage_volume::filesystem::{FileKind, Metadata};
use mintage_volume::path::VolumePath;
use mintage_volume::tree::{LastLink, VolumeTree};
use mintage_worker::Descriptors;
use mintage_worker::answers::{Entry, Listing};

pub(super) fn list(files: &mut Descriptors, path: &[u8]) -> Result<Listing, Diagnostic> {
    let tree = open_tree(files)?;
    read(&tree, path).map_err(volume_error)
}

fn read(tree: &VolumeTree, path: &[u8]) -> mintage_volume::Result<Listing> {
    let metadata = tree.metadata(path)?;
    let resolved = tree.resolve(path, LastLink::Follow)?;
    let mut entries = Vec::new();
    if metadata.kind == FileKind::Directory {
        for entry in tree.read_dir(path)? {
            let path = resolved.join(&entry.name)?;
            entries.push(describe(tree, &path, &entry.name)?);
        }
    } else {
        let name = resolved.file_name().unwrap_or_default();
        entries.push(describe(tree, &resolved, name)?);
    }
    Ok(Listing {
        path: resolved.to_string(),
        entries,
    })
}

fn describe(tree: &VolumeTree, path: &VolumePath, name: &[u8]) -> mintage_volume::Result<Entry> {
    let metadata = tree.symlink_metadata(path)?;
    let target = match metadata.kind {
        FileKind::Symlink => Some(escape(&tree.read_link(path)?)),
        _ => None,
    };
    let is_device = matches!(metadata.kind, FileKind::CharDevice | FileKind::BlockDevice);
    Ok(Entry {
        name: escape(name),
        mode: mode_text(&metadata),
        uid: metadata.uid,
        gid: metadata.gid,
        bytes: metadata.len,
        modified: format_time(metadata.modified),
        target,
        device: is_device.then_some(metadata.device),
    })
}

/// Kind and permissions as ten letters.
fn mode_text(metadata: &Metadata) -> String {
    let kind = match metadata.kind {
        FileKind::File => '-',
        FileKind::Directory => 'd',
        FileKind::Symlink => 'l',
        FileKind::CharDevice => 'c',
        FileKind::BlockDevice => 'b',
        FileKind::Fifo => 'p',
        FileKind::Socket => 's',
    };
    let mut text = String::from(kind);
    for (shift, special, set, clear) in [
        (6, 0o4000, 's', 'S'),
        (3, 0o2000, 's', 'S'),
        (0, 0o1000, 't', 'T'),
    ] {
        let bits = metadata.mode >> shift;
        let execute = match (bits & 1 == 1, metadata.mode & special != 0) {
            (true, true) => set,
            (false, true) => clear,
            (true, false) => 'x',
            (false, false) => '-',
        };
        text.push(if bits & 4 == 4 { 'r' } else { '-' });
        text.push(if bits & 2 == 2 { 'w' } else { '-' });
        text.push(execute);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use mintage_volume::filesystem::Timestamp;

    #[test]
    fn modes_look_as_in_ls() {
        for (kind, mode, text) in [
            (FileKind::File, 0o644, "-rw-r--r--"),
            (FileKind::Directory, 0o1777, "drwxrwxrwt"),
            (FileKind::File, 0o4755, "-rwsr-xr-x"),
            (FileKind::File, 0o2640, "-rw-r-S---"),
            (FileKind::Symlink, 0o777, "lrwxrwxrwx"),
            (FileKind::CharDevice, 0o1000, "c--------T"),
        ] {
            let metadata = Metadata {
                kind,
                mode,
                uid: 0,
                gid: 0,
                len: 0,
                links: 1,
                inode: 1,
                device: (0, 0),
                accessed: Timestamp::default(),
                modified: Timestamp::default(),
            };
            assert_eq!(mode_text(&metadata), text);
        }
    }
}
