//! How two images differ.

use super::open::open_tree;
use super::volume_error;
use mintage_engine::Diagnostic;
use mintage_volume::diff::{DiffLimits, Scope, TreeDiff};
use mintage_worker::Descriptors;

pub(super) fn compare(files: &mut Descriptors) -> Result<TreeDiff, Diagnostic> {
    let before = open_tree(files)?;
    let after = open_tree(files)?;
    TreeDiff::between(&before, &after, Scope::Everything, DiffLimits::default())
        .map_err(volume_error)
}
