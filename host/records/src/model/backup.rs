//! `Backup`: all artifacts of the service in one archive.

use super::State;
use crate::resource::{Field, Kind, Resource};
use serde::{Deserialize, Serialize};

/// A backup. Its archive is a file that is named by the resource's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    /// Unique among backups.
    pub name: String,
    /// Whether its archive is complete.
    pub state: State,
    /// Length of the archive in bytes.
    pub size: u64,
    /// SHA-256 of the archive, lower-case hex.
    pub checksum: Option<String>,
    /// Which key seals the secrets in it.
    pub key_id: String,
}

impl Resource for Backup {
    const KIND: Kind = Kind::Backups;
    const FIELDS: &'static [Field] = &[Field::text("state"), Field::number("size")];

    fn name(&self) -> &str {
        &self.name
    }
}
