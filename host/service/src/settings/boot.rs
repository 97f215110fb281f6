//! The section `[boot]`: how servers are helped to start.

use mintage_engine::{Code, Diagnostic};
use serde::Deserialize;
use std::net::SocketAddr;

/// The section `[boot]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the table describes them, once")]
pub struct Boot {
    pub listen: Option<SocketAddr>,
}

impl Boot {
    /// Refuses what servers could not be told, and what would serve secrets on networks that nobody named.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), Diagnostic> {
        match self.listen {
            Some(address) if address.ip().is_unspecified() || address.port() == 0 => {
                let message = format!("`boot.listen` must not be `{address}`");
                let help = "name the address that this machine has on the network for provisioning, with a port";
                Err(Diagnostic::new(Code::P9001, message).with_help(help))
            }
            _ => Ok(()),
        }
    }
}
