//! A volume as tree text.

use super::open::open_tree;
use super::volume_error;
use mintage_engine::Diagnostic;
use mintage_volume::text::{self, TextLimits};
use mintage_worker::Descriptors;

pub(super) fn print(
    files: &mut Descriptors,
    path: &[u8],
    content: u64,
) -> Result<String, Diagnostic> {
    let tree = open_tree(files)?;
    let limits = TextLimits {
        content,
        ..TextLimits::default()
    };
    text::write(&tree, path, &limits).map_err(volume_error)
}
