//! `BundleLimits`: how large a bundle may be before it is refused.

use serde::{Deserialize, Serialize};

/// How large a bundle may be. What is larger is refused before it is expanded.
///
/// Everything but golden images is held in memory while a bundle is read, so `texts` bounds that
/// memory; golden images go from file to file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BundleLimits {
    /// The most entries of the archive; a service with a thousand plan scripts has fewer.
    pub entries: u64,
    /// The longest entry that is no golden image, in bytes expanded. A plan script of 1 MiB, the
    /// most that runs, fits with its templates.
    pub text: u64,
    /// All such entries together, in bytes expanded.
    pub texts: u64,
    /// The largest golden image as it lies in the bundle, a zip file, in bytes.
    pub image: u64,
    /// The largest disk in a golden image, in bytes.
    pub disk: u64,
    /// How many times larger than its compressed form an entry may be. A disk in a golden image
    /// may be mostly zeros and is not held to it, only to `disk`.
    pub ratio: u64,
}

/// One of the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BundleLimit {
    /// [`BundleLimits::entries`].
    Entries,
    /// [`BundleLimits::text`].
    Text,
    /// [`BundleLimits::texts`].
    Texts,
    /// [`BundleLimits::image`].
    Image,
    /// [`BundleLimits::disk`].
    Disk,
    /// [`BundleLimits::ratio`].
    Ratio,
}

impl Default for BundleLimits {
    fn default() -> Self {
        Self {
            entries: 4096,
            text: 2 << 20,
            texts: 64 << 20,
            image: 1 << 40,
            disk: 4 << 40,
            ratio: 200,
        }
    }
}

impl BundleLimits {
    /// An entry of at most this size, in bytes, may be compressed however well: it does no harm,
    /// and a short text of blanks is compressed well.
    pub(crate) const SMALL: u64 = 1 << 20;
}
