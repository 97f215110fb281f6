//! What goes wrong when a server's controller is spoken to.

/// The result of everything about power.
pub type Result<T, E = PowerError> = std::result::Result<T, E>;

/// A failed call: what and why. [`Self::help`] says what to do. None holds a secret; texts of the
/// controller are escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PowerError {
    /// Nobody answers, or not in time.
    #[error("the BMC at {address} cannot be reached: {why}")]
    Unreachable {
        /// Where.
        address: String,
        /// Why.
        why: String,
    },
    /// It shows another certificate than the one that is trusted.
    #[error("the BMC at {address} does not show a certificate that is trusted: {why}")]
    Untrusted {
        /// Where.
        address: String,
        /// Why.
        why: String,
    },
    /// It does not take the name and password.
    #[error("the BMC at {address} does not take the credentials of `{user}`")]
    Credentials {
        /// Where.
        address: String,
        /// The name.
        user: String,
    },
    /// The system that is meant is not there, or there are several.
    #[error("the BMC at {address} has no such system: {why}")]
    NoServer {
        /// Where.
        address: String,
        /// What was looked for, and what there is.
        why: String,
    },
    /// It cannot do this.
    #[error("the BMC at {address} cannot {what}")]
    Unsupported {
        /// Where.
        address: String,
        /// What.
        what: String,
    },
    /// It did not do what it was told.
    #[error("the BMC at {address} refused to {what}: {why}")]
    Refused {
        /// Where.
        address: String,
        /// What it was told.
        what: String,
        /// What it answered.
        why: String,
    },
    /// Its answer is none that can be worked with.
    #[error("the answer of the BMC at {address} cannot be understood: {why}")]
    Answer {
        /// Where.
        address: String,
        /// What is wrong with it.
        why: String,
    },
    /// The settings are wrong.
    #[error("the BMC cannot be used: {0}")]
    Settings(String),
}

impl PowerError {
    /// What to do about it.
    pub fn help(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => {
                "look at the BMC's address and network, and whether its Redfish service is switched on"
            }
            Self::Untrusted { .. } => {
                "compare the fingerprint with the one that the BMC's own page shows, and enter it for the server"
            }
            Self::Credentials { .. } => {
                "enter the name and password of a BMC account that may control power and boot"
            }
            Self::NoServer { .. } => "enter the path or UUID of the system for the server",
            Self::Unsupported { .. } => {
                "choose another way to boot, iPXE for example, or set it by hand in the BMC"
            }
            Self::Refused { .. } => "look at the BMC's log, and at the rights of its account",
            Self::Answer { .. } => {
                "is this the address of a BMC with Redfish? Its firmware may need an update"
            }
            Self::Settings(_) => "correct the settings of the server's BMC",
        }
    }
}
