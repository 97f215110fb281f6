//! `Daemon`: one tgtd, as the exporter knows it.

use super::control::Control;
use super::targets::Targets;
use crate::export::{Iqn, Portal, Result, Session};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};

/// One tgtd. Several serve the same targets, each by its own portals.
#[derive(Debug)]
pub(super) struct Daemon {
    pub(super) control: Control,
    pub(super) portals: Vec<Portal>,
    /// Whether the service starts it.
    pub(super) is_own: bool,
    /// Whether it runs and has all targets that it shall have.
    up: AtomicBool,
}

impl Daemon {
    pub(super) fn new(control: Control, portals: Vec<Portal>, is_own: bool) -> Self {
        Self {
            control,
            portals,
            is_own,
            up: AtomicBool::new(false),
        }
    }

    pub(super) fn is_up(&self) -> bool {
        self.up.load(Ordering::SeqCst)
    }

    pub(super) fn set_up(&self, up: bool) {
        self.up.store(up, Ordering::SeqCst);
    }

    /// Whether there is no process that could serve.
    pub(super) fn is_gone(&self) -> bool {
        let gone = [io::ErrorKind::NotFound, io::ErrorKind::ConnectionRefused];
        self.control
            .connect()
            .is_err_and(|error| gone.contains(&error.kind()))
    }

    pub(super) fn targets(&self) -> Targets<'_> {
        Targets(&self.control)
    }

    pub(super) fn sessions(&self, target: &Iqn) -> Result<Vec<Session>> {
        let portal = match self.portals[..] {
            [only] => Some(only),
            _ => None,
        };
        let found = self.targets().find(target)?;
        let live = found.into_iter().flat_map(|there| there.sessions);
        Ok(live.map(|live| live.to_session(portal)).collect())
    }

    /// For messages: `tgtd 1 at 10.0.0.1:3260`.
    pub(super) fn name(&self) -> String {
        let portals: Vec<String> = self.portals.iter().map(ToString::to_string).collect();
        format!("tgtd {} at {}", self.control.number, portals.join(", "))
    }
}
