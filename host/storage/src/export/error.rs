//! What goes wrong when a volume is exported.

use super::{Iqn, Session};

/// The result of everything about export.
pub type Result<T, E = ExportError> = std::result::Result<T, E>;

/// A failed call of an exporter: what and why. [`Self::help`] says what to do. None holds a secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A name, secret or export that cannot be.
    #[error("{what} cannot be used: {why}")]
    Invalid {
        /// What, without secrets.
        what: String,
        /// Why.
        why: &'static str,
    },
    /// The target has live sessions.
    #[error("target `{target}` is in use by {}", initiators(sessions))]
    InUse {
        /// The target.
        target: Iqn,
        /// Its sessions.
        sessions: Vec<Session>,
    },
    /// Another target has the CHAP name.
    #[error("CHAP name `{user}` of target `{target}` is another target's already")]
    NameTaken {
        /// The name.
        user: String,
        /// The target that was to have it.
        target: Iqn,
    },
    /// Whoever serves the target did not do what it was told.
    #[error("cannot {what}: {why}")]
    Refused {
        /// What was tried, with the target's name.
        what: String,
        /// What the answer was.
        why: String,
    },
    /// Nobody is there to serve.
    #[error("{daemon} cannot be used: {why}")]
    Unavailable {
        /// Who is not there.
        daemon: String,
        /// Why.
        why: String,
    },
    /// The settings say that nothing is exported.
    #[error("volumes are not exported: `export.daemons` is off")]
    Off,
}

impl ExportError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "correct the value",
            Self::InUse { .. } => "shut the server down, or force it: its disk is cut off then",
            Self::NameTaken { .. } => "give each target a CHAP name of its own",
            Self::Refused { .. } => "look at the log of the service, and at the volume's file",
            Self::Unavailable { .. } => {
                "install the package `tgt`, look at the settings `export`, and try again"
            }
            Self::Off => "set `export.daemons` to `own` or `external`",
        }
    }
}

fn initiators(sessions: &[Session]) -> String {
    let mut names: Vec<&str> = sessions.iter().map(|s| s.initiator.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let names: Vec<String> = names
        .iter()
        .map(|name| name.escape_debug().to_string())
        .collect();
    names.join(", ")
}
