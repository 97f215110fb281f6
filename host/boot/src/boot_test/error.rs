//! Why there was no boot test.

use std::io;

/// The result of everything about boot tests.
pub type Result<T, E = BootTestError> = std::result::Result<T, E>;

/// Why there was no boot test. A system that does not come up is none of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BootTestError {
    /// The pattern is none.
    #[error("the pattern cannot be used: {0}")]
    Pattern(String),
    /// A program or file of another package is not there.
    #[error("`{what}` is not there")]
    Missing {
        /// What.
        what: &'static str,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// The image cannot be read.
    #[error("cannot read the image: {0}")]
    Image(String),
    /// The emulator cannot be run.
    #[error("cannot {what}: {why}")]
    Emulator {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        why: io::Error,
    },
    /// Who watched the test stopped it.
    #[error("the boot test was stopped")]
    Stopped,
}

impl BootTestError {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::Pattern(_) => "a pattern is a regular expression over bytes: `login:`".into(),
            Self::Missing { package, .. } => format!("install the package `{package}`"),
            Self::Image(_) => "is it a raw disk that can be read?".into(),
            Self::Stopped => "start it again".into(),
            Self::Emulator { .. } => {
                "look at the free space for temporary files, and at the emulator's package".into()
            }
        }
    }
}
