//! `RunningService`: a service of the demo's own, and commands of this program that speak to it.

use crate::failure::Failure;
use mintage_engine::Code;
use mintage_storage::export::tgt::retire;
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize as _;
use serde_json::Value as Json;
use std::fs;
use std::io::BufReader;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where its data are, in the demo's folder.
const DATA: &str = "data";
/// Where its log goes.
const LOG: &str = "service.log";

/// A service that runs in the current folder. It ends with this, and so do its daemons.
#[derive(Debug)]
pub struct RunningService {
    child: Child,
    /// What it said when it was ready.
    pub said: Json,
    /// Whether it offers volumes over iSCSI.
    pub exports: bool,
}

impl RunningService {
    /// Starts it, with daemons that export where tgtd is installed.
    ///
    /// # Errors
    /// When it does not become ready; its log is in the folder.
    pub fn start() -> Result<Self, Failure> {
        let exports = has_tgtd();
        let portals = free_portals().map_err(|error| broken("finding free ports", &error))?;
        let mut serve = program()?;
        serve.args(["serve", "--json", "--data", DATA, "--listen", "127.0.0.1:0"]);
        if exports {
            serve.args(["--export-daemons", "own", "--export-portals", &portals]);
        }
        let log = fs::File::create(LOG).map_err(|error| broken("making its log", &error))?;
        serve
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        let child = serve
            .spawn()
            .map_err(|error| broken("starting it", &error))?;
        let mut service = Self {
            child,
            said: Json::Null,
            exports,
        };
        let output = service.child.stdout.take().map(BufReader::new);
        let mut said = serde_json::Deserializer::from_reader(output.ok_or_else(not_started)?);
        service.said = Json::deserialize(&mut said).map_err(|_| not_started())?;
        Ok(service)
    }

    /// The file of an OS volume.
    pub fn volume(&self, uri: &str) -> PathBuf {
        let id = uri.rsplit('/').next().unwrap_or_default();
        Path::new(DATA).join("os-volumes").join(format!("{id}.img"))
    }
}

impl Drop for RunningService {
    fn drop(&mut self) {
        let pid = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw);
        if let Some(pid) = pid {
            // It may have ended by itself.
            let _ = kill_process(pid, Signal::TERM);
        }
        let _ = self.child.wait();
        // They would outlive the service, for the servers' sake; here are none.
        let _ = retire(&Path::new(DATA).join("tgt"), 0);
    }
}

/// This program, with a login of its own in the current folder.
///
/// # Errors
/// When it does not know where it is.
pub fn program() -> Result<Command, Failure> {
    let here = std::env::current_dir().and_then(|folder| Ok((folder, std::env::current_exe()?)));
    let (folder, program) = here.map_err(|error| broken("finding this program", &error))?;
    let mut command = Command::new(program);
    command.env("XDG_CONFIG_HOME", folder.join("config"));
    // Neither another service nor its settings are meant; and the password is for us, not for a journal.
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("MINTAGE_") || name == "JOURNAL_STREAM" {
            command.env_remove(name);
        }
    }
    Ok(command)
}

fn not_started() -> Failure {
    let log = Path::new(LOG).canonicalize().unwrap_or(LOG.into());
    let message = format!("the service did not start; {} says why", log.display());
    Failure::new(Code::P2011, message)
}

fn has_tgtd() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let sbin = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    let mut folders = std::env::split_paths(&path).chain(sbin);
    folders.any(|folder| folder.join("tgtd").is_file())
}

/// Two addresses of this machine that nobody listens at: a server has two paths to its disk.
fn free_portals() -> std::io::Result<String> {
    let free = |address: &str| TcpListener::bind((address, 0))?.local_addr();
    Ok(format!("{},{}", free("127.0.0.1")?, free("127.0.0.2")?))
}

fn broken(what: &str, error: &std::io::Error) -> Failure {
    Failure::new(Code::P2011, format!("{what} failed: {error}"))
}
