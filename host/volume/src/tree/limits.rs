//! What holds a run: the interrupt that its long loops ask, and the budget of bytes it may write.

use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::path::VolumePath;
use crate::tree::VolumeTree;
use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;

/// Asked in every long loop; its error (`Cancelled`, for a deadline too) ends the operation.
pub type Interrupt = Arc<dyn Fn() -> Result<()> + Send + Sync>;

/// How many bytes are moved between two questions to the interrupt.
pub(super) const CHUNK: usize = 1024 * 1024;

/// The limits of one run.
#[derive(Default)]
pub(super) struct Limits {
    interrupt: Option<Interrupt>,
    /// How many bytes may be written in all.
    budget: Option<u64>,
    /// How many were.
    written: u64,
}

impl VolumeTree {
    /// Sets what every long loop asks whether to go on: each chunk of a read, write or copy, each
    /// entry of a walk or removal. Its error is returned as it is.
    pub fn set_interrupt(&mut self, interrupt: Interrupt) {
        self.limits.interrupt = Some(interrupt);
    }

    /// Sets how many bytes of content may be written from now on in all, holes counted too;
    /// checked before writing. Past it, writes fail with `LimitReached`.
    pub fn set_write_budget(&mut self, bytes: u64) {
        self.limits.budget = Some(bytes);
        self.limits.written = 0;
    }

    /// Asks the interrupt whether to go on; for callers with long loops of their own.
    ///
    /// # Errors
    /// What the interrupt says.
    pub fn check_interrupt(&self) -> Result<()> {
        self.limits.check_interrupt()
    }
}

impl Limits {
    pub(super) fn check_interrupt(&self) -> Result<()> {
        self.interrupt.as_ref().map_or(Ok(()), |ask| ask())
    }

    /// Whether `bytes` more may be written.
    pub(super) fn check_budget(&self, path: &VolumePath, bytes: u64) -> Result<()> {
        match self.budget {
            Some(budget) if self.written.saturating_add(bytes) > budget => {
                let why =
                    format!("the run would have written more than its limit of {budget} bytes");
                let kind = VolumeErrorKind::LimitReached;
                Err(VolumeError::cannot(kind, "write", path, &why))
            }
            _ => Ok(()),
        }
    }

    /// Takes `bytes` from the budget, before they are written.
    pub(super) fn charge(&mut self, path: &VolumePath, bytes: u64) -> Result<()> {
        self.check_budget(path, bytes)?;
        self.written = self.written.saturating_add(bytes);
        Ok(())
    }

    /// A reader that passes `source` on, charging every chunk and asking the interrupt.
    pub(super) fn meter<'a>(
        &'a mut self,
        path: &'a VolumePath,
        source: &'a mut dyn Read,
    ) -> Metered<'a> {
        Metered {
            limits: self,
            path,
            source,
            refusal: None,
        }
    }
}

impl fmt::Debug for Limits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limits")
            .field("interrupt", &self.interrupt.is_some())
            .field("budget", &self.budget)
            .field("written", &self.written)
            .finish()
    }
}

/// Content on its way into a file.
pub(super) struct Metered<'a> {
    limits: &'a mut Limits,
    path: &'a VolumePath,
    source: &'a mut dyn Read,
    refusal: Option<VolumeError>,
}

impl Metered<'_> {
    /// The limit that stopped the reading, which an `io::Error` could not carry.
    pub(super) fn refusal(self) -> Option<VolumeError> {
        self.refusal
    }
}

impl Read for Metered<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let len = buf.len().min(CHUNK);
        let read = self.source.read(&mut buf[..len])?;
        let allowed = self
            .limits
            .check_interrupt()
            .and_then(|()| self.limits.charge(self.path, read as u64));
        allowed.map_err(|refusal| {
            self.refusal = Some(refusal);
            io::Error::other("a limit of the run was reached")
        })?;
        Ok(read)
    }
}
