//! `GoldenImage`: a disk image with an installed operating system.

use super::{BootTest, State};
use crate::id::Id;
use crate::resource::{Field, Kind, Resource};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A golden image. Its golden volume is a file that is named by the resource's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GoldenImage {
    /// Unique among golden images.
    pub name: String,
    /// What is in it.
    pub description: Option<String>,
    /// Whether its golden volume is complete.
    pub state: State,
    /// Length of the disk in bytes; 0 until it is known.
    pub size: u64,
    /// Bytes of the golden volume that hold data.
    pub used: u64,
    /// SHA-256 of the file that came, lower-case hex.
    pub check_sum: Option<String>,
    /// The sum of the golden volume, `sha256-1m:` and lower-case hex.
    pub volume_sum: Option<String>,
    /// The format that was declared: `zip`, `raw`, `zstd`, `gzip`, `xz`, `qcow2`.
    pub format: Option<String>,
    /// Whether it was captured from an OS volume.
    pub image_capture: bool,
    /// Where a captured one came from.
    pub provenance: Option<Provenance>,
    /// Whether it came with a bundle.
    pub imported_from_bundle: bool,
    /// The bundle's name.
    pub bundle_name: Option<String>,
    /// The bundle.
    pub bundle: Option<Id>,
    /// Whether it came read-only with a bundle.
    pub read_only: bool,
    /// What was found in it: partitions, filesystems, operating system.
    pub inspection: Option<Json>,
    /// What a client that uploads it piece by piece declared; none once everything came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<DeclaredUpload>,
    /// Whether it booted when that was last tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot_test: Option<BootTest>,
}

/// An upload that comes in pieces, maybe over days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeclaredUpload {
    /// Length of the whole file in bytes.
    pub bytes: u64,
    /// Its SHA-256, lower-case hex, when it was declared.
    pub sha256: Option<String>,
}

/// Where a captured image came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// The OS volume, which may be gone.
    pub os_volume: Id,
    /// Its name.
    pub os_volume_name: String,
    /// The capture plan.
    pub build_plan: Id,
    /// Its name.
    pub build_plan_name: String,
    /// The plan's version.
    pub build_plan_version: u64,
    /// What the run did: file-level diff, transcript, leak scan, timings; secrets masked.
    #[serde(default)]
    pub outcome: Option<Json>,
}

impl Resource for GoldenImage {
    const KIND: Kind = Kind::GoldenImages;
    const FIELDS: &'static [Field] = &[
        Field::text("description"),
        Field::text("state"),
        Field::number("size"),
        Field::text("imageCapture"),
        Field::text("importedFromBundle"),
        Field::text("bundleName"),
        Field::text("readOnly"),
    ];

    fn name(&self) -> &str {
        &self.name
    }
}
