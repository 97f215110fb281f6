//! What is wrong with a bundle, as an error that names the entry.

use super::limits::BundleLimit;
use mintage_engine::{Code, Diagnostic, PlanError};
use mintage_volume::escape::{escape, printable};
use std::io;

/// The result of everything that reads or writes bundles.
pub type Result<T, E = BundleError> = std::result::Result<T, E>;

/// Why a bundle, or a folder that is to become one, cannot be read or written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BundleError {
    /// P5008 to P5012, or P7009 where the output failed.
    pub code: Code,
    /// The entry or file that it is about, escaped for printing.
    pub entry: Option<String>,
    /// One sentence that names the entry too.
    pub message: String,
    /// The limit that it is past, for P5011.
    pub limit: Option<BundleLimit>,
    /// What to do about it.
    pub help: Option<String>,
}

impl BundleError {
    /// The file is no bundle, or it is damaged.
    pub(crate) fn damaged(why: impl Into<String>) -> Self {
        Self::new(Code::P5008, None, why.into())
    }

    /// The entry is damaged.
    pub(crate) fn damaged_entry(entry: &str, why: impl AsRef<str>) -> Self {
        Self::about(Code::P5008, entry, why)
    }

    /// The entry is one that no bundle may have.
    pub(crate) fn forbidden(entry: &str, why: impl AsRef<str>) -> Self {
        Self::about(Code::P5009, entry, why)
    }

    /// A checksum is wrong or missing.
    pub(crate) fn sum(entry: &str, why: impl AsRef<str>) -> Self {
        Self::about(Code::P5010, entry, why)
    }

    /// The bundle as a whole is past a limit.
    pub(crate) fn too_large(limit: BundleLimit, why: impl Into<String>) -> Self {
        let error = Self::new(Code::P5011, None, why.into());
        Self {
            limit: Some(limit),
            ..error
        }
    }

    /// The entry is past a limit.
    pub(crate) fn entry_too_large(limit: BundleLimit, entry: &str, why: impl AsRef<str>) -> Self {
        let error = Self::about(Code::P5011, entry, why);
        Self {
            limit: Some(limit),
            ..error
        }
    }

    /// An artifact is not what it must be.
    pub(crate) fn artifact(entry: &str, why: impl AsRef<str>) -> Self {
        Self::about(Code::P5012, entry, why)
    }

    /// A file of the host cannot be read.
    pub(crate) fn unreadable(what: &str, error: &io::Error) -> Self {
        let what = escape(what.as_bytes());
        let message = format!("cannot read `{what}`: {error}");
        Self::new(Code::P5008, Some(what), message)
    }

    /// What was to be written cannot be.
    pub(crate) fn output(what: &str, error: &io::Error) -> Self {
        let what = escape(what.as_bytes());
        let message = format!("cannot write `{what}`: {error}");
        Self::new(Code::P7009, Some(what), message)
    }

    /// Says what to do about it.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn about(code: Code, entry: &str, why: impl AsRef<str>) -> Self {
        let entry = escape(entry.as_bytes());
        let message = format!("`{entry}`: {}", why.as_ref());
        Self::new(code, Some(entry), message)
    }

    fn new(code: Code, entry: Option<String>, message: String) -> Self {
        Self {
            code,
            entry,
            // What an archive says of itself may be in it, too.
            message: printable(&message, &[]),
            limit: None,
            help: None,
        }
    }
}

impl From<PlanError> for BundleError {
    fn from(error: PlanError) -> Self {
        Self {
            code: error.code,
            entry: None,
            limit: None,
            message: error.message,
            help: error.help,
        }
    }
}

impl From<BundleError> for Diagnostic {
    fn from(error: BundleError) -> Self {
        let mut plain = PlanError::new(error.code, error.message);
        plain.help = error.help;
        plain.into()
    }
}
