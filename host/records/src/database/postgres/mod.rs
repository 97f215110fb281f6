//! `Postgres`: the database server of a pair of nodes.
//!
//! Reads see one snapshot (`REPEATABLE READ`, read only). Writes are one after the other over all
//! nodes: each begins with locking the lease's row. When the connection is lost at a commit, the server
//! is asked what came of that transaction.

mod session;
mod tls;
mod url;
mod value;

use super::pool::Pool;
use super::{Connection as _, Database, Work};
use crate::error::{RecordsError, Result};
use session::{Session, failed};
use std::fmt;
use std::time::{Duration, Instant};
use url::Target;

/// How many connections there may be.
const CONNECTIONS: usize = 8;
/// How long a server that was there before may be gone, before a read or change fails.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long to wait before the server is tried again.
const PAUSE: Duration = Duration::from_millis(200);

const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// After the lease's row is locked, each statement sees all that was committed.
const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
/// A commit may wait for a standby; cut short, it would be reported as done.
const COMMIT: &str = "SET LOCAL statement_timeout = 0; COMMIT";

/// A database server.
pub(crate) struct Postgres {
    target: Target,
    sessions: Pool<Session>,
}

impl fmt::Debug for Postgres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Postgres").finish_non_exhaustive()
    }
}

impl Postgres {
    /// Connects to the server.
    ///
    /// # Errors
    /// `Url`, `Database`.
    pub(crate) fn open(url: &str) -> Result<Self> {
        let database = Self {
            target: Target::parse(url)?,
            sessions: Pool::new(CONNECTIONS),
        };
        let first = || Session::connect(&database.target).map_err(failed);
        database.sessions.with(first, Session::check_server)?;
        Ok(database)
    }

    /// Connects, and waits for a server that is starting.
    fn connect(&self) -> Result<Session> {
        let end = Instant::now() + PATIENCE;
        loop {
            match Session::connect(&self.target) {
                Ok(session) => return Ok(session),
                Err(error) if session::is_passing(&error) && Instant::now() < end => {
                    std::thread::sleep(PAUSE);
                }
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// Begins a transaction; a connection that was lost while nobody used it is made anew.
    fn begin(&self, session: &mut Session, sql: &str) -> Result<Option<String>> {
        match session.ask(sql) {
            Ok(answer) => Ok(answer),
            Err(_) => {
                *session = self.connect()?;
                session.ask(sql).map_err(failed)
            }
        }
    }

    /// What came of a transaction whose commit was not answered.
    fn was_committed(&self, transaction: &str) -> Result<()> {
        let end = Instant::now() + PATIENCE;
        let question = format!("SELECT pg_xact_status('{transaction}'::xid8)");
        while Instant::now() < end {
            let answer = self
                .connect()
                .and_then(|mut session| session.ask(&question).map_err(failed));
            match answer.ok().flatten().as_deref() {
                Some("committed") => return Ok(()),
                Some("aborted") => {
                    let text = "the connection was lost; the change was not made";
                    return Err(RecordsError::Database(text.to_owned()));
                }
                // The server has not noticed that the connection is gone, or does not answer.
                _ => std::thread::sleep(PAUSE),
            }
        }
        Err(RecordsError::Uncertain)
    }
}

impl Database for Postgres {
    fn read(&self, work: Work<'_>) -> Result<()> {
        self.sessions.with(
            || self.connect(),
            |session| {
                self.begin(session, BEGIN_READ)?;
                let outcome = work(session);
                // A session that cannot end its transaction is not kept.
                match (session.batch("ROLLBACK"), outcome) {
                    (Ok(()), outcome) => Ok(outcome),
                    (Err(_), Ok(())) => Ok(Ok(())),
                    (Err(_), Err(error)) => Err(error),
                }
            },
        )?
    }

    fn write(&self, work: Work<'_>) -> Result<()> {
        self.sessions.with(
            || self.connect(),
            |session| {
                let begin = format!("{BEGIN_WRITE}; SELECT pg_current_xact_id()::text");
                let transaction = self.begin(session, &begin)?.unwrap_or_default();
                if let Err(error) = work(session) {
                    return match session.batch("ROLLBACK") {
                        Ok(()) => Ok(Err(error)),
                        Err(_) => Err(error),
                    };
                }
                match session.ask(COMMIT) {
                    Ok(_) => Ok(Ok(())),
                    Err(error) if error.as_db_error().is_some() && !session::is_passing(&error) => {
                        Err(failed(error))
                    }
                    Err(_) => {
                        let outcome = self.was_committed(&transaction);
                        *session = self.connect()?;
                        Ok(outcome)
                    }
                }
            },
        )?
    }
}
