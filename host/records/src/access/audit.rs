//! `AuditEntry`: who did what. Entries are added and never changed or deleted.

use crate::change::Change;
use crate::database::Row;
use crate::error::Result;
use crate::query::Page;
use crate::time::Time;
use crate::view::View;
use serde::Serialize;

/// A request that changed something, or tried to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its place in the log; 0 until it is in it.
    pub sequence: u64,
    /// When.
    pub at: Time,
    /// Who; empty when that is not known.
    pub user_name: String,
    /// From where.
    pub address: String,
    /// The method of the request.
    pub method: String,
    /// Its path, without the query.
    pub path: String,
    /// The status of the reply.
    pub outcome: u16,
    /// Why it was refused: the error's code; else empty.
    pub detail: String,
    /// The id of the request.
    pub request_id: String,
}

/// Which entries are wanted, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only of this user.
    pub user_name: Option<String>,
    /// How many are left out at the beginning.
    pub start: u64,
    /// The most to return.
    pub count: u64,
}

impl View<'_> {
    /// A part of the log, newest first.
    ///
    /// # Errors
    /// `Database`.
    pub fn audit_log(&mut self, query: &AuditQuery) -> Result<Page<AuditEntry>> {
        let user = query.user_name.clone();
        let total = self.connection.query(
            "SELECT COUNT(*) FROM audit WHERE COALESCE($1, user_name) = user_name",
            &[user.clone().into()],
        )?;
        let total = total.first().map_or(Ok(0), |row| row.count(0))?;
        let rows = self.connection.query(
            "SELECT sequence, at, user_name, address, method, path, outcome, detail, request_id \
             FROM audit WHERE COALESCE($1, user_name) = user_name \
             ORDER BY sequence DESC LIMIT $2 OFFSET $3",
            &[user.into(), query.count.into(), query.start.into()],
        )?;
        let members = rows.iter().map(entry).collect::<Result<_>>()?;
        Ok(Page { members, total })
    }
}

impl Change<'_> {
    /// Adds an entry.
    ///
    /// # Errors
    /// `Database`.
    pub fn audit(&mut self, entry: &AuditEntry) -> Result<()> {
        let (at, generation) = (self.at(), self.generation);
        self.execute(
            "INSERT INTO audit (at, user_name, address, method, path, outcome, detail, \
             request_id, generation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            &[
                at.into(),
                entry.user_name.as_str().into(),
                entry.address.as_str().into(),
                entry.method.as_str().into(),
                entry.path.as_str().into(),
                u64::from(entry.outcome).into(),
                entry.detail.as_str().into(),
                entry.request_id.as_str().into(),
                generation.into(),
            ],
        )?;
        Ok(())
    }
}

fn entry(row: &Row) -> Result<AuditEntry> {
    Ok(AuditEntry {
        sequence: row.count(0)?,
        at: row.time(1)?,
        user_name: row.text(2)?.to_owned(),
        address: row.text(3)?.to_owned(),
        method: row.text(4)?.to_owned(),
        path: row.text(5)?.to_owned(),
        outcome: u16::try_from(row.integer(6)?).unwrap_or_default(),
        detail: row.text(7)?.to_owned(),
        request_id: row.text(8)?.to_owned(),
    })
}
