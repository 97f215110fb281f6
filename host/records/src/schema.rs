//! The schema: migrations in order, each done once, in one transaction.
//!
//! What is released is never edited: a change is a new migration.

use crate::database::{Connection, Database};
use crate::error::{RecordsError, Result};

/// The migrations; the first has number 1.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
];

/// Brings the database up to date.
///
/// # Errors
/// `NewerSchema` when a newer version has written it.
pub(crate) fn migrate(database: &dyn Database) -> Result<()> {
    database.write(&mut |connection| {
        connection.batch(connection.dialect().lock_schema())?;
        let done = installed(connection)?;
        let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
        if done > known {
            return Err(RecordsError::NewerSchema { found: done, known });
        }
        for (number, text) in (1_i64..).zip(MIGRATIONS) {
            if number > done {
                let text = connection.dialect().schema(text);
                connection.batch(&text)?;
                connection.execute(
                    "INSERT INTO migration (number) VALUES ($1)",
                    &[number.into()],
                )?;
            }
        }
        Ok(())
    })
}

/// The number of the last migration that was done.
fn installed(connection: &mut dyn Connection) -> Result<i64> {
    connection
        .batch("CREATE TABLE IF NOT EXISTS migration (number BIGINT NOT NULL PRIMARY KEY)")?;
    let rows = connection.query("SELECT COALESCE(MAX(number), 0) FROM migration", &[])?;
    rows.first().map_or(Ok(0), |row| row.integer(0))
}
