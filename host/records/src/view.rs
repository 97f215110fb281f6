//! `View`: reading, within one transaction.

mod select;

use crate::columns::name_key;
use crate::database::{Connection, Row, Value};
use crate::error::{RecordsError, Result};
use crate::event::{Event, EventAction};
use crate::id::Id;
use crate::query::{Page, Query, Sort};
use crate::resource::{Kind, Resource, Stored, Use};
use crate::time::Time;
use crate::typed;
use select::Select;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The columns of [`stored`].
const COLUMNS: &str = "id, version, generation, created, modified, changed_by, body";

/// One committed state of the store.
pub struct View<'a> {
    pub(crate) connection: &'a mut dyn Connection,
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View").finish_non_exhaustive()
    }
}

impl View<'_> {
    /// One resource, when it is there.
    ///
    /// # Errors
    /// `Corrupt`, `Database`.
    pub fn find<R: Resource>(&mut self, id: &Id) -> Result<Option<Stored<R>>> {
        let sql = format!("SELECT {COLUMNS} FROM resource WHERE kind = $1 AND id = $2");
        self.one(&sql, &[R::KIND.as_str().into(), id.into()])
    }

    /// One resource.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt`, `Database`.
    pub fn get<R: Resource>(&mut self, id: &Id) -> Result<Stored<R>> {
        self.find(id)?.ok_or_else(|| RecordsError::NotFound {
            kind: R::KIND,
            id: id.to_string(),
        })
    }

    /// The resource with a name; letter case does not count. None of a kind whose names are not
    /// unique.
    ///
    /// # Errors
    /// `Corrupt`, `Database`.
    pub fn find_by_name<R: Resource>(&mut self, name: &str) -> Result<Option<Stored<R>>> {
        let Some(key) = name_key(R::KIND, name) else {
            return Ok(None);
        };
        let sql = format!("SELECT {COLUMNS} FROM resource WHERE kind = $1 AND name_key = $2");
        self.one(&sql, &[R::KIND.as_str().into(), key.into()])
    }

    /// The name of a resource, when it is there.
    ///
    /// # Errors
    /// `Database`.
    pub fn name(&mut self, kind: Kind, id: &Id) -> Result<Option<String>> {
        let rows = self.connection.query(
            "SELECT name FROM resource WHERE kind = $1 AND id = $2",
            &[kind.as_str().into(), id.into()],
        )?;
        let name = rows.first().map(|row| row.text(0).map(str::to_owned));
        name.transpose()
    }

    /// The names of the resources of a kind with these ids, those that are there: one query for a
    /// page.
    ///
    /// # Errors
    /// `Database`.
    pub fn names(&mut self, kind: Kind, ids: &BTreeSet<&Id>) -> Result<BTreeMap<Id, String>> {
        let sql = format!(
            "SELECT id, name FROM resource WHERE kind = $1 AND id IN ({})",
            self.connection.dialect().items("$2")
        );
        let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
        let ids = serde_json::Value::from(ids).to_string();
        let rows = self
            .connection
            .query(&sql, &[kind.as_str().into(), ids.into()])?;
        rows.iter()
            .map(|row| Ok((row.id(0)?, row.text(1)?.to_owned())))
            .collect()
    }

    /// A part of a collection.
    ///
    /// # Errors
    /// `UnknownField`, `NotANumber`, `NotATime`, `QueryTooLarge`, `Corrupt`, `Database`.
    pub fn list<R: Resource>(&mut self, query: &Query) -> Result<Page<Stored<R>>> {
        let select = Select::new::<R>(self.connection.dialect(), query)?;
        let rows = self
            .connection
            .query(&select.page(COLUMNS), &select.page_arguments())?;
        let total = match select.total_after(rows.len() as u64) {
            Some(total) => total,
            None => {
                let total = self.connection.query(&select.total(), &select.arguments)?;
                total.first().map_or(Ok(0), |row| row.count(0))?
            }
        };
        let members = rows.iter().map(stored).collect::<Result<_>>()?;
        Ok(Page { members, total })
    }

    /// All of a kind, by name.
    ///
    /// # Errors
    /// `Corrupt`, `Database`.
    pub fn all<R: Resource>(&mut self) -> Result<Vec<Stored<R>>> {
        let by_name = Sort {
            field: "name".to_owned(),
            descending: false,
        };
        let query = Query {
            sort: vec![by_name],
            ..Query::default()
        };
        Ok(self.list(&query)?.members)
    }

    /// The versions of a resource that are kept, newest first: number, time, author.
    ///
    /// # Errors
    /// `Database`.
    pub fn versions(&mut self, kind: Kind, id: &Id) -> Result<Vec<(u64, Time, String)>> {
        let rows = self.connection.query(
            "SELECT version, modified, changed_by FROM resource_version \
             WHERE kind = $1 AND id = $2 ORDER BY version DESC",
            &[kind.as_str().into(), id.into()],
        )?;
        rows.iter()
            .map(|row| Ok((row.count(0)?, row.time(1)?, row.text(2)?.to_owned())))
            .collect()
    }

    /// A kept version of a resource.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt`, `Database`.
    pub fn version<R: Resource>(&mut self, id: &Id, version: u64) -> Result<Stored<R>> {
        let found = self.one(
            "SELECT v.id, v.version, v.generation, r.created, v.modified, v.changed_by, v.body \
             FROM resource_version v JOIN resource r ON r.kind = v.kind AND r.id = v.id \
             WHERE v.kind = $1 AND v.id = $2 AND v.version = $3",
            &[R::KIND.as_str().into(), id.into(), version.into()],
        )?;
        found.ok_or_else(|| RecordsError::NotFound {
            kind: R::KIND,
            id: format!("{id}, version {version}"),
        })
    }

    /// Who uses a resource, by kind and name.
    ///
    /// # Errors
    /// `Database`.
    pub fn used_by(&mut self, kind: Kind, id: &Id) -> Result<Vec<Use>> {
        let rows = self.connection.query(
            "SELECT u.kind, u.id, u.name, f.role FROM reference f \
             JOIN resource u ON u.kind = f.from_kind AND u.id = f.from_id \
             WHERE f.to_kind = $1 AND f.to_id = $2 ORDER BY u.kind, u.name, u.id, f.role",
            &[kind.as_str().into(), id.into()],
        )?;
        rows.iter().map(|row| used(row, 0)).collect()
    }

    /// How many others use a resource.
    ///
    /// # Errors
    /// `Database`.
    pub fn count_uses(&mut self, kind: Kind, id: &Id) -> Result<u64> {
        let rows = self.connection.query(
            "SELECT COUNT(*) FROM reference WHERE to_kind = $1 AND to_id = $2",
            &[kind.as_str().into(), id.into()],
        )?;
        rows.first().map_or(Ok(0), |row| row.count(0))
    }

    /// Who uses the resources of a kind with these ids, by id of the used one: one query for a page.
    ///
    /// # Errors
    /// `Database`.
    pub fn uses_of(&mut self, kind: Kind, ids: &[Id]) -> Result<BTreeMap<Id, Vec<Use>>> {
        let sql = format!(
            "SELECT f.to_id, u.kind, u.id, u.name, f.role FROM reference f \
             JOIN resource u ON u.kind = f.from_kind AND u.id = f.from_id \
             WHERE f.to_kind = $1 AND f.to_id IN ({}) \
             ORDER BY f.to_id, u.kind, u.name, u.id, f.role",
            self.connection.dialect().items("$2")
        );
        let ids: Vec<&str> = ids.iter().map(Id::as_str).collect();
        let ids = serde_json::Value::from(ids).to_string();
        let rows = self
            .connection
            .query(&sql, &[kind.as_str().into(), ids.into()])?;
        let mut uses = BTreeMap::<Id, Vec<Use>>::new();
        for row in &rows {
            uses.entry(row.id(0)?).or_default().push(used(row, 1)?);
        }
        Ok(uses)
    }

    /// The changes after the one with number `after`, oldest first, at most `most`.
    ///
    /// # Errors
    /// `Database`.
    pub fn events(&mut self, after: u64, most: u64) -> Result<Vec<Event>> {
        let rows = self.connection.query(
            "SELECT sequence, at, kind, id, action, version FROM event \
             WHERE sequence > $1 ORDER BY sequence LIMIT $2",
            &[after.into(), most.into()],
        )?;
        rows.iter().map(event).collect()
    }

    /// The number of the oldest change that is not forgotten; 0 before the first. Who has seen less
    /// than the one before it has missed some.
    ///
    /// # Errors
    /// `Database`.
    pub fn first_event(&mut self) -> Result<u64> {
        let rows = self
            .connection
            .query("SELECT COALESCE(MIN(sequence), 0) FROM event", &[])?;
        rows.first().map_or(Ok(0), |row| row.count(0))
    }

    /// The number of the newest change; 0 before the first.
    ///
    /// # Errors
    /// `Database`.
    pub fn last_event(&mut self) -> Result<u64> {
        let rows = self
            .connection
            .query("SELECT COALESCE(MAX(sequence), 0) FROM event", &[])?;
        rows.first().map_or(Ok(0), |row| row.count(0))
    }

    /// A fact of the installation.
    ///
    /// # Errors
    /// `Database`.
    pub fn setting(&mut self, name: &str) -> Result<Option<String>> {
        let rows = self
            .connection
            .query("SELECT value FROM setting WHERE name = $1", &[name.into()])?;
        rows.first()
            .map(|row| row.text(0).map(str::to_owned))
            .transpose()
    }

    fn one<R: Resource>(&mut self, sql: &str, arguments: &[Value]) -> Result<Option<Stored<R>>> {
        let rows = self.connection.query(sql, arguments)?;
        rows.first().map(stored).transpose()
    }
}

