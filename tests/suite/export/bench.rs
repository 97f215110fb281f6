//! `TgtBench`: two tgtd of a test's own, and initiators for them.

use mintage_storage::export::conformance::{Bench, Disk, Login};
use mintage_storage::export::tgt::{DaemonState, Daemons, retire};
use mintage_storage::export::{
    Chap, DiskId, Export, ExportSource, Exporter, Force, Iqn, Portal, Tgt,
};
use mintage_test_support::{Environment, Initiator, IscsiSession};
use std::io;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

/// How long a daemon may take to be there again.
const PATIENCE: Duration = Duration::from_secs(20);

/// Two tgtd of a test's own. They end with it.
pub struct TgtBench {
    exporter: Option<Tgt>,
    portals: Vec<Portal>,
    environment: Environment,
    states: Mutex<Option<Receiver<DaemonState>>>,
}

impl TgtBench {
    /// Starts them.
    pub fn new() -> Self {
        let mut bench = Self::unstarted(free_portals());
        bench.start();
        bench
    }

    /// Uses daemons that run already: their control ports, and where they listen.
    pub fn external(pairs: &[(u16, Portal)]) -> Self {
        let mut bench = Self::unstarted(pairs.iter().map(|(_, portal)| *portal).collect());
        bench.start_with(Daemons::External(pairs.to_vec()));
        bench
    }

    fn unstarted(portals: Vec<Portal>) -> Self {
        let bench = Self {
            exporter: None,
            portals,
            environment: Environment::new(),
            states: Mutex::default(),
        };
        std::fs::create_dir(bench.folder()).unwrap();
        bench
    }

    /// Starts the exporter, as a service does at its start.
    pub fn start(&mut self) {
        self.start_with(Daemons::Own {
            folder: self.folder(),
            portals: self.portals.clone(),
        });
    }

    fn start_with(&mut self, daemons: Daemons) {
        let (tell, states) = mpsc::channel();
        // Nobody listens when the test is over.
        let exporter = Tgt::start(daemons, move |state| drop(tell.send(state)));
        self.exporter = Some(exporter);
        self.states = Mutex::new(Some(states));
    }

    /// The exporter ends, as with the service.
    pub fn stop(&mut self) {
        self.exporter = None;
    }

    pub fn folder(&self) -> PathBuf {
        self.environment.path("tgt")
    }

    /// The process of a daemon, from 1.
    pub fn pid(&self, number: usize) -> i32 {
        let file = self.folder().join(format!("tgtd-{number}.pid"));
        std::fs::read_to_string(file)
            .unwrap()
            .trim()
            .parse()
            .unwrap()
    }

    /// Ends a daemon as `kill -9` does.
    pub fn kill(&self, number: usize) {
        let pid = rustix::process::Pid::from_raw(self.pid(number)).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    }

    /// Waits for what is told of a daemon next.
    pub fn next_state(&self) -> DaemonState {
        let states = self.states.lock().unwrap();
        states.as_ref().unwrap().recv_timeout(PATIENCE).unwrap()
    }

    /// A program of others, in the bench's environment, talking to the bench's daemons.
    pub fn run(&self, program: &str, args: &[&str]) -> Output {
        let mut command: Command = self.environment.program(program);
        command
            .args(args)
            .env("TGT_IPC_SOCKET", "control")
            .current_dir(self.folder());
        command.output().unwrap()
    }

    /// An export of a new volume of 4 MiB.
    pub fn export(&self, server: &str) -> Export {
        Export {
            target: iqn(&format!("iqn.2026-11.com.example:{server}")),
            volume: self.volume(server, 4 << 20),
            initiator: iqn(&format!("iqn.2026-11.com.example.host:{server}")),
            chap: Some(Chap::new(server, "secret-of-web").unwrap()),
            mutual: None,
            disk: DiskId::parse(server).unwrap(),
        }
    }

    /// Logs in by a portal, however long its daemon takes to be there.
    pub fn log_in_again(&self, portal: Portal, login: &Login) -> Box<dyn Disk> {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.log_in(portal, login) {
                Ok(disk) => return disk,
                Err(why) => assert!(Instant::now() < end, "{portal}: {why}"),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for TgtBench {
    fn drop(&mut self) {
        if let Some(exporter) = self.exporter.take() {
            for target in exporter.list().unwrap_or_default() {
                // A test that failed may leave daemons that do not answer.
                let _ = exporter.unpublish(&target, Force::Yes);
            }
        }
        let left = retire(&self.folder(), 0);
        if !std::thread::panicking() {
            assert_eq!(left.unwrap(), 0, "daemons left behind");
        }
    }
}

impl Bench for TgtBench {
    fn exporter(&self) -> &dyn Exporter {
        self.exporter.as_ref().unwrap()
    }

    fn volume(&self, name: &str, len: u64) -> ExportSource {
        let path = self.environment.path(name);
        std::fs::File::create(&path).unwrap().set_len(len).unwrap();
        ExportSource::File(path)
    }

    fn log_in(&self, portal: Portal, login: &Login) -> Result<Box<dyn Disk>, String> {
        let account = |chap: &'_ Chap| (chap.user.clone(), chap.secret.expose().to_owned());
        let (chap, mutual) = (
            login.chap.as_ref().map(account),
            login.mutual.as_ref().map(account),
        );
        let initiator = Initiator {
            name: login.initiator.as_str(),
            alias: None,
            chap: chap
                .as_ref()
                .map(|(user, secret)| (user.as_str(), secret.as_str())),
            mutual: mutual
                .as_ref()
                .map(|(user, secret)| (user.as_str(), secret.as_str())),
        };
        let session = initiator.log_in(portal.0, login.target.as_str())?;
        Ok(Box::new(Session(session)))
    }

    fn discover(&self, portal: Portal, initiator: &Iqn) -> Vec<Iqn> {
        let initiator = Initiator {
            name: initiator.as_str(),
            alias: None,
            chap: None,
            mutual: None,
        };
        let names = initiator.discover(portal.0).unwrap();
        names.iter().map(|name| iqn(name)).collect()
    }
}

struct Session(IscsiSession);

impl Disk for Session {
    fn read(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.0.read(offset, buf)
    }

    fn write(&mut self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.0.write(offset, data)
    }

    fn serial(&mut self) -> io::Result<String> {
        self.0.serial()
    }
}

pub fn iqn(text: &str) -> Iqn {
    Iqn::parse(text).unwrap()
}

/// Two portals of the loopback address where nobody listens.
pub fn free_portals() -> Vec<Portal> {
    let listeners = [0, 0].map(|port| TcpListener::bind(("127.0.0.1", port)).unwrap());
    let portals = listeners
        .iter()
        .map(|listener| Portal(listener.local_addr().unwrap()));
    portals.collect()
}
