//! `Sqlite`: the embedded database, one file with a write-ahead log.

use super::pool::Pool;
use super::{Connection, Database, Dialect, Row, Value, Work};
use crate::error::{RecordsError, Result};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{OpenFlags, ToSql, TransactionBehavior};
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How many readers there may be at once.
const READERS: usize = 8;
/// How long another process may hold the lock, before a change fails.
const BUSY: Duration = Duration::from_secs(30);
/// How many prepared statements a connection keeps.
const STATEMENTS: usize = 64;

/// A database in a file.
#[derive(Debug)]
pub(crate) struct Sqlite {
    path: PathBuf,
    writer: Mutex<rusqlite::Connection>,
    readers: Pool<rusqlite::Connection>,
}

impl Sqlite {
    /// Opens the file, and makes it when it is not there.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        keep_private(path)?;
        let writer = connect(path, OpenFlags::SQLITE_OPEN_CREATE)?;
        // Readers do not wait for the writer; a commit is on the disk when it returns.
        writer
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
            .map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            writer: Mutex::new(writer),
            readers: Pool::new(READERS),
        })
    }
}

/// Makes the file so that only its owner may read it; the log beside it takes its mode from it.
fn keep_private(path: &Path) -> Result<()> {
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    match made {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(RecordsError::Database(format!(
            "cannot make {}: {error}",
            path.display()
        ))),
    }
}

fn connect(path: &Path, more: OpenFlags) -> Result<rusqlite::Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
    let connection = rusqlite::Connection::open_with_flags(path, flags).map_err(|error| {
        RecordsError::Database(format!("cannot open {}: {error}", path.display()))
    })?;
    connection.busy_timeout(BUSY).map_err(failed)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection
        .execute_batch("PRAGMA foreign_keys = ON;")
        .map_err(failed)?;
    Ok(connection)
}

impl Database for Sqlite {
    fn read(&self, work: Work<'_>) -> Result<()> {
        let open = || connect(&self.path, OpenFlags::empty());
        self.readers.with(open, |connection| {
            let transaction = connection.transaction().map_err(failed)?;
            // A failed read leaves the connection as it was: it is to be kept.
            Ok(work(&mut Borrowed(&transaction)))
        })?
    }

    fn write(&self, work: Work<'_>) -> Result<()> {
        // A panic rolled its transaction back: the connection is as good as before.
        let mut writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = writer
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        work(&mut Borrowed(&transaction))?;
        transaction.commit().map_err(failed)
    }
}

struct Borrowed<'a>(&'a rusqlite::Connection);

impl Connection for Borrowed<'_> {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn execute(&mut self, sql: &str, arguments: &[Value]) -> Result<u64> {
        let mut statement = self.0.prepare_cached(&numbered(sql)).map_err(failed)?;
        let changed = statement
            .execute(rusqlite::params_from_iter(arguments))
            .map_err(failed)?;
        Ok(changed as u64)
    }

    fn query(&mut self, sql: &str, arguments: &[Value]) -> Result<Vec<Row>> {
        let mut statement = self.0.prepare_cached(&numbered(sql)).map_err(failed)?;
        let columns = statement.column_count();
        let rows = statement
            .query_map(rusqlite::params_from_iter(arguments), |row| {
                let values = (0..columns).map(|index| row.get_ref(index).map(value));
                values.collect::<Result<Vec<_>, _>>().map(Row)
            })
            .map_err(failed)?;
        rows.collect::<Result<_, _>>().map_err(failed)
    }

    fn integrity(&mut self) -> Result<Vec<String>> {
        let rows = self.query("PRAGMA integrity_check", &[])?;
        let said = rows.iter().map(|row| row.text(0).map(str::to_owned));
        said.filter(|text| text.as_deref().ok() != Some("ok"))
            .collect()
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.0.execute_batch(sql).map_err(failed)
    }
}

/// SQLite takes `$1` for a name that is numbered by its first appearance; `?1` is the first.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?").replace("'?.", "'$.")
}

fn value(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Real(number) => ValueRef::Real(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// The message of SQLite names tables and columns, never values.
fn failed(error: rusqlite::Error) -> RecordsError {
    RecordsError::Database(error.to_string())
}
