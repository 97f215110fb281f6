//! What is in an image: partitions, filesystems, mounts, the system.

use super::open::{image, read_only};
use super::volume_error;
use crate::worker::Descriptors;
use mintage_engine::{Diagnostic, PlanError};
use mintage_volume::escape::escape;
use mintage_volume::tree::VolumeTree;
use mintage_volume::volume::{TreeOptions, Volume, VolumeReport};
use serde::{Deserialize, Serialize};

/// What an image is made of; `R` is [`VolumeReport`], or its JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inspection<R> {
    /// What the image calls its system, escaped; empty when it does not say.
    pub system: String,
    /// Why the image cannot be mounted as the guest would.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<PlanError>,
    /// Everything else.
    pub volume: R,
}

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
