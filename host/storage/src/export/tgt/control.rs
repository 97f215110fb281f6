//! `Control`: the socket by which a tgtd is told what to do.
//!
//! It is spoken to directly, in the protocol of `tgtadm`: that program takes secrets only as arguments,
//! which every user of the machine can read. See `docs/decisions/export-by-tgt.md`.

use super::protocol::{HEADER, ReplyHeader, Request};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsRawFd as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long an answer may take. Opening an image of a cluster that is lost takes long.
const PATIENCE: Duration = Duration::from_secs(30);
/// The longest answer, in bytes: some tens of thousands of targets.
const LONGEST: usize = 64 << 20;

/// Where a tgtd listens for what it shall do: `FOLDER/NAME.NUMBER`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Control {
    /// The folder.
    pub folder: PathBuf,
    /// What the socket is called, without the number.
    pub name: &'static str,
    /// The control port: tgtd's option `-C`.
    pub number: u16,
}

/// Why a call failed.
#[derive(Debug)]
pub(super) enum CallError {
    /// Nobody listens.
    Gone(io::Error),
    /// It does not answer, or not in the protocol.
    Silent(String),
    /// It answered that it does not.
    Code(u32),
}

impl Control {
    /// The socket of a tgtd that somebody else started with `-C number`.
    pub fn external(number: u16) -> Self {
        Self {
            folder: PathBuf::from("/var/run/tgtd"),
            name: "socket",
            number,
        }
    }

    /// The socket of a tgtd that is the service's own.
    pub fn own(folder: &Path, number: u16) -> Self {
        Self {
            folder: folder.to_owned(),
            name: "control",
            number,
        }
    }

    /// Connects. The connection ends when the tgtd does.
    pub(super) fn connect(&self) -> io::Result<UnixStream> {
        // The name of a socket has 108 bytes, a folder's can be longer.
        let folder = File::open(&self.folder)?;
        let short = format!(
            "/proc/self/fd/{}/{}.{}",
            folder.as_raw_fd(),
            self.name,
            self.number
        );
        UnixStream::connect(short)
    }

    /// Has the request done, and returns the text of the answer.
    pub(super) fn call(&self, request: &Request<'_>) -> Result<String, CallError> {
        let mut stream = self.connect().map_err(CallError::Gone)?;
        exchange(&mut stream, request).unwrap_or_else(|error| {
            let why = match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                    "it does not answer".to_owned()
                }
                // It closes the connection of a user that it does not obey.
                io::ErrorKind::UnexpectedEof
                | io::ErrorKind::BrokenPipe
                | io::ErrorKind::ConnectionReset => {
                    "it does not obey this user, or speaks another protocol".to_owned()
                }
                _ => error.to_string(),
            };
            Err(CallError::Silent(why))
        })
    }
}

fn exchange(
    stream: &mut UnixStream,
    request: &Request<'_>,
) -> io::Result<Result<String, CallError>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(&request.to_bytes())?;
    let mut header = [0; HEADER];
    stream.read_exact(&mut header)?;
    let reply = ReplyHeader::parse(&header);
    if reply.code != 0 {
        return Ok(Err(CallError::Code(reply.code)));
    }
    if reply.text_len > LONGEST {
        return Ok(Err(CallError::Silent("its answer is too long".to_owned())));
    }
    let mut text = vec![0; reply.text_len];
    stream.read_exact(&mut text)?;
    let text = String::from_utf8_lossy(&text);
    Ok(Ok(text.trim_end_matches('\0').to_owned()))
}
