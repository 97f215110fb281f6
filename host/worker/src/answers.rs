//! What a worker answers to the [`Job`](crate::Job)s that look into an image. These types are also
//! what the commands print.

use mintage_engine::PlanError;
use serde::{Deserialize, Serialize};

/// What an image is made of; `R` is [`mintage_volume::volume::VolumeReport`], or its JSON.
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

/// A directory, or the one file that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listing {
    /// What was asked for, without links in its path, escaped.
    pub path: String,
    /// What is in it, sorted by name; the file itself where it is no directory.
    pub entries: Vec<Entry>,
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its name, escaped.
    pub name: String,
    /// Kind and permissions as `ls -l` shows them, `drwxr-xr-x`.
    pub mode: String,
    /// Number of the owner.
    pub uid: u32,
    /// Number of the group.
    pub gid: u32,
    /// Length in bytes.
    pub bytes: u64,
    /// Last change of the content, RFC 3339.
    pub modified: String,
    /// Where a symbolic link leads, escaped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Major and minor number of a device node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<(u32, u32)>,
}

/// What was copied into the pipe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// The file without links in its path, escaped.
    pub path: String,
    /// Bytes.
    pub bytes: u64,
}
