//! Export: offering OS volumes to their servers over iSCSI.
//!
//! An [`Exporter`] makes targets of [`Export`]s. Each OS volume has one target of its own, which only its
//! server's initiator may see and log in to.

mod chap;
#[cfg(any(test, feature = "testsuite"))]
pub mod conformance;
mod disk_id;
mod error;
mod iqn;
#[cfg(any(test, feature = "testsuite"))]
pub mod memory;
mod off;
mod source;
pub mod tgt;

pub use chap::{Chap, ChapSecret};
pub use disk_id::DiskId;
pub use error::{ExportError, Result};
pub use iqn::Iqn;
pub use off::Off;
pub use source::ExportSource;
pub use tgt::Tgt;

use serde::Serialize;
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// The logical unit that a target's disk is; 0 is the target's own controller.
pub const LUN: u64 = 1;

/// Who offers OS volumes over iSCSI.
///
/// Contract, checked for every implementation by the suite in `conformance.rs`:
/// - A target is seen by the initiator of its [`Export`] alone, and only that logs in, with the CHAP name
///   and secret that the export asks for. At no moment does a target take less.
/// - Every call can be repeated: what is there already is left as it is, live sessions with it.
/// - A target is whole or not there when a call has returned, also after an error.
/// - All portals serve the same bytes as the same disk, so that an initiator can use them as paths.
/// - A portal that is down does not keep the others from serving: it gets its targets when it is back.
/// - Calls can come from many threads at the same time.
/// - No secret is in an error, in the log, or in what another user of the machine can see.
pub trait Exporter: fmt::Debug + Send + Sync {
    /// Makes the target, or makes one that is there what `export` says. A new CHAP name or secret holds
    /// for the next login. Another volume, disk or initiator needs a target without a live session.
    ///
    /// # Errors
    /// `Invalid` for an export that cannot be; `InUse`; `NameTaken` when another target has the CHAP name;
    /// `Refused` when the volume cannot be opened; `Unavailable` when no portal is up; `Off`.
    fn publish(&self, export: &Export) -> Result<Published>;

    /// Removes the target; one that is not there is removed already. With [`Force::Yes`] its sessions are
    /// ended first. When this returns, nobody writes to the volume by this target any more.
    ///
    /// # Errors
    /// `InUse` while a session is live and [`Force::No`]; then nothing is changed. `Unavailable`,
    /// `Refused`.
    fn unpublish(&self, target: &Iqn, force: Force) -> Result<()>;

    /// The live sessions of a target, sorted; none for one that is not there.
    ///
    /// # Errors
    /// `Unavailable` when no portal is up.
    fn sessions(&self, target: &Iqn) -> Result<Vec<Session>>;

    /// Every target that a portal has, whoever made it, sorted, each once.
    ///
    /// # Errors
    /// `Unavailable` when no portal is up.
    fn list(&self) -> Result<Vec<Iqn>>;

    /// The portals, up or down, in the order of the settings.
    fn portals(&self) -> Vec<Portal>;
}

/// What is offered, to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// The target's name.
    pub target: Iqn,
    /// Where the blocks are.
    pub volume: ExportSource,
    /// The only initiator that may log in.
    pub initiator: Iqn,
    /// How the initiator proves itself. Its name belongs to one target alone.
    pub chap: Option<Chap>,
    /// How the target proves itself in turn; only with `chap`, and with another secret.
    pub mutual: Option<Chap>,
    /// Who the disk is: the same by every path.
    pub disk: DiskId,
}

impl Export {
    /// Whether this can be published at all.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn check(&self) -> Result<()> {
        let invalid = |why| {
            Err(ExportError::Invalid {
                what: format!("target `{}`", self.target),
                why,
            })
        };
        match (&self.chap, &self.mutual) {
            (None, Some(_)) => {
                invalid("the target can prove itself only to an initiator that does so too")
            }
            // RFC 3720, 8.2.1: the other side could send back what it was asked.
            (Some(chap), Some(mutual)) if chap.secret == mutual.secret => {
                invalid("initiator and target must not have the same CHAP secret")
            }
            (Some(chap), Some(mutual)) if chap.user == mutual.user => {
                invalid("initiator and target must not have the same CHAP name")
            }
            _ => Ok(()),
        }
    }
}

/// A target that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Published {
    /// Its name.
    pub target: Iqn,
    /// Its disk's logical unit.
    pub lun: u64,
    /// Where it is served now: at least one.
    pub portals: Vec<Portal>,
}

/// An address where targets are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Portal(pub SocketAddr);

impl fmt::Display for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Somebody who is logged in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Session {
    /// The portal by which, where its daemon has only one.
    pub portal: Option<Portal>,
    /// Who it says to be.
    pub initiator: String,
    /// From where.
    pub address: Option<IpAddr>,
}

/// Whether sessions are ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Force {
    /// A live session is a reason to refuse.
    No,
    /// Live sessions are ended.
    Yes,
}

#[cfg(test)]
mod tests;
