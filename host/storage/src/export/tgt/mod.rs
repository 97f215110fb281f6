//! `Tgt`: exports by `tgtd`, the daemon of the Linux SCSI target framework, in user space.
//!
//! Each daemon serves every target by its own portals: two daemons are two paths to each disk. They are the
//! service's own, or run already. A daemon keeps nothing: the exporter remembers what was published, and
//! makes it anew on a daemon that comes back.

mod backing;
mod control;
mod daemon;
mod protocol;
mod retire;
mod status;
mod supervise;
mod targets;
mod tgtd;

pub use control::Control;
pub use retire::retire;

use super::{Export, ExportError, Exporter, Force, Iqn, LUN, Portal, Published, Result, Session};
use backing::Backing;
use daemon::Daemon;
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;
use targets::Targets;

/// How long [`Tgt::start`] waits for its daemons.
const FIRST: Duration = Duration::from_secs(15);

/// Which daemons serve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Daemons {
    /// The service's own, one for each portal.
    Own {
        /// Where their sockets and logs are; only the service's user may enter it.
        folder: PathBuf,
        /// Where they listen.
        portals: Vec<Portal>,
    },
    /// Those that somebody else starts: their control ports (`-C`), and where they listen.
    External(Vec<(u16, Portal)>),
}

/// What became of a daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaemonState {
    /// Which one: `tgtd 1 at 10.0.0.1:3260`.
    pub daemon: String,
    /// Why it does not serve; none when it does.
    pub down: Option<String>,
}

/// Exports by tgtd.
pub struct Tgt {
    inner: Arc<Inner>,
}

struct Inner {
    daemons: Vec<Daemon>,
    /// What the daemons shall serve. Who changes a daemon's targets holds it.
    wanted: Mutex<BTreeMap<Iqn, Export>>,
    tell: Box<dyn Fn(DaemonState) + Send + Sync>,
}

impl Tgt {
    /// Starts or finds the daemons, and looks after them as long as this lives. `tell` hears when one
    /// begins or ends to serve. Daemons live on after this is dropped, and are found again.
    ///
    /// A daemon that cannot be started is no error: it is tried again.
    pub fn start(daemons: Daemons, tell: impl Fn(DaemonState) + Send + Sync + 'static) -> Self {
        let inner = Arc::new(Inner {
            daemons: list(daemons),
            wanted: Mutex::default(),
            tell: Box::new(tell),
        });
        let (ready, first) = mpsc::channel();
        for index in 0..inner.daemons.len() {
            let (inner, ready) = (Arc::downgrade(&inner), ready.clone());
            std::thread::spawn(move || supervise::supervise(&inner, index, &ready));
        }
        for _ in &inner.daemons {
            // Who waits longer is told when it serves.
            let _ = first.recv_timeout(FIRST);
        }
        Self { inner }
    }
}

fn list(daemons: Daemons) -> Vec<Daemon> {
    match daemons {
        Daemons::Own { folder, portals } => {
            let numbered = (1..).zip(portals);
            let own =
                |(number, portal)| Daemon::new(Control::own(&folder, number), vec![portal], true);
            numbered.map(own).collect()
        }
        Daemons::External(pairs) => {
            let mut daemons: Vec<Daemon> = Vec::new();
            for (number, portal) in pairs {
                match daemons
                    .iter_mut()
                    .find(|there| there.control.number == number)
                {
                    Some(there) => there.portals.push(portal),
                    None => {
                        let control = Control::external(number);
                        daemons.push(Daemon::new(control, vec![portal], false));
                    }
                }
            }
            daemons
        }
    }
}

impl Inner {
    fn wanted(&self) -> MutexGuard<'_, BTreeMap<Iqn, Export>> {
        self.wanted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The daemons that serve.
    fn up(&self) -> Vec<&Daemon> {
        self.daemons
            .iter()
            .filter(|daemon| daemon.is_up())
            .collect()
    }

    /// Does something with each daemon that serves; one that does not answer serves no more.
    ///
    /// # Errors
    /// `Unavailable` when none answers, and all errors of another kind.
    fn each<T>(&self, act: impl Fn(&Daemon) -> Result<T>) -> Result<Vec<(&Daemon, T)>> {
        let mut done = Vec::new();
        let mut silent = None;
        for daemon in self.up() {
            match act(daemon) {
                Ok(value) => done.push((daemon, value)),
                Err(error @ ExportError::Unavailable { .. }) => {
                    daemon.set_up(false);
                    silent = Some(error);
                }
                Err(error) => return Err(error),
            }
        }
        match (done.is_empty(), silent) {
            (false, _) => Ok(done),
            (true, Some(error)) => Err(error),
            (true, None) => Err(self.none_up()),
        }
    }

