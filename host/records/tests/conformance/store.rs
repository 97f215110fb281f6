//! `Store`: a fresh database for one check.

use mintage_records::{DatabaseUrl, Records};
use mintage_test_support::Postgres;
use tempfile::TempDir;

/// The file of an embedded database.
const FILE: &str = "records.db";

/// A fresh database.
pub struct Store {
    /// Where it is.
    pub url: String,
    place: Place,
}

enum Place {
    Sqlite(TempDir),
    Postgres(&'static Postgres),
}

impl Store {
    /// In a file.
    pub fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join(FILE);
        Self {
            url: format!("sqlite:{}", path.display()),
            place: Place::Sqlite(folder),
        }
    }

    /// In the server that all checks share.
    pub fn postgres() -> Option<Self> {
        let server = Postgres::shared("records over PostgreSQL")?;
        Some(Self {
            url: server.database(),
            place: Place::Postgres(server),
        })
    }

    /// Opens it, and takes the lease.
    pub fn open(&self) -> Records {
        open(&self.url)
    }

    /// Runs statements past the store: for what it never does itself.
    pub fn sql(&self, statements: &str) {
        match &self.place {
            Place::Sqlite(folder) => {
                let path = folder.path().join(FILE);
                let connection = rusqlite::Connection::open(path).unwrap();
                connection
                    .execute_batch("PRAGMA foreign_keys = OFF")
                    .unwrap();
                connection.execute_batch(statements).unwrap();
            }
            Place::Postgres(server) => {
                // Without the checks of references.
                let statements = format!("SET session_replication_role = replica; {statements}");
                server.sql(&self.url, &statements);
            }
        }
    }
}

pub fn open(url: &str) -> Records {
    Records::open(&DatabaseUrl::parse(url).unwrap(), "node-1").unwrap()
}
