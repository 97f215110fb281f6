//! `Emulator`: qemu with one disk, whose writes are thrown away, and a serial console.
//!
//! It is started by `prlimit` and `setpriv`, which take from it what it does not need before it begins: it
//! ends with this process, gains no privileges, writes no large file, and is nobody where this process is
//! root. Its own seccomp filter forbids it to start programs.

use super::error::{BootTestError, Result};
use super::firmware::Firmware;
use command_fds::{CommandFdExt as _, FdMapping};
use mintage_storage::scratch_file;
use mintage_volume::escape::printable;
use rustix::process::{Pid, Signal, geteuid, kill_process_group};
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;
use tempfile::TempDir;

/// The emulator's program.
const PROGRAM: &str = "qemu-system-x86_64";
/// Where packages put the firmware for UEFI.
const OVMF: [&str; 3] = [
    "/usr/share/ovmf/OVMF.fd",
    "/usr/share/qemu/OVMF.fd",
    "/usr/share/OVMF/OVMF.fd",
];
/// The guest's memory, in MiB.
const MEMORY: u32 = 1024;
/// How much the guest may write, in bytes.
const MAX_WRITTEN: u64 = 4 << 30;
/// The user and group `nobody` (Debian's base-passwd; elsewhere an unused number will do).
const NOBODY: u32 = 65534;
/// The descriptor that the disk has in the emulator.
const DISK: i32 = 3;
/// How many pieces of the console wait for their reader, of at most [`PIECE`] bytes.
const PIECES: usize = 16;
/// How much of the console is read at once, in bytes.
const PIECE: usize = 16 << 10;
/// How much of what the emulator itself complains of is kept, in bytes.
const MAX_COMPLAINT: usize = 4096;

/// A running emulator; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Emulator {
    child: Child,
    console: Receiver<io::Result<Vec<u8>>>,
    /// What it complains of; a file without a name.
    complaints: File,
    /// Where it makes the file for what the guest writes, which loses its name at once; gone with it.
    _folder: TempDir,
}

impl Emulator {
    /// Starts a machine with `disk`; it gets at most `time` of a processor.
    pub(super) fn start(
        disk: &File,
        firmware: Firmware,
        folder: &Path,
        time: Duration,
    ) -> Result<Self> {
        let program = program()?;
        let failed = |what| move |why| BootTestError::Emulator { what, why };
        let folder = own_folder(folder).map_err(failed("make a folder for temporary files"))?;
        let complaints = scratch_file(folder.path()).map_err(io::Error::other);
        let complaints = complaints.map_err(failed("make a file for its complaints"))?;
        let stderr = complaints.try_clone();
        let stderr = stderr.map_err(failed("pass the file for its complaints on"))?;
        let disk = disk.try_clone().map_err(failed("pass the disk on"))?;
        let mut command = Command::new("prlimit");
        command
            .args(limits(time))
            .args(privileges())
            .arg(program)
            .args(machine(firmware)?)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            // Its user may not come here by a path: the folders above are for others.
            .env("TMPDIR", ".")
            .current_dir(folder.path())
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr);
        let mapping = FdMapping {
            parent_fd: disk.into(),
            child_fd: DISK,
        };
        let mapped = command.fd_mappings(vec![mapping]);
        mapped.map_err(|error| failed("pass the disk on")(io::Error::other(error)))?;
        let mut child = command.spawn().map_err(failed("start the emulator"))?;
        let console = child.stdout.take();
        Ok(Self {
            console: listen(console),
            child,
            complaints,
            _folder: folder,
        })
    }

    /// What the console says next; none when the emulator has ended. Empty when nothing came in `time`.
    pub(super) fn read(&mut self, time: Duration) -> Result<Option<Vec<u8>>> {
        match self.console.recv_timeout(time) {
            Ok(Ok(piece)) => Ok(Some(piece)),
            Ok(Err(why)) => Err(BootTestError::Emulator {
                what: "read the console",
                why,
            }),
            Err(RecvTimeoutError::Timeout) => Ok(Some(Vec::new())),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
        }
    }

    /// Waits for an emulator that has closed its console; what it complained of, empty after a good end.
    pub(super) fn end(&mut self) -> String {
        match self.child.wait() {
            Ok(status) if status.success() => String::new(),
            Ok(status) => {
                let mut said = vec![0; MAX_COMPLAINT];
                // Without its complaints, the status has to do.
                let len = self.complaints.read_at(&mut said, 0).unwrap_or_default();
                said.truncate(len);
                let said = String::from_utf8_lossy(&said);
                format!("{status}: {}", printable(said.trim(), &[]))
            }
            Err(error) => error.to_string(),
        }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let group = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        // One that has ended is no error, and there is nobody to tell of another.
        let _ = group.map(|group| kill_process_group(group, Signal::KILL));
        let _ = self.child.wait();
    }
}

