//! Power: switching servers on and off, and saying what they boot from.

#[cfg(any(test, feature = "testsuite"))]
pub mod conformance;
mod error;
#[cfg(any(test, feature = "testsuite"))]
pub mod memory;

pub use error::{PowerError, Result};

use mintage_storage::export::{Chap, Iqn, Portal};
use serde::Serialize;
use std::fmt;

/// Who can switch one server on and off, and say what it boots from.
///
/// Contract, checked for every implementation by the suite in `conformance.rs`:
/// - Every call can be repeated: a server that is on already is switched on without a change, and an
///   override that is set already stays.
/// - A call returns when the server's controller took it, or with an error; it never takes longer than
///   the time that the implementation names. A graceful end that the system does not follow is no error:
///   [`Self::state`] tells.
/// - What the controller cannot do is [`PowerError::Unsupported`], and nothing has been changed then.
/// - Calls can come from many threads at the same time.
/// - No secret is in an error, in the log, or in what `Debug` prints.
pub trait PowerControl: fmt::Debug + Send + Sync {
    /// Whether the server is on.
    ///
    /// # Errors
    /// `Unreachable`, `Untrusted`, `Credentials`, `NoServer`, `Answer`.
    fn state(&self) -> Result<PowerState>;

    /// Switches the server on or off, or starts it anew. [`Power::Restart`] of a server that is off
    /// switches it on.
    ///
    /// # Errors
    /// As [`Self::state`], and `Unsupported`, `Refused`.
    fn power(&self, power: Power) -> Result<()>;

    /// Says what the server boots from, from its next start on.
    ///
    /// # Errors
    /// As [`Self::power`].
    fn set_boot(&self, boot: &Boot) -> Result<()>;

    /// What the server is told to boot from; none when it goes by its own order.
    ///
    /// # Errors
    /// As [`Self::state`].
    fn boot(&self) -> Result<Option<BootNow>>;
}

/// Whether a server is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum PowerState {
    /// It runs.
    On,
    /// It does not.
    Off,
    /// On its way to on.
    PoweringOn,
    /// On its way to off.
    PoweringOff,
}

/// What to do with a server's power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// Switch it on.
    On,
    /// Ask its system to end (`Graceful`), or cut the power (`Forced`).
    Off(Manner),
    /// Start it anew.
    Restart(Manner),
}

/// Whether a running system is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It is asked, and may take its time or not follow.
    Graceful,
    /// It is not: what it has not written is lost.
    Forced,
}

/// What a server is to boot from, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// From what.
    pub target: BootTarget,
    /// For how long.
    pub times: Times,
}

/// How often an override holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Times {
    /// For the next start.
    Once,
    /// Until it is changed.
    Continuous,
}

/// Something to boot from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BootTarget {
    /// The network, by PXE.
    Pxe,
    /// A file that the firmware gets itself over HTTP.
    UefiHttp {
        /// Where it is, `https://…/boot.efi`.
        uri: String,
    },
    /// A disk over iSCSI, by the firmware's own initiator.
    Iscsi(Box<IscsiBoot>),
    /// A disk in the server.
    Disk,
    /// Whatever the server's own order says: no override.
    None,
}

/// The kind of a [`BootTarget`], as a controller tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum BootKind {
    /// The network, by PXE.
    Pxe,
    /// A file over HTTP.
    UefiHttp,
    /// A disk over iSCSI.
    Iscsi,
    /// A disk in the server.
    Disk,
    /// Something that Mintage does not set.
    Other,
}

/// What a server is told to boot from now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct BootNow {
    /// From what.
    pub kind: BootKind,
    /// For how long.
    pub times: Times,
}

/// How a server reaches its disk over iSCSI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IscsiBoot {
    /// The server's own name.
    pub initiator: Iqn,
    /// The target.
    pub target: Iqn,
    /// Its disk's logical unit.
    pub lun: u64,
    /// Where the target is served; each is a path. At least one.
    pub portals: Vec<Portal>,
    /// How the server proves itself.
    pub chap: Option<Chap>,
    /// How the target proves itself in turn; only with `chap`.
    pub mutual: Option<Chap>,
}

impl BootTarget {
    /// Its kind; none for no override.
    pub fn kind(&self) -> Option<BootKind> {
        match self {
            Self::Pxe => Some(BootKind::Pxe),
            Self::UefiHttp { .. } => Some(BootKind::UefiHttp),
            Self::Iscsi(_) => Some(BootKind::Iscsi),
            Self::Disk => Some(BootKind::Disk),
            Self::None => None,
        }
    }
}
