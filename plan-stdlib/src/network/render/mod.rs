//! From interfaces to files: one renderer for each format, all of them pure.
//!
//! What reaches a renderer are numbers, addresses, words of an enum and checked names, so that
//! nothing has to be quoted against breaking out; quotes are there where the format wants them.

mod ifcfg;
mod ifupdown;
mod lines;
mod netplan;
mod networkd;
mod networkmanager;
mod wicked;

use super::detect::Stack;
use super::model::network::Network;
use mintage_engine::PlanError;

/// A file that belongs to the network as a whole or to one interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rendered {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) mode: u32,
}

impl Rendered {
    fn new(path: impl Into<String>, text: String) -> Self {
        Self {
            path: path.into(),
            text,
            mode: 0o644,
        }
    }

    /// A file that only root reads: formats that may hold passphrases want it for all of theirs.
    fn private(path: impl Into<String>, text: String) -> Self {
        Self {
            mode: 0o600,
            ..Self::new(path, text)
        }
    }
}

/// The files of `network` in the format of `stack`.
///
/// # Errors
/// `P2013` for what the format cannot say.
pub(super) fn render(stack: Stack, network: &Network) -> Result<Vec<Rendered>, PlanError> {
    match stack {
        Stack::Ifcfg => ifcfg::render(network),
        Stack::NetworkManager => Ok(networkmanager::render(network)),
        Stack::Netplan => Ok(netplan::render(network)),
        Stack::Networkd => Ok(networkd::render(network)),
        Stack::Wicked => Ok(wicked::render(network)),
        Stack::Ifupdown => ifupdown::render(network),
    }
}
