//! The host program `tgtd`: how it is started.
//!
//! It obeys only root, or who started it: a service that is not root starts it by `unshare`, in a user
//! namespace where its own user is root.

use super::control::Control;
use crate::export::Portal;
use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Threads that read and write, of each disk.
const THREADS: &str = "4";

/// Starts one that listens at `portal`. It outlives this process, and writes to [`log`].
///
/// # Errors
/// When a program is not there, or cannot be started.
pub(super) fn start(control: &Control, portal: Portal) -> io::Result<Child> {
    let log = OpenOptions::new()
        .create(true)
        .append(true)
        .mode(0o600)
        .open(log(control))?;
    let mut command = match rustix::process::geteuid().is_root() {
        true => Command::new(find("tgtd")?),
        false => {
            let mut command = Command::new(find("unshare")?);
            command
                .args(["--user", "--map-root-user"])
                .arg(find("tgtd")?);
            command
        }
    };
    command
        .args([
            "-f",
            "-t",
            THREADS,
            "-C",
            &control.number.to_string(),
            "--iscsi",
        ])
        .arg(format!("portal={portal}"))
        .env_clear()
        // Where its socket is; in its folder, because names of sockets are short.
        .env("TGT_IPC_SOCKET", control.name)
        .current_dir(&control.folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        // What ends this process by the terminal does not end it.
        .process_group(0);
    command.spawn()
}

/// Where it writes what it has to say.
pub(super) fn log(control: &Control) -> PathBuf {
    control.folder.join(format!("tgtd-{}.log", control.number))
}

/// Where its process id is kept.
pub(super) fn pid_file(control: &Control) -> PathBuf {
    control.folder.join(format!("tgtd-{}.pid", control.number))
}

/// A program of the `PATH`, or of the folders of programs for administrators.
fn find(program: &str) -> io::Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(["/usr/sbin", "/sbin"].map(PathBuf::from));
    let found = folders
        .map(|folder| folder.join(program))
        .find(|path| is_program(path));
    found.ok_or_else(|| {
        let message = format!("there is no program `{program}`");
        io::Error::new(io::ErrorKind::NotFound, message)
    })
}

fn is_program(path: &Path) -> bool {
    path.is_absolute() && path.is_file()
}
