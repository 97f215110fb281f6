//! `ServedImage`: an image that qemu's NBD server serves, from when it is first wanted.

use super::call::{Cluster, wait};
use crate::scratch::scratch_file;
use crate::store::error::{Result, StoreError, StoreErrorKind};
use mintage_volume::block::nbd::dial;
use mintage_volume::block::{BlockDevice, NbdDevice};
use mintage_volume::{VolumeError, VolumeErrorKind};
use std::fs::{self, File};
use std::io::{self, Read as _, Seek as _};
use std::ops::Range;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take until it serves.
const START: Duration = Duration::from_secs(30);
/// How long it may take to end once nobody is connected.
const END: Duration = Duration::from_secs(10);

/// An image or a snapshot of one, as a device. The server is started when it is first wanted.
#[derive(Debug)]
pub(super) struct ServedImage {
    cluster: Arc<Cluster>,
    image: String,
    /// A snapshot is read; an image without one is written too.
    snapshot: Option<String>,
    len: u64,
    server: Mutex<State>,
}

#[derive(Debug)]
enum State {
    Idle,
    Serving(Arc<Server>),
    Closed,
}

impl ServedImage {
    pub(super) fn new(
        cluster: &Arc<Cluster>,
        image: &str,
        snapshot: Option<&str>,
        len: u64,
    ) -> Self {
        Self {
            cluster: Arc::clone(cluster),
            image: image.to_owned(),
            snapshot: snapshot.map(str::to_owned),
            len,
            server: Mutex::new(State::Idle),
        }
    }

    /// One more connection to the server.
    pub(super) fn connect(&self, what: &str) -> Result<OwnedFd> {
        let failed = |error: &dyn std::fmt::Display| {
            let why = format!("its NBD server failed: {error}");
            self.cluster.error(StoreErrorKind::Unavailable, what, why)
        };
        let server = self.server().map_err(|error| failed(&error))?;
        server.connect().map_err(|error| failed(&error))
    }

    /// Ends the server; what was written is in the cluster then. Nothing can be read or written any more.
    pub(super) fn close(&self, what: &str) -> Result<()> {
        let mut state = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        if let State::Serving(server) = std::mem::replace(&mut *state, State::Closed) {
            server.device.flush().map_err(|error| {
                let kind = match error.kind() {
                    VolumeErrorKind::NoSpace => StoreErrorKind::Full,
                    _ => StoreErrorKind::Unavailable,
                };
                StoreError::new(kind, what, self.cluster.label(), error.to_string())
            })?;
        }
        Ok(())
    }

    fn server(&self) -> mintage_volume::Result<Arc<Server>> {
        let mut state = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State::Serving(server) => Ok(Arc::clone(server)),
            State::Closed => Err(VolumeError::new(
                VolumeErrorKind::Io,
                "the volume is closed already",
            )),
            State::Idle => {
                let server = Server::start(&self.cluster, &self.image, self.snapshot.as_deref())?;
                let server = Arc::new(server);
                *state = State::Serving(Arc::clone(&server));
                Ok(server)
            }
        }
    }
}

impl BlockDevice for ServedImage {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> mintage_volume::Result<()> {
        self.server()?.device.read_at(offset, buf)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> mintage_volume::Result<()> {
        self.server()?.device.write_at(offset, data)
    }

    fn zero_at(&self, offset: u64, len: u64) -> mintage_volume::Result<()> {
        self.server()?.device.zero_at(offset, len)
    }

    fn next_data(&self, from: u64) -> mintage_volume::Result<Option<Range<u64>>> {
        self.server()?.device.next_data(from)
    }

    fn is_writable(&self) -> bool {
        self.snapshot.is_none()
    }

    fn flush(&self) -> mintage_volume::Result<()> {
        self.server()?.device.flush()
    }
}

/// A running server. It ends with its last connection, of which this process holds one: also when this
/// process is killed.
#[derive(Debug)]
struct Server {
    device: NbdDevice,
    socket: Socket,
    /// After the connection: it waits for the server's end.
    _process: Process,
}

impl Server {
    fn start(
        cluster: &Cluster,
        image: &str,
        snapshot: Option<&str>,
    ) -> mintage_volume::Result<Self> {
        let socket = Socket::new(cluster)?;
        let mut log = scratch_file(cluster.scratch()).map_err(io::Error::other)?;
        let mut command = Command::new("qemu-nbd");
        command
            .args(["--shared=16", "--socket", &socket.name_for_server()])
            .current_dir(cluster.scratch())
            .env_remove("CEPH_ARGS")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log.try_clone()?);
        if snapshot.is_some() {
            command.arg("--read-only");
        }
        command
            .arg("--image-opts")
            .arg(options(cluster, image, snapshot));
        let mut process = Process(command.spawn()?);
        let deadline = Instant::now() + START;
        let connection = loop {
            match socket.connect() {
                Ok(connection) => break connection,
                Err(_) if Instant::now() < deadline && process.0.try_wait()?.is_none() => {
                    thread::sleep(Duration::from_millis(10));
                }
                Err(_) => {
                    let mut said = String::new();
                    log.rewind()?;
                    log.take(4096).read_to_string(&mut said)?;
                    tracing::warn!(image, said, "qemu-nbd does not serve");
                    return Err(VolumeError::new(
                        VolumeErrorKind::Io,
                        "qemu-nbd does not serve the image; the log of the service tells why",
                    ));
                }
            }
        };
        let device = match snapshot {
            Some(_) => NbdDevice::read_only(connection)?,
            None => NbdDevice::writable(connection)?,
        };
        Ok(Self {
            device,
            socket,
            _process: process,
        })
    }

    fn connect(&self) -> io::Result<OwnedFd> {
        self.socket.connect()
    }
}

/// What QEMU is told. All names are plain: a comma would begin another option.
fn options(cluster: &Cluster, image: &str, snapshot: Option<&str>) -> String {
    let pool = cluster.pool();
    let mut options = format!(
        "driver=rbd,pool={},image={image},conf={}",
        pool.name,
        pool.conf.display()
    );
    for (name, value) in [("snapshot", snapshot), ("user", pool.user.as_deref())] {
        if let Some(value) = value {
            options.push_str(&format!(",{name}={value}"));
        }
    }
    options
}

/// The socket of a server, in the scratch folder.
#[derive(Debug)]
struct Socket {
    folder: File,
    path: PathBuf,
    name: String,
}

impl Socket {
    fn new(cluster: &Cluster) -> io::Result<Self> {
        let name = super::image::unused_name("nbd-");
        Ok(Self {
            folder: File::open(cluster.scratch())?,
            path: cluster.scratch().join(&name),
            name,
        })
    }

    /// The path of a socket has 108 bytes, a folder's can be longer; the server runs in the folder.
    fn name_for_server(&self) -> String {
        format!("/proc/self/cwd/{}", self.name)
    }

    fn connect(&self) -> io::Result<OwnedFd> {
        let path = format!("/proc/self/fd/{}/{}", self.folder.as_raw_fd(), self.name);
        dial(path.as_ref())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // The server may have removed it at its end.
        let _ = fs::remove_file(&self.path);
    }
}

/// The process of a server, whose connections are closed when this is dropped.
#[derive(Debug)]
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        if !matches!(wait(&mut self.0, Instant::now() + END), Ok(Some(_))) {
            tracing::warn!("qemu-nbd does not end, and is killed");
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}