    fn none_up(&self) -> ExportError {
        let names: Vec<String> = self.daemons.iter().map(Daemon::name).collect();
        ExportError::Unavailable {
            daemon: names.join(" and "),
            why: "no portal serves".to_owned(),
        }
    }

    /// Removes what a call that failed made new.
    fn undo(&self, target: &Iqn) {
        for daemon in self.up() {
            let targets = daemon.targets();
            // The error that led here tells more than one of clearing up.
            let _ = withdraw(targets, target);
        }
    }
}

/// Removes a target that nobody is logged in to.
fn withdraw(targets: Targets<'_>, target: &Iqn) -> Result<()> {
    let Some(there) = targets.find(target)? else {
        return Ok(());
    };
    targets.exclude(&there)?;
    match targets.find(target)? {
        Some(now) if !now.sessions.is_empty() => targets.admit(&there),
        _ => targets.remove(&there),
    }
}

impl Exporter for Tgt {
    fn publish(&self, export: &Export) -> Result<Published> {
        export.check()?;
        let backing = Backing::of(export)?;
        let mut wanted = self.inner.wanted();
        // A daemon does not tell secrets: what was published before is known.
        let is_known = wanted.get(&export.target) == Some(export);
        self.inner
            .each(|daemon| daemon.targets().check(export, &backing))?;
        let act = |daemon: &Daemon| daemon.targets().publish(export, &backing, is_known);
        let done = self.inner.each(act).inspect_err(|_| {
            if !wanted.contains_key(&export.target) {
                self.inner.undo(&export.target);
            }
        })?;
        wanted.insert(export.target.clone(), export.clone());
        Ok(Published {
            target: export.target.clone(),
            lun: LUN,
            portals: done
                .iter()
                .flat_map(|(daemon, ())| daemon.portals.clone())
                .collect(),
        })
    }

    fn unpublish(&self, target: &Iqn, force: Force) -> Result<()> {
        let mut wanted = self.inner.wanted();
        let mut found = Vec::new();
        for daemon in &self.inner.daemons {
            match daemon.targets().find(target) {
                Ok(there) => found.extend(there.map(|there| (daemon, there))),
                // A process that is gone serves nothing.
                Err(ExportError::Unavailable { .. }) if daemon.is_gone() => {}
                Err(error) => return Err(error),
            }
        }
        let closed = close(target, &found, force);
        if let Err(error) = closed {
            for (daemon, there) in &found {
                // What could not be closed may still be open.
                let _ = daemon.targets().admit(there);
            }
            return Err(error);
        }
        for (daemon, there) in &found {
            daemon.targets().remove(there)?;
        }
        wanted.remove(target);
        Ok(())
    }

    fn sessions(&self, target: &Iqn) -> Result<Vec<Session>> {
        let found = self.inner.each(|daemon| daemon.sessions(target))?;
        let mut sessions: Vec<Session> = found.into_iter().flat_map(|(_, live)| live).collect();
        sessions.sort();
        Ok(sessions)
    }

    fn list(&self) -> Result<Vec<Iqn>> {
        let found = self.inner.each(|daemon| daemon.targets().all())?;
        let names = found.iter().flat_map(|(_, targets)| targets);
        // Names that others gave and that are no iSCSI names are none of ours.
        let mut names: Vec<Iqn> = names
            .filter_map(|there| Iqn::parse(&there.name).ok())
            .collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn portals(&self) -> Vec<Portal> {
        let all = self.inner.daemons.iter().flat_map(|daemon| &daemon.portals);
        all.copied().collect()
    }
}

/// Lets nobody log in to the target any more.
///
/// # Errors
/// `InUse` when somebody is logged in already, without force.
fn close(target: &Iqn, found: &[(&Daemon, status::Target)], force: Force) -> Result<()> {
    for (daemon, there) in found {
        daemon.targets().exclude(there)?;
    }
    let mut sessions = Vec::new();
    for (daemon, _) in found {
        sessions.extend(daemon.sessions(target)?);
    }
    match sessions.is_empty() || force == Force::Yes {
        true => Ok(()),
        false => Err(ExportError::InUse {
            target: target.clone(),
            sessions,
        }),
    }
}

impl fmt::Debug for Tgt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tgt")
            .field("daemons", &self.inner.daemons)
            .finish_non_exhaustive()
    }
}
