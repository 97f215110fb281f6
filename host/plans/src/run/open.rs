//! Opens the filesystems of an image as one tree.

use super::input::RunInput;
use mintage_volume::block::BlockDevice;
use mintage_volume::error::Result;
use mintage_volume::tree::VolumeTree;
use std::sync::Arc;

/// The tree of the image in `device`, for reading and writing or only for reading.
pub(super) fn open_tree(
    input: &RunInput,
    device: Arc<dyn BlockDevice>,
    writable: bool,
) -> Result<VolumeTree> {
    todo!()
}

/// The longest os-release file that is read, in bytes.
const MAX_OS_RELEASE: u64 = 64 * 1024;

/// What the image calls its system; empty when it does not say.
pub(super) fn os_name(tree: &VolumeTree) -> String {
    let paths = ["/etc/os-release", "/usr/lib/os-release"];
    let content = paths
        .iter()
        .find_map(|path| tree.read(path, MAX_OS_RELEASE).ok())
        .unwrap_or_default();
    let text = String::from_utf8_lossy(&content).into_owned();
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    name.unwrap_or_default()
        .trim()
        .trim_matches(['"', '\''])
        .to_owned()
}
