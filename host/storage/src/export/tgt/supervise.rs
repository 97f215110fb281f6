//! Looking after one daemon: it is started or found, gets its targets, and is watched until it ends.
//!
//! An idle connection to its socket ends when the process does, whoever started it.

use super::daemon::Daemon;
use super::protocol::Request;
use super::status;
use super::{Backing, DaemonState, Inner, tgtd};
use crate::export::ExportError;
use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::process::Child;
use std::sync::Weak;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

/// How long a daemon may take to listen.
const START: Duration = Duration::from_secs(10);
/// How often it is looked whether there is something else to do than to wait.
const TICK: Duration = Duration::from_secs(1);
/// How often a daemon is asked whether it still answers, in ticks.
const PROBE: u32 = 10;
/// The shortest and the longest pause before the next attempt.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(30));
/// A daemon that lived this long is started again at once.
const LONG: Duration = Duration::from_secs(10);
/// The longest log of a daemon, in bytes; then it begins anew.
const LOG: u64 = 1 << 20;
/// How much of the log an error shows, in bytes.
const SHOWN: usize = 400;

/// One daemon's keeper.
struct Keeper<'a> {
    inner: &'a Weak<Inner>,
    index: usize,
    /// What was told last: whether it serves.
    told: Option<bool>,
    child: Option<Child>,
}

/// Looks after the daemon until the exporter is dropped. `ready` hears of the first attempt's end.
pub(super) fn supervise(inner: &Weak<Inner>, index: usize, ready: &Sender<()>) {
    let mut keeper = Keeper {
        inner,
        index,
        told: None,
        child: None,
    };
    let mut pause = PAUSES.0;
    loop {
        let begin = Instant::now();
        let Some(attached) = keeper.with(Keeper::attach) else {
            return;
        };
        // Nobody waits any more after the first time.
        let _ = ready.send(());
        let Some(why) = attached.map_or_else(Some, |stream| keeper.watch(&stream)) else {
            return;
        };
        if keeper
            .with(|keeper, inner, daemon| keeper.down(inner, daemon, why))
            .is_none()
        {
            return;
        }
        pause = match begin.elapsed() > LONG {
            true => PAUSES.0,
            false => (pause * 2).min(PAUSES.1),
        };
        std::thread::sleep(pause);
    }
}

