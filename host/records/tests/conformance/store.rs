//! `Store`: a fresh database for one check.

use mintage_records::{DatabaseUrl, Records};
use tempfile::TempDir;

/// A fresh database.
pub struct Store {
    pub url: DatabaseUrl,
    _folder: TempDir,
}

impl Store {
    /// In a file.
    pub fn sqlite() -> Self {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("records.db");
        Self {
            url: DatabaseUrl::Sqlite(path),
            _folder: folder,
        }
    }

    /// Opens it, and takes the lease.
    pub fn open(&self) -> Records {
        Records::open(&self.url, "node-1").unwrap()
    }
}
