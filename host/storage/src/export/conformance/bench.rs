//! What an implementation's tests give the suite: the exporter, and how a server reaches it.

use crate::export::{Chap, Export, ExportSource, Exporter, Iqn, Portal};
use std::io;

/// An exporter that serves, and an initiator.
pub trait Bench: Sync {
    /// The exporter under test, without targets.
    fn exporter(&self) -> &dyn Exporter;

    /// Makes a volume of `len` zeros.
    fn volume(&self, name: &str, len: u64) -> ExportSource;

    /// Logs in, as an initiator does. The session ends when the disk is dropped.
    ///
    /// # Errors
    /// Why it was refused, or why the target was not believed.
    fn log_in(&self, portal: Portal, login: &Login) -> Result<Box<dyn Disk>, String>;

    /// The targets that a portal tells an initiator of.
    fn discover(&self, portal: Portal, initiator: &Iqn) -> Vec<Iqn>;
}

/// How an initiator logs in.
#[derive(Debug, Clone)]
pub struct Login {
    /// To which target.
    pub target: Iqn,
    /// As who.
    pub initiator: Iqn,
    /// How it proves itself.
    pub chap: Option<Chap>,
    /// How it wants the target to prove itself.
    pub mutual: Option<Chap>,
}

impl Login {
    /// The login that the export is for.
    pub fn of(export: &Export) -> Self {
        Self {
            target: export.target.clone(),
            initiator: export.initiator.clone(),
            chap: export.chap.clone(),
            mutual: export.mutual.clone(),
        }
    }
}

/// A disk that an initiator is logged in to.
pub trait Disk {
    /// Fills `buf` from `offset`, both multiples of 512.
    ///
    /// # Errors
    /// When the session has ended, or the target does not do it.
    fn read(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<()>;

    /// Writes `data` at `offset`, both multiples of 512.
    ///
    /// # Errors
    /// As [`Self::read`].
    fn write(&mut self, offset: u64, data: &[u8]) -> io::Result<()>;

    /// The serial number that the disk tells, without what fills it up.
    ///
    /// # Errors
    /// As [`Self::read`].
    fn serial(&mut self) -> io::Result<String>;
}
