//! `Role`: what a user is.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a user is. The text is that of the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// Sees everything, changes nothing.
    #[serde(rename = "Read only")]
    ReadOnly,
    /// Makes and changes artifacts.
    #[serde(rename = "Software administrator")]
    SoftwareAdministrator,
    /// Deploys and captures.
    #[serde(rename = "Server administrator")]
    ServerAdministrator,
    /// Does everything.
    #[serde(rename = "Infrastructure administrator")]
    InfrastructureAdministrator,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::ReadOnly,
        Self::SoftwareAdministrator,
        Self::ServerAdministrator,
        Self::InfrastructureAdministrator,
    ];

    /// The wire's text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadOnly => "Read only",
            Self::SoftwareAdministrator => "Software administrator",
            Self::ServerAdministrator => "Server administrator",
            Self::InfrastructureAdministrator => "Infrastructure administrator",
        }
    }

    /// Whether `other` may do all that this one may.
    pub fn is_within(self, other: Self) -> bool {
        self == other || self == Self::ReadOnly || other == Self::InfrastructureAdministrator
    }

    /// From the wire's text; letter case does not count.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|role| role.as_str().eq_ignore_ascii_case(text))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