/// Whether everything is there that a test needs, with `firmware` where that is known.
///
/// # Errors
/// `Missing`.
pub(super) fn is_there(firmware: Option<Firmware>) -> Result<()> {
    program()?;
    match firmware {
        Some(Firmware::Uefi) => ovmf().map(drop),
        Some(Firmware::Bios) | None => Ok(()),
    }
}

fn program() -> Result<PathBuf> {
    on_path(PROGRAM).ok_or(BootTestError::Missing {
        what: PROGRAM,
        package: "qemu-system-x86",
    })
}

fn ovmf() -> Result<&'static str> {
    let found = OVMF.iter().find(|path| Path::new(path).is_file());
    found.copied().ok_or(BootTestError::Missing {
        what: "OVMF.fd",
        package: "ovmf",
    })
}

/// A folder that only the emulator's user has.
fn own_folder(within: &Path) -> io::Result<TempDir> {
    let folder = tempfile::Builder::new()
        .prefix("boot-test-")
        .tempdir_in(within)?;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o700))?;
    if geteuid().is_root() {
        chown(folder.path(), Some(NOBODY), Some(NOBODY))?;
    }
    Ok(folder)
}

/// What `prlimit` is told.
fn limits(time: Duration) -> Vec<OsString> {
    // Its threads together use more than one processor at times.
    let seconds = time.as_secs().saturating_mul(2).saturating_add(10);
    let all = [
        "--core=0".to_owned(),
        format!("--cpu={seconds}"),
        format!("--fsize={MAX_WRITTEN}"),
    ];
    all.into_iter().map(OsString::from).collect()
}

/// `setpriv` and what it is told.
fn privileges() -> Vec<OsString> {
    let mut all = vec![
        "setpriv".to_owned(),
        "--no-new-privs".to_owned(),
        "--pdeathsig=KILL".to_owned(),
    ];
    if geteuid().is_root() {
        all.push(format!("--reuid={NOBODY}"));
        all.push(format!("--regid={NOBODY}"));
        all.extend(["--clear-groups", "--inh-caps=-all", "--bounding-set=-all"].map(String::from));
    }
    all.into_iter().map(OsString::from).collect()
}

/// What the emulator is told. No KVM: a test is to be the same everywhere.
fn machine(firmware: Firmware) -> Result<Vec<OsString>> {
    let memory = MEMORY.to_string();
    let set = format!("fd={DISK},set=1");
    let mut all: Vec<String> = [
        "-nodefaults",
        "-no-user-config",
        "-no-reboot",
        "-accel",
        "tcg",
        "-cpu",
        "max",
        "-smp",
        "1",
        "-m",
        &memory,
        "-machine",
        "pc,graphics=off",
        "-display",
        "none",
        "-monitor",
        "none",
        "-nic",
        "none",
        "-chardev",
        "stdio,id=console,signal=off",
        "-serial",
        "chardev:console",
        "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        "-add-fd",
        &set,
        "-drive",
        "if=none,id=disk,format=raw,file=/dev/fdset/1,file.locking=off,snapshot=on",
        "-device",
        "virtio-scsi-pci",
        "-device",
        "scsi-hd,drive=disk,bootindex=0",
    ]
    .map(String::from)
    .to_vec();
    if firmware == Firmware::Uefi {
        all.extend(["-bios".to_owned(), ovmf()?.to_owned()]);
    }
    Ok(all.into_iter().map(OsString::from).collect())
}

/// Reads the console in a thread of its own, until it ends or nobody wants more.
fn listen(console: Option<impl io::Read + Send + 'static>) -> Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = sync_channel(PIECES);
    let Some(mut console) = console else {
        return receiver;
    };
    thread::spawn(move || {
        loop {
            let mut piece = vec![0; PIECE];
            let read = console.read(&mut piece);
            let is_end = !matches!(read, Ok(count) if count > 0);
            let said = read.map(|count| {
                piece.truncate(count);
                piece
            });
            let is_said = !matches!(&said, Ok(piece) if piece.is_empty());
            if (is_said && sender.send(said).is_err()) || is_end {
                return;
            }
        }
    });
    receiver
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut all = std::env::split_paths(&path).map(|folder| folder.join(program));
    all.find(|file| file.is_file())
}