/// From the columns [`COLUMNS`].
fn stored<R: Resource>(row: &Row) -> Result<Stored<R>> {
    let id = row.id(0)?;
    let body = typed::read(&id, row.text(6)?)?;
    Ok(Stored {
        id,
        version: row.count(1)?,
        generation: row.count(2)?,
        created: row.time(3)?,
        modified: row.time(4)?,
        changed_by: row.text(5)?.to_owned(),
        body,
    })
}

fn used(row: &Row, from: usize) -> Result<Use> {
    Ok(Use {
        kind: kind(row.text(from)?)?,
        id: row.id(from + 1)?,
        name: row.text(from + 2)?.to_owned(),
        role: row.text(from + 3)?.to_owned(),
    })
}

fn event(row: &Row) -> Result<Event> {
    let action = row.text(4)?;
    let unknown = || RecordsError::Database(format!("an event with the action `{action}`"));
    Ok(Event {
        sequence: row.count(0)?,
        at: row.time(1)?,
        kind: kind(row.text(2)?)?,
        id: row.id(3)?,
        action: EventAction::parse(action).ok_or_else(unknown)?,
        version: row.count(5)?,
    })
}

fn kind(text: &str) -> Result<Kind> {
    Kind::parse(text)
        .ok_or_else(|| RecordsError::Database(format!("a resource of the kind `{text}`")))
}
