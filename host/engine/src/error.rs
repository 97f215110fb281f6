//! The error of a function that a script calls.

use crate::codes::Code;
use mintage_volume::VolumeError;
use serde::{Deserialize, Serialize};

/// What failed, on which path in the volume, and what to do; without a place in a script, which
/// the engine adds. Never holds a secret's text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
pub struct PlanError {
    /// The code from the registry.
    pub code: Code,
    /// One sentence without a full stop, lower case, names in backticks.
    pub message: String,
    /// The path in the volume that it is about, escaped for printing.
    pub path: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
}

impl PlanError {
    /// An error with `code` that says `message`.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            path: None,
            help: None,
        }
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Names the path in the volume that it is about.
    #[must_use]
    pub fn at(mut self, path: impl ToString) -> Self {
        self.path = Some(path.to_string());
        self
    }

    /// Whether the run must end, see [`Code::is_fatal`].
    pub fn is_fatal(&self) -> bool {
        self.code.is_fatal()
    }
}

impl From<VolumeError> for PlanError {
    fn from(error: VolumeError) -> Self {
        Self {
            code: error.kind().into(),
            message: error.to_string(),
            path: error.path().map(ToString::to_string),
            help: error.help_text().map(ToOwned::to_owned),
        }
    }
}
