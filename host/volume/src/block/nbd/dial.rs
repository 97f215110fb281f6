//! Connecting to an NBD server.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// How long a server may say nothing, or take nothing.
const SILENCE: Duration = Duration::from_secs(30);

/// A connection to the server at the unix socket `path`, for one [`super::NbdDevice`], in this process or in
/// another one. It has timeouts, which a worker in its sandbox could not set.
///
/// # Errors
/// When nobody listens there.
pub fn dial(path: &Path) -> io::Result<OwnedFd> {
    let socket = UnixStream::connect(path)?;
    socket.set_read_timeout(Some(SILENCE))?;
    socket.set_write_timeout(Some(SILENCE))?;
    Ok(socket.into())
}
