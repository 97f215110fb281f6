//! Telling others that the service is ready: a file, and systemd (sd_notify(3)).

use super::Started;
use serde_json::json;
use std::ffi::OsString;
use std::io::{self, Write as _};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;

/// Writes the ready file, and tells systemd.
pub(super) fn ready(started: &Started, file: Option<&Path>) -> io::Result<()> {
    if let Some(path) = file {
        let text = json!({
            "url": started.url,
            "certificate": started.certificate,
            "fingerprint": started.fingerprint,
            "pid": std::process::id(),
        });
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let mut new = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
        writeln!(new, "{text}")?;
        // Who waits for the file finds it whole.
        new.persist(path)?;
    }
    tell("READY=1");
    Ok(())
}

/// Tells systemd that the service stops.
pub(super) fn stopping() {
    tell("STOPPING=1");
}

fn tell(state: &str) {
    if let Some(name) = std::env::var_os("NOTIFY_SOCKET")
        && let Err(error) = send(&name, state)
    {
        tracing::warn!(%error, "cannot tell systemd {state}");
    }
}

fn send(name: &OsString, state: &str) -> io::Result<()> {
    let address = match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(name)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.send_to_addr(state.as_bytes(), &address)?;
    Ok(())
}
