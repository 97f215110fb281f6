//! Files of which only some lines go.

use super::sweep;
use crate::file::access;
use crate::text::{Edited, edit};
use mintage_engine::PlanError;
use mintage_volume::filesystem::FileKind;
use mintage_volume::tree::VolumeTree;

/// Removes the lines that start with one of these texts, after any blanks.
pub(super) fn remove_lines(
    tree: &mut VolumeTree,
    files: &str,
    starts: &[&str],
) -> Result<usize, PlanError> {
    let is_unwanted = |line: &[u8]| {
        let line = line.trim_ascii_start();
        starts
            .iter()
            .any(|start| line.starts_with(start.as_bytes()))
    };
    edit_files(tree, files, |content| {
        let edited = edit::remove_lines(content, is_unwanted)?;
        Ok(edited.map(|(content, _)| content))
    })
}

/// Edits the regular files that match; gives how many changed. Names that are not UTF-8 are left
/// alone: nothing that reads configuration takes them.
pub(super) fn edit_files(
    tree: &mut VolumeTree,
    files: &str,
    edited: impl Fn(&[u8]) -> Edited,
) -> Result<usize, PlanError> {
    let mut changed = 0;
    for path in sweep::matching(tree, files)? {
        let Ok(path) = String::from_utf8(path) else {
            continue;
        };
        let found = access::look(tree, &path)?;
        if found.is_some_and(|found| found.kind == FileKind::File)
            && access::edit(tree, &path, &edited)?
        {
            changed += 1;
        }
    }
    Ok(changed)
}
