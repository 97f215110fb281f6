//! `Database`: the border to SQLite and PostgreSQL. SQL is written once, in what both understand;
//! a [`Dialect`] names the few words that differ.
//!
//! Contract of [`Database`]: `read` shows one committed state for as long as it lasts. `write` runs
//! one at a time over all nodes, sees all that was committed before it, and is durable on the disk
//! when it returns `Ok`; after an `Err`, a panic or a crash nothing of it is there.

mod dialect;
mod pool;
mod postgres;
mod sqlite;
mod value;

pub(crate) use dialect::Dialect;
pub(crate) use value::{Row, Value};

use crate::error::{RecordsError, Result};
use std::fmt;
use std::path::PathBuf;

/// Where the store is.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file, made when it is not there: `sqlite:/var/lib/mintage/records.db`.
    Sqlite(PathBuf),
    /// A server: `postgres://user:password@host/database`.
    Postgres(String),
}

impl DatabaseUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// `Url` for a scheme that is not known.
    pub fn parse(url: &str) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() {
                return Err(RecordsError::Url(
                    "`sqlite:` needs the path of a file".into(),
                ));
            }
            return Ok(Self::Sqlite(path.into()));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        Err(RecordsError::Url(
            "it must begin with `sqlite:` or `postgres://`".into(),
        ))
    }

    /// Opens the database.
    pub(crate) fn open(&self) -> Result<Box<dyn Database>> {
        match self {
            Self::Sqlite(path) => Ok(Box::new(sqlite::Sqlite::open(path)?)),
            Self::Postgres(url) => Ok(Box::new(postgres::Postgres::open(url)?)),
        }
    }
}

/// Never shows a password.
impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://.."),
        }
    }
}

/// What is done within a transaction.
pub(crate) type Work<'a> = &'a mut dyn FnMut(&mut dyn Connection) -> Result<()>;

/// A database; see the contract above.
pub(crate) trait Database: Send + Sync + fmt::Debug {
    /// Runs `work` over one committed state. Called once.
    fn read(&self, work: Work<'_>) -> Result<()>;

    /// Runs `work` and commits when it succeeded. Called once.
    fn write(&self, work: Work<'_>) -> Result<()>;
}

/// A connection within a transaction. Placeholders are `$1`, `$2`, …
pub(crate) trait Connection {
    /// The words that differ.
    fn dialect(&self) -> Dialect;

    /// Runs a statement; returns how many rows it changed.
    fn execute(&mut self, sql: &str, arguments: &[Value]) -> Result<u64>;

    /// Runs a query.
    fn query(&mut self, sql: &str, arguments: &[Value]) -> Result<Vec<Row>>;

    /// What the database itself finds damaged in its files, where it can look.
    fn integrity(&mut self) -> Result<Vec<String>> {
        Ok(Vec::new())
    }

    /// Runs statements that have no arguments.
    fn batch(&mut self, sql: &str) -> Result<()>;
}
