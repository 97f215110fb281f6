//! `Wire`: bytes and numbers to and from an NBD server, with a deadline.

use super::PIECE;
use crate::error::{Result, VolumeError, VolumeErrorKind};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::ops::Range;
use std::time::{Duration, Instant};

const REQUEST: u32 = 0x2560_9513;
/// Only one extent is wanted: whoever wants the next one asks again.
const REQUEST_ONE: u16 = 1 << 3;

/// What a server can be asked for, with the protocol's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Command {
    Read = 0,
    Write = 1,
    Disconnect = 2,
    Flush = 3,
    WriteZeroes = 6,
    BlockStatus = 7,
}

/// Bytes and numbers to and from a server.
#[derive(Debug)]
pub(super) struct Wire {
    socket: File,
    patience: Duration,
    deadline: Instant,
}

impl Wire {
    pub(super) fn new(socket: File, patience: Duration) -> Self {
        Self {
            socket,
            patience,
            deadline: Instant::now() + patience,
        }
    }

    /// Sends `bytes` whole; what is read next is an answer to it.
    pub(super) fn send(&mut self, bytes: &[u8]) -> Result<()> {
        self.deadline = Instant::now() + self.patience;
        let mut rest = bytes;
        while !rest.is_empty() {
            match self.socket.write(rest) {
                Ok(0) => return Err(lost(&io::ErrorKind::WriteZero.into())),
                Ok(sent) => rest = rest.get(sent..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(lost(&error)),
            }
            self.check_deadline()?;
        }
        Ok(())
    }

    /// Sends a request and what is written by it.
    pub(super) fn request(
        &mut self,
        command: Command,
        cookie: u64,
        range: Range<u64>,
        data: &[u8],
    ) -> Result<()> {
        let flags = match command {
            Command::BlockStatus => REQUEST_ONE,
            _ => 0,
        };
        let len = u32::try_from(range.end - range.start)
            .map_err(|_| super::odd("a request that is too long"))?;
        let mut bytes = Vec::with_capacity(28 + data.len().min(PIECE));
        bytes.extend(REQUEST.to_be_bytes());
        bytes.extend(flags.to_be_bytes());
        bytes.extend((command as u16).to_be_bytes());
        bytes.extend(cookie.to_be_bytes());
        bytes.extend(range.start.to_be_bytes());
        bytes.extend(len.to_be_bytes());
        bytes.extend(data);
        self.send(&bytes)
    }

    /// Fills `buf`.
    pub(super) fn fill(&mut self, buf: &mut [u8]) -> Result<()> {
        let mut filled = 0;
        while let Some(rest) = buf.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            self.check_deadline()?;
            match self.socket.read(rest) {
                Ok(0) => return Err(lost(&io::ErrorKind::UnexpectedEof.into())),
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(lost(&error)),
            }
        }
        Ok(())
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> Result<[u8; N]> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn u16(&mut self) -> Result<u16> {
        self.bytes().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32> {
        self.bytes().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64> {
        self.bytes().map(u64::from_be_bytes)
    }

    fn check_deadline(&self) -> Result<()> {
        match Instant::now() < self.deadline {
            true => Ok(()),
            false => Err(silent()),
        }
    }
}

fn silent() -> VolumeError {
    VolumeError::new(
        VolumeErrorKind::Io,
        "the NBD server does not answer in time",
    )
}

fn lost(error: &io::Error) -> VolumeError {
    let why = match error.kind() {
        // That is how a timeout of a socket ends.
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => return silent(),
        io::ErrorKind::UnexpectedEof | io::ErrorKind::BrokenPipe => {
            "it closed the connection".to_owned()
        }
        _ => error.to_string(),
    };
    VolumeError::new(
        VolumeErrorKind::Io,
        format!("the NBD server is lost: {why}"),
    )
}
