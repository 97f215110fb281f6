//! What is in an image: partitions, filesystems, mounts, the system.

use super::open::{image, read_only};
use super::volume_error;
use mintage_engine::Diagnostic;
use mintage_volume::escape::escape;
use mintage_volume::tree::VolumeTree;
use mintage_volume::volume::{TreeOptions, Volume, VolumeReport};
use mintage_worker::Descriptors;
use mintage_worker::answers::Inspection;

pub(super) fn inspect(files: &mut Descriptors) -> Result<Inspection<VolumeReport>, Diagnostic> {
    let volume = Volume::open(image(files)?).map_err(volume_error)?;
    // Looked at only, but told as a run would get it.
    let report = volume
        .report(&TreeOptions::default())
        .map_err(volume_error)?;
    // Much can be said of an image that cannot be mounted.
    let (system, error) = match volume.open_tree(&read_only()) {
        Ok(tree) => (system_of(&tree), None),
        Err(error) => (String::new(), Some(error.into())),
    };
    Ok(Inspection {
        system,
        error,
        volume: report,
    })
}

/// The `PRETTY_NAME` of the image's os-release file.
fn system_of(tree: &VolumeTree) -> String {
    const MAX: u64 = 64 << 10;
    let text = tree
        .read("/etc/os-release", MAX)
        .or_else(|_| tree.read("/usr/lib/os-release", MAX))
        .unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let mut lines = text.lines();
    let name = lines.find_map(|line| line.strip_prefix("PRETTY_NAME="));
    escape(
        name.unwrap_or_default()
            .trim_matches(['"', '\''])
            .as_bytes(),
    )
}
