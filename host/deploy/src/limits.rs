//! `Limits`: how much one request may bring.

use serde::{Deserialize, Serialize};

/// How much one request may bring; the configuration states it, section `[limits]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Limits {
    /// The longest JSON body, in bytes.
    pub json_body: u64,
    /// The longest upload of a golden image, in bytes.
    pub image_upload: u64,
    /// The largest disk of a golden image, in bytes.
    pub disk: u64,
    /// How many times longer than its file an image or bundle may become when it is expanded.
    /// Beyond `expansion_floor` only.
    pub expansion_ratio: u64,
    /// What every image or bundle may become, however short its file is, in bytes.
    pub expansion_floor: u64,
    /// The longest upload of an artifact bundle or backup, in bytes.
    pub bundle_upload: u64,
    /// The most entries of an artifact bundle.
    pub bundle_entries: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            json_body: 4 << 20,
            image_upload: 1 << 40,
            disk: 2 << 40,
            // Deflate reaches 1032 where a disk is empty.
            expansion_ratio: 1100,
            expansion_floor: 64 << 30,
            bundle_upload: 1 << 40,
            bundle_entries: 10_000,
        }
    }
}
