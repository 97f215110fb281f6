//! A bundle as a folder of plain files, to be kept in git, compared and edited.
//!
//! ```text
//! bundle.toml                  what the bundle says of itself
//! scripts/NAME.rhai, .gfs      the text of a plan script in Rhai or guestfish
//! scripts/NAME.toml            its other fields
//! templates/NAME               the templates of scripts
//! build-plans/NAME.toml
//! deployment-plans/NAME.toml
//! golden-images/NAME.toml
//! golden-images/NAME.zip       the disk, if it was unpacked too
//! ```
//!
//! Nothing is lost on the way: packing an unpacked bundle gives equal artifacts, and the names of
//! the files mean nothing but for references between them. This module only turns texts into
//! artifacts and back; [`BundleFile::unpack`](super::BundleFile::unpack) and [`load`] are about the
//! host's files.

mod layout;
mod load;
mod plans;
mod read;
mod scripts;
mod stems;
pub(crate) mod toml;

pub use layout::{Layout, layout};
pub use load::{LoadedFolder, load};
pub use read::{FolderBundle, read};

use super::artifact::ArtifactKind;
use mintage_volume::digits::hex;
use sha2::{Digest, Sha256};

/// The file that makes a folder that of a bundle.
pub const MANIFEST: &str = "bundle.toml";

/// The folder of a kind of artifacts.
pub(crate) fn folder_of(kind: ArtifactKind) -> &'static str {
    match kind {
        ArtifactKind::PlanScript => "scripts",
        ArtifactKind::GoldenImage => "golden-images",
        ArtifactKind::BuildPlan => "build-plans",
        ArtifactKind::DeploymentPlan => "deployment-plans",
    }
}

/// The folder of templates.
pub(crate) const TEMPLATES: &str = "templates";

/// The id of an artifact that somebody wrote by hand without one: the same for the same name.
pub(crate) fn derived_id(kind: ArtifactKind, name: &str) -> String {
    let digest = Sha256::new()
        .chain_update(format!("mintage {kind}\n"))
        .chain_update(name)
        .finalize();
    let mut id: Vec<char> = hex(&digest).chars().take(32).collect();
    // Version 8, made in a way of our own, in the variant of RFC 9562.
    for (place, digit) in [(12, '8'), (16, '8')] {
        if let Some(at) = id.get_mut(place) {
            *at = digit;
        }
    }
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    let parts = parts.map(|part| id.get(part).unwrap_or_default().iter().collect::<String>());
    parts.join("-")
}
