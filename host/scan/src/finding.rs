//! `Finding`: what kind of thing is where, without the thing.

use crate::kind::Kind;
use mintage_volume::filesystem::RemainsKind;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Something that must not travel and was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What it is called, in reports and in an allowance: `machine-id in /etc/machine-id`.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// Where it is.
    #[serde(flatten)]
    pub place: Place,
    /// Where the first is, in bytes: in the content of a file, else from the start of the partition
    /// or, outside of partitions, of the device. 0 in names and attributes.
    pub offset: u64,
    /// How many there are.
    pub count: u64,
    /// Why the plan allows it; none when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed: Option<String>,
}

/// Where something was found. Paths are escaped, and secrets in them are masked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "place")]
pub enum Place {
    /// In the content of a file.
    Content {
        /// The file.
        path: String,
    },
    /// In the name of a file.
    Name {
        /// The file.
        path: String,
    },
    /// In what a symbolic link leads to.
    Link {
        /// The link.
        path: String,
    },
    /// In an extended attribute.
    Attribute {
        /// The file.
        path: String,
    },
    /// In what is left of deleted files.
    Remains {
        /// Where in the filesystem.
        remains: RemainsKind,
        /// `partition 2`, or `the whole device`.
        area: String,
    },
    /// In a partition that is no filesystem that can be read, or beside the filesystem in it.
    Raw {
        /// `partition 2`, or `the whole device`.
        area: String,
    },
    /// Outside of all partitions.
    Unpartitioned,
}

impl Place {
    pub(crate) fn path_mut(&mut self) -> Option<&mut String> {
        match self {
            Self::Content { path }
            | Self::Name { path }
            | Self::Link { path }
            | Self::Attribute { path } => Some(path),
            Self::Remains { .. } | Self::Raw { .. } | Self::Unpartitioned => None,
        }
    }

    /// The file, where it is one.
    pub fn path(&self) -> Option<&str> {
        match self {
            Self::Content { path }
            | Self::Name { path }
            | Self::Link { path }
            | Self::Attribute { path } => Some(path),
            Self::Remains { .. } | Self::Raw { .. } | Self::Unpartitioned => None,
        }
    }
}

/// As a finding's name has it: the path of a file, or words.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Content { path }
            | Self::Name { path }
            | Self::Link { path }
            | Self::Attribute { path } => f.write_str(path),
            Self::Remains { remains, area } => write!(f, "{} of {area}", remains.name()),
            Self::Raw { area } => f.write_str(area),
            Self::Unpartitioned => f.write_str("unpartitioned space"),
        }
    }
}

impl Finding {
    pub(crate) fn new(kind: Kind, place: Place, offset: u64) -> Self {
        let name = format!("{kind} in {place}");
        Self {
            name,
            kind,
            place,
            offset,
            count: 1,
            allowed: None,
        }
    }
}

/// With the exact place: `machine-id in /etc/machine-id, byte 0`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.place {
            Place::Name { .. } => f.write_str(", in its name")?,
            Place::Link { .. } => f.write_str(", in what it links to")?,
            Place::Attribute { .. } => f.write_str(", in an attribute")?,
            _ => write!(f, ", byte {}", self.offset)?,
        }
        match self.count {
            1 => Ok(()),
            count => write!(f, " and {} more", count - 1),
        }
    }
}
