//! `NbdDevice`: a block device that an NBD server has.
//!
//! The protocol is the one of <https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md>: fixed
//! newstyle negotiation, structured replies and the context `base:allocation` where the server has them. One
//! request is under way at a time. Only `read` and `write` are called, so that a worker in its sandbox can
//! speak it over a socket that it was given. `docs/decisions/nbd-in-the-worker.md` tells why it is our own.

mod dial;
mod handshake;
mod reply;
#[cfg(test)]
mod tests;
mod wire;

pub use dial::dial;

use super::{BlockDevice, count, end_of, read_only, write_zeros};
use crate::error::{Result, VolumeError, VolumeErrorKind};
use handshake::Export;
use reply::{Answer, Failed};
use std::fs::File;
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use wire::{Command, Wire};

/// How much one request reads or writes at most, in bytes: the size of an object of Ceph's block devices, and
/// far below the 32 MiB that every server takes.
const PIECE: usize = 4 << 20;
/// How much one request asks about or zeroes at most, in bytes.
const STRETCH: u64 = 1 << 30;
/// How long a whole answer may take, however slowly its bytes come.
const PATIENCE: Duration = Duration::from_secs(60);

/// A block device that an NBD server has.
///
/// The server may be anybody's: what it says is checked, an answer may take no longer than a minute, and no
/// memory is taken for what it says it will send. What is broken once stays broken.
#[derive(Debug)]
pub struct NbdDevice {
    connection: Mutex<Connection>,
    export: Export,
    writable: bool,
}

#[derive(Debug)]
struct Connection {
    wire: Wire,
    /// Why nothing can be asked any more.
    broken: Option<VolumeError>,
    cookie: u64,
}

impl NbdDevice {
    /// The server's default export, for reading only. `socket` is connected, has its timeouts (see [`dial`]),
    /// and nobody has spoken on it yet.
    ///
    /// # Errors
    /// `Io` when the server does not answer or not in the protocol.
    pub fn read_only(socket: OwnedFd) -> Result<Self> {
        Self::new(socket, false, PATIENCE)
    }

    /// The same, for reading and writing.
    ///
    /// # Errors
    /// As [`Self::read_only`]; `ReadOnly` when the server offers it for reading only.
    pub fn writable(socket: OwnedFd) -> Result<Self> {
        Self::new(socket, true, PATIENCE)
    }

    fn new(socket: OwnedFd, writable: bool, patience: Duration) -> Result<Self> {
        let mut wire = Wire::new(File::from(socket), patience);
        let export = handshake::negotiate(&mut wire)?;
        if writable && export.is_read_only() {
            return Err(read_only());
        }
        let connection = Connection {
            wire,
            broken: None,
            cookie: 0,
        };
        Ok(Self {
            connection: Mutex::new(connection),
            export,
            writable,
        })
    }

    fn ask(&self, command: Command, range: Range<u64>, answer: Answer<'_>) -> Result<()> {
        let mut connection = self
            .connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        connection.ask(&self.export, command, range, answer)
    }

    /// Does `act` for each piece of `len` bytes from `offset` on.
    fn by_stretches(
        &self,
        offset: u64,
        len: u64,
        act: impl Fn(Range<u64>) -> Result<()>,
    ) -> Result<()> {
        let end = end_of(self.export.len, offset, len)?;
        let mut at = offset;
        while at < end {
            let next = end.min(at + STRETCH);
            act(at..next)?;
            at = next;
        }
        Ok(())
    }
}

impl Connection {
    fn ask(
        &mut self,
        export: &Export,
        command: Command,
        range: Range<u64>,
        answer: Answer<'_>,
    ) -> Result<()> {
        if let Some(error) = &self.broken {
            return Err(error.clone());
        }
        self.cookie += 1;
        let asked = self
            .wire
            .request(command, self.cookie, range.clone(), answer.sent())
            .map_err(Failed::Connection)
            .and_then(|()| reply::read(&mut self.wire, export, self.cookie, range, answer));
        asked.map_err(|failed| match failed {
            Failed::Request(error) => error,
            Failed::Connection(error) => {
                self.broken = Some(error.clone());
                error
            }
        })
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if self.broken.is_none() {
            // It is told out of politeness: the connection is closed anyway.
            let _ = self.wire.request(Command::Disconnect, 0, 0..0, &[]);
        }
    }
}

impl BlockDevice for NbdDevice {
    fn len(&self) -> u64 {
        self.export.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        end_of(self.export.len, offset, count(buf))?;
        let mut at = offset;
        for piece in buf.chunks_mut(PIECE) {
            let end = at + count(piece);
            self.ask(Command::Read, at..end, Answer::Data(piece))?;
            at = end;
        }
        Ok(())
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> Result<()> {
        if !self.writable {
            return Err(read_only());
        }
        end_of(self.export.len, offset, count(data))?;
        let mut at = offset;
        for piece in data.chunks(PIECE) {
            let end = at + count(piece);
            self.ask(Command::Write, at..end, Answer::Done(piece))?;
            at = end;
        }
        Ok(())
    }

    fn zero_at(&self, offset: u64, len: u64) -> Result<()> {
        if !self.writable {
            return Err(read_only());
        }
        match self.export.zeroes() {
            true => self.by_stretches(offset, len, |range| {
                self.ask(Command::WriteZeroes, range, Answer::Done(&[]))
            }),
            false => write_zeros(self, offset, len),
        }
    }

    fn next_data(&self, from: u64) -> Result<Option<Range<u64>>> {
        let mut at = from;
        while at < self.export.len {
            if self.export.allocation.is_none() {
                return Ok(Some(at..self.export.len));
            }
            let asked = at..self.export.len.min(at + STRETCH);
            let mut extent = reply::Extent::default();
            self.ask(
                Command::BlockStatus,
                asked.clone(),
                Answer::Extent(&mut extent),
            )?;
            let end = asked.end.min(at + u64::from(extent.len));
            if !extent.is_zeros {
                return Ok(Some(at..end));
            }
            at = end;
        }
        Ok(None)
    }

    fn is_writable(&self) -> bool {
        self.writable
    }

    fn flush(&self) -> Result<()> {
        match self.writable && self.export.flushes() {
            true => self.ask(Command::Flush, 0..0, Answer::Done(&[])),
            false => Ok(()),
        }
    }
}

/// The server did something that it may not do.
fn odd(what: impl std::fmt::Display) -> VolumeError {
    VolumeError::new(
        VolumeErrorKind::Io,
        format!("the NBD server broke the protocol: {what}"),
    )
}
