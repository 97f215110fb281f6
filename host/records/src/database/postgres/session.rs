//! `Session`: one connection, with its prepared statements.

use super::url::Target;
use super::value::{Parameter, value};
use crate::database::{Connection, Dialect, Row, Value};
use crate::error::{RecordsError, Result};
use postgres::error::SqlState;
use postgres::types::ToSql;
use postgres::{Client, SimpleQueryMessage, Statement};
use std::collections::HashMap;
use std::error::Error as _;
use std::io::ErrorKind;

/// How many prepared statements a connection keeps: filters make ever new ones.
const STATEMENTS: usize = 256;

/// One connection.
pub(super) struct Session {
    /// Only empty while it is dropped.
    client: Option<Client>,
    statements: HashMap<String, Statement>,
}

impl Session {
    pub(super) fn connect(target: &Target) -> Result<Self, postgres::Error> {
        let mut client = target.connect()?;
        // What was acknowledged is to be on the disk, whatever the server's default.
        client.batch_execute(
            "SELECT set_config('synchronous_commit', 'on', false) \
             WHERE current_setting('synchronous_commit') = 'off'",
        )?;
        Ok(Self {
            client: Some(client),
            statements: HashMap::new(),
        })
    }

    /// Refuses a server that cannot keep what the store promises.
    ///
    /// # Errors
    /// `Database`.
    pub(super) fn check_server(&mut self) -> Result<()> {
        const OLDEST: i64 = 130_000;
        let sql = "SELECT current_setting('server_version_num')::bigint, \
                   current_setting('server_encoding'), current_setting('fsync')";
        for row in self.query(sql, &[])? {
            if row.integer(0)? < OLDEST {
                return refuse("PostgreSQL 13 or newer is needed");
            }
            if row.text(1)? != "UTF8" {
                return refuse("the database must have the encoding UTF8");
            }
            if row.text(2)? == "off" {
                tracing::warn!("the database server has fsync off: a power cut loses its data");
            }
        }
        Ok(())
    }

    /// Runs statements at once; returns the first column of the last row that comes back.
    pub(super) fn ask(&mut self, sql: &str) -> Result<Option<String>, postgres::Error> {
        let Some(client) = &mut self.client else {
            return Ok(None);
        };
        let answers = client.simple_query(sql)?;
        let rows = answers.iter().filter_map(|answer| match answer {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        Ok(rows.last())
    }

    fn prepared(&mut self, sql: &str) -> Result<(&mut Client, Statement)> {
        let client = self
            .client
            .as_mut()
            .ok_or_else(|| RecordsError::Database("the connection is closed".to_owned()))?;
        if let Some(statement) = self.statements.get(sql) {
            return Ok((client, statement.clone()));
        }
        if self.statements.len() >= STATEMENTS {
            self.statements.clear();
        }
        let statement = client.prepare(sql).map_err(failed)?;
        self.statements.insert(sql.to_owned(), statement.clone());
        Ok((client, statement))
    }
}

impl Connection for Session {
    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    fn execute(&mut self, sql: &str, arguments: &[Value]) -> Result<u64> {
        let (client, statement) = self.prepared(sql)?;
        let arguments: Vec<Parameter<'_>> = arguments.iter().map(Parameter).collect();
        client
            .execute(&statement, &borrowed(&arguments))
            .map_err(failed)
    }

    fn query(&mut self, sql: &str, arguments: &[Value]) -> Result<Vec<Row>> {
        let (client, statement) = self.prepared(sql)?;
        let arguments: Vec<Parameter<'_>> = arguments.iter().map(Parameter).collect();
        let rows = client
            .query(&statement, &borrowed(&arguments))
            .map_err(failed)?;
        let row = |row: &postgres::Row| {
            let values = (0..row.len()).map(|index| value(row, index));
            values.collect::<Result<Vec<_>>>().map(Row)
        };
        rows.iter().map(row).collect()
    }

    fn batch(&mut self, sql: &str) -> Result<()> {
        self.ask(sql).map(drop).map_err(failed)
    }
}

/// Closing a connection waits for the server, and the client refuses that on a thread of an
/// asynchronous runtime, on which the last owner of the store may well let go of it.
impl Drop for Session {
    fn drop(&mut self) {
        self.statements.clear();
        let client = self.client.take();
        std::thread::spawn(move || drop(client));
    }
}

fn borrowed<'a>(arguments: &'a [Parameter<'a>]) -> Vec<&'a (dyn ToSql + Sync)> {
    arguments.iter().map(|argument| argument as _).collect()
}

fn refuse(why: &str) -> Result<()> {
    Err(RecordsError::Database(why.to_owned()))
}

/// Whether the server is away for a moment: it restarts, or another one takes over.
pub(super) fn is_passing(error: &postgres::Error) -> bool {
    if let Some(code) = error.code() {
        return *code == SqlState::CANNOT_CONNECT_NOW
            || *code == SqlState::ADMIN_SHUTDOWN
            || *code == SqlState::CRASH_SHUTDOWN;
    }
    let io = error
        .source()
        .and_then(|source| source.downcast_ref::<std::io::Error>());
    error.is_closed()
        || io.is_some_and(|io| {
            matches!(
                io.kind(),
                ErrorKind::ConnectionRefused
                    | ErrorKind::ConnectionReset
                    | ErrorKind::ConnectionAborted
                    | ErrorKind::BrokenPipe
                    | ErrorKind::UnexpectedEof
                    | ErrorKind::NotFound
                    | ErrorKind::TimedOut
            )
        })
}

/// The server's message without its details, which hold values.
pub(super) fn failed(error: postgres::Error) -> RecordsError {
    /// Codes that begin so are about values, and their messages quote them.
    const DATA: &str = "22";
    let text = match error.as_db_error() {
        Some(said) if said.code().code().starts_with(DATA) => {
            format!("it cannot take a value (SQLSTATE {})", said.code().code())
        }
        Some(said) => format!("{} (SQLSTATE {})", said.message(), said.code().code()),
        None => match error.source() {
            Some(source) => format!("{error}: {source}"),
            None => error.to_string(),
        },
    };
    RecordsError::Database(text)
}
