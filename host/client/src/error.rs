//! `ClientError`: why a service did not do what was asked.

use serde::Deserialize;
use thiserror::Error;

/// What the client's functions return.
pub type Result<T, E = ClientError> = std::result::Result<T, E>;

/// Why a service did not do what was asked.
#[derive(Debug, Error)]
pub enum ClientError {
    /// Nothing answers there, or the connection broke.
    #[error("cannot reach {url}: {why}")]
    Unreachable {
        /// The service.
        url: String,
        /// The reason.
        why: String,
    },
    /// It does not show the certificate that is trusted.
    #[error("{url} does not show a certificate that is trusted: {why}")]
    Untrusted {
        /// The service.
        url: String,
        /// The reason.
        why: String,
    },
    /// There is no session.
    #[error("there is no login: {0}")]
    NoLogin(String),
    /// The service refused.
    #[error("the service refused: {}", .0.message)]
    Refused(Box<Refusal>),
    /// A task failed.
    #[error("the task failed: {}", .0.message)]
    TaskFailed(Box<Refusal>),
    /// The answer is none of a Mintage service.
    #[error("the answer cannot be understood: {0}")]
    Answer(String),
    /// There is no resource of that name.
    #[error("there is no `{name}` in {kind}")]
    NoResource {
        /// The collection.
        kind: String,
        /// What was asked for.
        name: String,
    },
    /// There are several of that name.
    #[error("there are several `{name}` in {kind}: {}", .uris.join(", "))]
    Ambiguous {
        /// The collection.
        kind: String,
        /// What was asked for.
        name: String,
        /// Where they are.
        uris: Vec<String>,
    },
    /// What is wanted stands in the way of what is there.
    #[error("{0}")]
    CannotApply(String),
    /// A file here cannot be read or written.
    #[error("{what}: {why}")]
    File {
        /// What was tried, with the path.
        what: String,
        /// The reason.
        why: String,
    },
}

/// A refusal as the service writes it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Refusal {
    /// The HTTP status; 0 for a task.
    #[serde(skip)]
    pub status: u16,
    /// Stable, for programs.
    pub error_code: Option<String>,
    /// One sentence.
    pub message: String,
    /// Where and why.
    pub details: Option<String>,
    /// What to do.
    pub recommended_actions: Vec<String>,
}

impl ClientError {
    /// Reading or writing a file here failed.
    pub fn file(what: impl Into<String>, why: &std::io::Error) -> Self {
        Self::File {
            what: what.into(),
            why: why.to_string(),
        }
    }

    /// What the service said, when it said something.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) | Self::TaskFailed(refusal) => Some(refusal),
            _ => None,
        }
    }
}
