//! Log files, and the spool that is one directory for files and for directories.

use super::sweep;
use mintage_engine::PlanError;
use mintage_volume::filesystem::FileKind;
use mintage_volume::tree::VolumeTree;

/// The directory of logs.
const LOGS: &str = "/var/log";
/// Files that services expect to find; they are emptied instead.
const KEPT: [&[u8]; 5] = [b"btmp", b"faillog", b"lastlog", b"tallylog", b"wtmp"];

/// Removes the files of root below `/var/log`, and empties the others: a service that runs as
/// another user may not be allowed to make its file in a directory of root's.
pub(super) fn remove(tree: &mut VolumeTree) -> Result<usize, PlanError> {
    let mut changed = 0;
    for path in sweep::files_below(tree, LOGS)? {
        let is_kept =
            path.names().count() == 3 && path.file_name().is_some_and(|name| KEPT.contains(&name));
        if is_kept {
            continue;
        }
        let path = path.as_bytes();
        let found = tree.symlink_metadata(path)?;
        if found.uid == 0 {
            tree.remove(path)?;
        } else if found.len > 0 {
            tree.set_len(path, 0)?;
        } else {
            continue;
        }
        changed += 1;
    }
    Ok(changed)
}

/// Removes the users' jobs that are files of `/var/spool/cron` itself, as Red Hat has it; the
/// directories there are other systems' and stay.
pub(super) fn user_crontabs(tree: &mut VolumeTree) -> Result<usize, PlanError> {
    let mut removed = 0;
    for path in sweep::matching(tree, "/var/spool/cron/*")? {
        if tree.symlink_metadata(&path)?.kind == FileKind::File {
            tree.remove(&path)?;
            removed += 1;
        }
    }
    Ok(removed)
}