impl Keeper<'_> {
    /// Does something with the daemon; none when the exporter is gone.
    fn with<T>(&mut self, act: impl FnOnce(&mut Self, &Inner, &Daemon) -> T) -> Option<T> {
        let inner = self.inner.upgrade()?;
        let daemon = inner.daemons.get(self.index)?;
        Some(act(self, &inner, daemon))
    }

    /// Finds the daemon or starts it, gives it its targets, and returns the connection to watch.
    fn attach(&mut self, inner: &Inner, daemon: &Daemon) -> Result<UnixStream, String> {
        let stream = match daemon.control.connect() {
            Ok(stream) => stream,
            Err(_) if daemon.is_own => self.start(daemon)?,
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                return Err("its socket is not this user's".to_owned());
            }
            Err(_) => return Err("it does not run".to_owned()),
        };
        if daemon.is_own {
            set_portals(daemon).map_err(|error| error.to_string())?;
        }
        self.fill(inner, daemon)?;
        Ok(stream)
    }

    fn start(&mut self, daemon: &Daemon) -> Result<UnixStream, String> {
        self.reap();
        let control = &daemon.control;
        let portal = daemon.portals.first().ok_or("it has no portal")?;
        let mut child = tgtd::start(control, *portal).map_err(|error| error.to_string())?;
        // Only people read it.
        let _ = std::fs::write(tgtd::pid_file(control), format!("{}\n", child.id()));
        let end = Instant::now() + START;
        let why = loop {
            if let Ok(stream) = control.connect() {
                self.child = Some(child);
                return Ok(stream);
            }
            if let Ok(Some(status)) = child.try_wait() {
                return Err(format!("it ended at its start, {status}: {}", tail(daemon)));
            }
            if Instant::now() > end {
                break format!("it does not begin to listen: {}", tail(daemon));
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        // It is of no use, and must not be in the way of the next.
        let _ = child.kill();
        let _ = child.wait();
        Err(why)
    }

    /// Gives the daemon all targets that are wanted; then it serves.
    fn fill(&mut self, inner: &Inner, daemon: &Daemon) -> Result<(), String> {
        let wanted = inner.wanted();
        for export in wanted.values() {
            let done = Backing::of(export)
                .and_then(|backing| daemon.targets().publish(export, &backing, false));
            match done {
                Ok(()) => {}
                Err(error @ ExportError::Unavailable { .. }) => return Err(error.to_string()),
                // One volume that is gone must not keep the others from being served.
                Err(error) => tracing::error!(daemon = daemon.name(), %error, "export"),
            }
        }
        daemon.set_up(true);
        drop(wanted);
        self.tell(inner, daemon, None);
        Ok(())
    }

    /// Waits until the daemon ends, and says how; none when the exporter is gone.
    fn watch(&mut self, mut stream: &UnixStream) -> Option<String> {
        if let Err(error) = stream.set_read_timeout(Some(TICK)) {
            return Some(error.to_string());
        }
        for tick in 1_u32.. {
            match stream.read(&mut [0]) {
                Ok(_) => break,
                Err(error) if is_timeout(&error) => {}
                Err(_) => break,
            }
            let is_due = tick % PROBE == 0;
            self.with(|keeper, inner, daemon| keeper.tick(inner, daemon, is_due))?;
        }
        Some(match self.child.take().map(|mut child| child.wait()) {
            Some(Ok(status)) => format!("it ended, {status}"),
            _ => "it ended".to_owned(),
        })
    }

    fn tick(&mut self, inner: &Inner, daemon: &Daemon, is_due: bool) {
        if !is_due && daemon.is_up() {
            return;
        }
        trim_log(daemon);
        let answered = daemon.control.call(&Request::ShowSystem).is_ok();
        let serves = match (answered, daemon.is_up()) {
            (true, true) => Ok(()),
            (true, false) => self.fill(inner, daemon),
            (false, _) => Err("it does not answer".to_owned()),
        };
        if let Err(why) = serves {
            self.down(inner, daemon, why);
        }
    }

    fn down(&mut self, inner: &Inner, daemon: &Daemon, why: String) {
        daemon.set_up(false);
        self.tell(inner, daemon, Some(why));
    }

    fn tell(&mut self, inner: &Inner, daemon: &Daemon, down: Option<String>) {
        let serves = down.is_none();
        if self.told.replace(serves) == Some(serves) {
            return;
        }
        (inner.tell)(DaemonState {
            daemon: daemon.name(),
            down,
        });
    }

    fn reap(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Its socket is gone, so it is ending at least.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Makes an own daemon that was started with other settings listen where it shall.
fn set_portals(daemon: &Daemon) -> Result<(), ExportError> {
    let wanted: Vec<String> = daemon.portals.iter().map(ToString::to_string).collect();
    let targets = daemon.targets();
    let text = targets.call(&Request::ShowPortals, "list the portals")?;
    let there = status::parse_portals(&text);
    for portal in wanted.iter().filter(|portal| !there.contains(portal)) {
        targets.call(&Request::NewPortal(portal), &format!("listen at {portal}"))?;
    }
    for portal in there.iter().filter(|portal| !wanted.contains(portal)) {
        let what = format!("stop to listen at {}", portal.escape_debug());
        targets.call(&Request::DeletePortal(portal), &what)?;
    }
    Ok(())
}

fn is_timeout(error: &io::Error) -> bool {
    let kinds = [
        io::ErrorKind::WouldBlock,
        io::ErrorKind::TimedOut,
        io::ErrorKind::Interrupted,
    ];
    kinds.contains(&error.kind())
}

/// Initiators that are refused write lines: the log must not fill the disk.
fn trim_log(daemon: &Daemon) {
    let path = tgtd::log(&daemon.control);
    if daemon.is_own && path.metadata().is_ok_and(|log| log.len() > LOG) {
        // It is opened to append: cutting it is safe, and can be done the next time as well.
        let _ = std::fs::File::options()
            .write(true)
            .open(path)
            .and_then(|log| log.set_len(0));
    }
}

/// The end of what it had to say, on one line.
fn tail(daemon: &Daemon) -> String {
    let log = std::fs::read(tgtd::log(&daemon.control)).unwrap_or_default();
    let shown = &log[log.len().saturating_sub(SHOWN)..];
    let text = String::from_utf8_lossy(shown);
    let lines: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    lines.join("; ").escape_debug().to_string()
}
