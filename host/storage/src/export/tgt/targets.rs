//! What is done with the targets of one tgtd.
//!
//! A target admits its initiator last, when its disk and its accounts are there, and first of all not any
//! more before one of these changes: nobody logs in by less than the export says.

use super::backing::Backing;
use super::control::{CallError, Control};
use super::protocol::{Request, code, meaning};
use super::status::{self, LiveSession, Target};
use crate::export::{Chap, Export, ExportError, Iqn, Result};
use std::collections::BTreeSet;
use std::io;
use std::time::{Duration, Instant};

/// How long a target may take to end after its sessions were ended: commands that were begun are finished.
const PATIENCE: Duration = Duration::from_secs(15);
/// How often a number for a new target is looked for: somebody else may take it in between.
const ATTEMPTS: usize = 8;

/// The targets of one tgtd. Who changes them does it in turn.
#[derive(Debug, Clone, Copy)]
pub(super) struct Targets<'a>(pub(super) &'a Control);

impl Targets<'_> {
    /// All of them.
    pub(super) fn all(self) -> Result<Vec<Target>> {
        let text = self.call(&Request::ShowTargets, "list the targets")?;
        status::parse(&text).map_err(|why| self.refused("list the targets", why))
    }

    /// The one with this name.
    pub(super) fn find(self, name: &Iqn) -> Result<Option<Target>> {
        let all = self.all()?;
        Ok(all.into_iter().find(|there| there.name == name.as_str()))
    }

    /// Whether [`Self::publish`] may be done. Changes nothing.
    ///
    /// # Errors
    /// `InUse`, `NameTaken`, `Unavailable`.
    pub(super) fn check(self, export: &Export, backing: &Backing) -> Result<()> {
        let all = self.all()?;
        for other in all
            .iter()
            .filter(|other| other.name != export.target.as_str())
        {
            let theirs = accounts(other);
            if let Some(chap) = chaps(export).find(|chap| theirs.contains(&chap.user)) {
                return Err(ExportError::NameTaken {
                    user: chap.user.clone(),
                    target: export.target.clone(),
                });
            }
        }
        let there = all
            .iter()
            .find(|there| there.name == export.target.as_str());
        match there {
            Some(there) if !serves(there, export, backing) => unused(there, export),
            _ => Ok(()),
        }
    }

    /// Makes the target what the export says, where it is not. `is_known` says that its accounts are those
    /// of the export: a tgtd does not tell secrets.
    pub(super) fn publish(self, export: &Export, backing: &Backing, is_known: bool) -> Result<()> {
        match self.find(&export.target)? {
            Some(there) if serves(&there, export, backing) => {
                let admitted = there.admitted == [export.initiator.as_str()];
                if is_known && admitted && asks(&there, export) {
                    return Ok(());
                }
                self.exclude(&there)?;
                self.delete_accounts(&there)?;
                self.open(there.tid, export)
            }
            Some(there) => {
                self.exclude(&there)?;
                // Somebody may have logged in since it was checked.
                let now = self.find(&export.target)?;
                if let Some(Err(error)) = now.map(|now| unused(&now, export)) {
                    self.admit(&there)?;
                    return Err(error);
                }
                self.remove(&there)?;
                self.make(export, backing)
            }
            None => self.make(export, backing),
        }
    }

    fn make(self, export: &Export, backing: &Backing) -> Result<()> {
        let what = format!("make target `{}`", export.target);
        let tid = self.new_target(export, &what)?;
        let disk = backing.disk();
        let made = self
            .call(&Request::NewDisk(tid, &disk), &what)
            .and_then(|_| self.call(&Request::NameDisk(tid, &backing.names()), &what))
            .and_then(|_| self.open(tid, export));
        if made.is_err() {
            // The first error tells more than one of clearing up.
            let _ = self.call(&Request::DeleteTarget(tid), &what);
            for chap in chaps(export) {
                let _ = self.call(&Request::DeleteAccount(&chap.user), &what);
            }
        }
        made
    }

    /// Makes a target with the lowest number that is free.
    fn new_target(self, export: &Export, what: &str) -> Result<u32> {
        for _ in 0..ATTEMPTS {
            let taken: BTreeSet<u32> = self.all()?.iter().map(|there| there.tid).collect();
            let Some(tid) = (1..).find(|tid| !taken.contains(tid)) else {
                break;
            };
            match self.0.call(&Request::NewTarget(tid, &export.target)) {
                Ok(_) => return Ok(tid),
                Err(CallError::Code(code::TARGET_EXISTS)) => {}
                Err(error) => return Err(self.failed(what, error)),
            }
        }
        let why = "somebody else takes each number that is free".to_owned();
        Err(self.refused(what, why))
    }

    /// Gives a target its accounts, and then lets its initiator in.
    fn open(self, tid: u32, export: &Export) -> Result<()> {
        let what = format!("set up the login of target `{}`", export.target);
        for chap in chaps(export) {
            // Left by somebody who was killed before a target had it.
            self.delete_account(&chap.user, &what)?;
            self.call(&Request::NewAccount(chap), &what)?;
        }
        if let Some(chap) = &export.chap {
            self.call(&Request::Ask(tid, &chap.user), &what)?;
        }
        if let Some(chap) = &export.mutual {
            self.call(&Request::Prove(tid, &chap.user), &what)?;
        }
        self.call(&Request::Admit(tid, export.initiator.as_str()), &what)?;
        Ok(())
    }

    /// Lets nobody log in any more.
    pub(super) fn exclude(self, there: &Target) -> Result<()> {
        let what = format!("close target `{}`", there.name.escape_debug());
        for initiator in &there.admitted {
            match self.0.call(&Request::Exclude(there.tid, initiator)) {
                Ok(_) | Err(CallError::Code(code::NO_ACL)) => {}
                Err(error) => return Err(self.failed(&what, error)),
            }
        }
        Ok(())
    }

    /// Undoes [`Self::exclude`].
    pub(super) fn admit(self, there: &Target) -> Result<()> {
        let what = format!("open target `{}` again", there.name.escape_debug());
        for initiator in &there.admitted {
            self.call(&Request::Admit(there.tid, initiator), &what)?;
        }
        Ok(())
    }

    /// Ends the sessions of a target that nobody can log in to, and the target with its accounts.
    pub(super) fn remove(self, there: &Target) -> Result<()> {
        let what = format!("remove target `{}`", there.name.escape_debug());
        let end = Instant::now() + PATIENCE;
        loop {
            let now = self.all()?.into_iter().find(|now| now.name == there.name);
            let Some(now) = now.filter(|now| now.tid == there.tid) else {
                break;
            };
            self.end_sessions(&now, &what)?;
            match self.0.call(&Request::DeleteTarget(there.tid)) {
                Ok(_) | Err(CallError::Code(code::NO_TARGET)) => break,
                Err(CallError::Code(code::TARGET_ACTIVE | code::DISK_ACTIVE))
                    if Instant::now() < end => {}
                Err(error) => return Err(self.failed(&what, error)),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        self.delete_accounts(there)
    }

    fn end_sessions(self, there: &Target, what: &str) -> Result<()> {
        for session in &there.sessions {
            for connection in &session.connections {
                let request = Request::EndConnection {
                    tid: there.tid,
                    session: session.id,
                    connection: *connection,
                };
                match self.0.call(&request) {
                    Ok(_)
                    | Err(CallError::Code(
                        code::NO_TARGET | code::NO_SESSION | code::NO_CONNECTION,
                    )) => {}
                    Err(error) => return Err(self.failed(what, error)),
                }
            }
        }
        Ok(())
    }

    fn delete_accounts(self, there: &Target) -> Result<()> {
        let what = format!(
            "remove the accounts of target `{}`",
            there.name.escape_debug()
        );
        accounts(there)
            .iter()
            .try_for_each(|user| self.delete_account(user, &what))
    }

    fn delete_account(self, user: &str, what: &str) -> Result<()> {
        match self.0.call(&Request::DeleteAccount(user)) {
            Ok(_) | Err(CallError::Code(code::NO_USER)) => Ok(()),
            Err(error) => Err(self.failed(what, error)),
        }
    }

    pub(super) fn call(self, request: &Request<'_>, what: &str) -> Result<String> {
        self.0
            .call(request)
            .map_err(|error| self.failed(what, error))
    }

    fn failed(self, what: &str, error: CallError) -> ExportError {
        let unavailable = |why| ExportError::Unavailable {
            daemon: format!("tgtd {}", self.0.number),
            why,
        };
        match error {
            CallError::Gone(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                unavailable("its socket is not this user's".to_owned())
            }
            CallError::Gone(_) => unavailable("it does not run".to_owned()),
            CallError::Silent(why) => unavailable(why),
            CallError::Code(code) => self.refused(what, meaning(code).to_owned()),
        }
    }

    fn refused(self, what: &str, why: String) -> ExportError {
        ExportError::Refused {
            what: what.to_owned(),
            why: format!("tgtd {}: {why}", self.0.number),
        }
    }
}

/// The same disk for the same initiator: accounts may differ.
fn serves(there: &Target, export: &Export, backing: &Backing) -> bool {
    let initiator = export.initiator.as_str();
    backing.is(&there.units)
        && there.admitted.iter().all(|admitted| admitted == initiator)
        && there
            .sessions
            .iter()
            .all(|session| session.initiator == initiator)
}

fn asks(there: &Target, export: &Export) -> bool {
    let user = |chap: &Option<Chap>| chap.as_ref().map(|chap| chap.user.clone());
    there.asked == Vec::from_iter(user(&export.chap)) && there.proof == user(&export.mutual)
}

fn accounts(there: &Target) -> Vec<String> {
    there.asked.iter().chain(&there.proof).cloned().collect()
}

fn chaps(export: &Export) -> impl Iterator<Item = &Chap> {
    [&export.chap, &export.mutual].into_iter().flatten()
}

fn unused(there: &Target, export: &Export) -> Result<()> {
    match there.sessions.is_empty() {
        true => Ok(()),
        false => Err(ExportError::InUse {
            target: export.target.clone(),
            sessions: there
                .sessions
                .iter()
                .map(|live| live.to_session(None))
                .collect(),
        }),
    }
}

impl LiveSession {
    /// As the exporter shows it.
    pub(super) fn to_session(
        &self,
        portal: Option<crate::export::Portal>,
    ) -> crate::export::Session {
        crate::export::Session {
            portal,
            initiator: self.initiator.clone(),
            address: self.address,
        }
    }
}
