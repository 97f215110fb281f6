//! `MemoryExporter`: an exporter without a network, for the tests of what uses one.
//!
//! It keeps the whole contract. Initiators log in by [`MemoryExporter::log_in`] and read and write the
//! volume's file.

// As the suite that it is for: a poisoned lock is a test that failed.
#![allow(clippy::unwrap_used)]

use super::conformance::{Bench, Disk, Login};
use super::{
    Export, ExportError, ExportSource, Exporter, Force, Iqn, LUN, Portal, Published, Result,
    Session,
};
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Weak};

/// An exporter without a network.
#[derive(Debug)]
pub struct MemoryExporter {
    folder: PathBuf,
    portals: Vec<Portal>,
    targets: Mutex<BTreeMap<Iqn, Target>>,
}

#[derive(Debug)]
struct Target {
    export: Export,
    file: Arc<File>,
    sessions: Vec<(Session, Weak<AtomicBool>)>,
}

/// A disk of a logged-in initiator.
#[derive(Debug)]
struct MemoryDisk {
    file: Arc<File>,
    serial: String,
    /// Whether the session lives. It ends with the disk, or when the exporter ends it.
    live: Arc<AtomicBool>,
}

impl MemoryExporter {
    /// An exporter with these portals; [`Bench::volume`] makes volumes in `folder`.
    pub fn new(folder: &Path, portals: Vec<Portal>) -> Self {
        Self {
            folder: folder.to_owned(),
            portals,
            targets: Mutex::default(),
        }
    }

    fn targets(&self) -> MutexGuard<'_, BTreeMap<Iqn, Target>> {
        let mut targets = self.targets.lock().unwrap();
        for target in targets.values_mut() {
            target.sessions.retain(|(_, live)| live.strong_count() > 0);
        }
        targets
    }
}

impl Target {
    fn open(export: &Export) -> Result<Self> {
        let refused = |why: String| ExportError::Refused {
            what: format!("open the volume of target `{}`", export.target),
            why,
        };
        let ExportSource::File(path) = &export.volume else {
            return Err(refused("only files can be exported from memory".to_owned()));
        };
        let file = File::options().read(true).write(true).open(path);
        Ok(Self {
            export: export.clone(),
            file: Arc::new(file.map_err(|error| refused(error.to_string()))?),
            sessions: Vec::new(),
        })
    }

    fn check_unused(&self) -> Result<()> {
        if self.sessions.is_empty() {
            return Ok(());
        }
        Err(ExportError::InUse {
            target: self.export.target.clone(),
            sessions: self
                .sessions
                .iter()
                .map(|(session, _)| session.clone())
                .collect(),
        })
    }

    /// The same disk for the same initiator.
    fn serves(&self, export: &Export) -> bool {
        let there = &self.export;
        there.volume == export.volume
            && there.initiator == export.initiator
            && there.disk == export.disk
    }
}

impl Exporter for MemoryExporter {
    fn publish(&self, export: &Export) -> Result<Published> {
        export.check()?;
        let mut targets = self.targets();
        let users = |export: &Export| -> Vec<String> {
            let both = [&export.chap, &export.mutual].into_iter().flatten();
            both.map(|chap| chap.user.clone()).collect()
        };
        for other in targets
            .values()
            .filter(|other| other.export.target != export.target)
        {
            let taken = users(&other.export);
            if let Some(user) = users(export).into_iter().find(|user| taken.contains(user)) {
                return Err(ExportError::NameTaken {
                    user,
                    target: export.target.clone(),
                });
            }
        }
        match targets.get_mut(&export.target) {
            Some(there) if there.serves(export) => there.export = export.clone(),
            there => {
                there.map_or(Ok(()), |there| there.check_unused())?;
                targets.insert(export.target.clone(), Target::open(export)?);
            }
        }
        Ok(Published {
            target: export.target.clone(),
            lun: LUN,
            portals: self.portals.clone(),
        })
    }

    fn unpublish(&self, target: &Iqn, force: Force) -> Result<()> {
        let mut targets = self.targets();
        let Some(there) = targets.get(target) else {
            return Ok(());
        };
        if force == Force::No {
            there.check_unused()?;
        }
        for live in there.sessions.iter().filter_map(|(_, live)| live.upgrade()) {
            live.store(false, Ordering::SeqCst);
        }
        targets.remove(target);
        Ok(())
    }

    fn sessions(&self, target: &Iqn) -> Result<Vec<Session>> {
        let targets = self.targets();
        let sessions = targets
            .get(target)
            .into_iter()
            .flat_map(|there| &there.sessions);
        let mut sessions: Vec<Session> = sessions.map(|(session, _)| session.clone()).collect();
        sessions.sort();
        Ok(sessions)
    }

    fn list(&self) -> Result<Vec<Iqn>> {
        Ok(self.targets().keys().cloned().collect())
    }

    fn portals(&self) -> Vec<Portal> {
        self.portals.clone()
    }
}

impl Bench for MemoryExporter {
    fn exporter(&self) -> &dyn Exporter {
        self
    }

    fn volume(&self, name: &str, len: u64) -> ExportSource {
        let path = self.folder.join(name);
        File::create(&path).unwrap().set_len(len).unwrap();
        ExportSource::File(path)
    }

    fn log_in(&self, portal: Portal, login: &Login) -> Result<Box<dyn Disk>, String> {
        let mut targets = self.targets();
        let there = targets
            .get_mut(&login.target)
            .ok_or("there is no such target")?;
        let export = &there.export;
        // As over the network, a target proves itself only where it is asked to.
        let believed = login.mutual.is_none() || login.mutual == export.mutual;
        if !self.portals.contains(&portal) || login.initiator != export.initiator {
            return Err("there is no such target".to_owned());
        }
        if login.chap != export.chap || !believed {
            return Err("CHAP failed".to_owned());
        }
        let live = Arc::new(AtomicBool::new(true));
        let session = Session {
            portal: Some(portal),
            initiator: login.initiator.to_string(),
            address: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        };
        there.sessions.push((session, Arc::downgrade(&live)));
        Ok(Box::new(MemoryDisk {
            file: Arc::clone(&there.file),
            serial: export.disk.to_string(),
            live,
        }))
    }

    fn discover(&self, _portal: Portal, initiator: &Iqn) -> Vec<Iqn> {
        let targets = self.targets();
        let own = targets
            .values()
            .filter(|there| there.export.initiator == *initiator);
        own.map(|there| there.export.target.clone()).collect()
    }
}

impl MemoryDisk {
    fn check_live(&self) -> io::Result<()> {
        match self.live.load(Ordering::SeqCst) {
            true => Ok(()),
            false => Err(io::ErrorKind::ConnectionReset.into()),
        }
    }
}

impl Disk for MemoryDisk {
    fn read(&mut self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        self.check_live()?;
        self.file.read_exact_at(buf, offset)
    }

    fn write(&mut self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.check_live()?;
        self.file.write_all_at(data, offset)
    }

    fn serial(&mut self) -> io::Result<String> {
        self.check_live()?;
        Ok(self.serial.clone())
    }
}
