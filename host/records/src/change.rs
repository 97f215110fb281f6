//! `Change`: writing, within one transaction.

use crate::columns::Columns;
use crate::database::{Connection, Value};
use crate::error::{RecordsError, Result};
use crate::event::{Event, EventAction};
use crate::id::Id;
use crate::records::Author;
use crate::resource::{Kind, Match, Reference, Resource, Stored};
use crate::time::Time;
use crate::view::View;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::{Deref, DerefMut};

/// A transaction that writes. Reads see what it has written.
pub struct Change<'a> {
    pub(crate) view: View<'a>,
    pub(crate) generation: u64,
    pub(crate) events: Vec<Event>,
    pub(crate) author: &'a Author,
    /// Where what was made is found, if the caller says so.
    pub(crate) made: Option<String>,
    at: Time,
}

impl fmt::Debug for Change<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Change")
            .field("generation", &self.generation)
            .field("author", &self.author)
            .finish_non_exhaustive()
    }
}

impl<'a> Deref for Change<'a> {
    type Target = View<'a>;

    fn deref(&self) -> &Self::Target {
        &self.view
    }
}

impl DerefMut for Change<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.view
    }
}

impl<'a> Change<'a> {
    pub(crate) fn new(
        connection: &'a mut dyn Connection,
        generation: u64,
        author: &'a Author,
    ) -> Self {
        Self {
            view: View { connection },
            generation,
            events: Vec::new(),
            author,
            made: None,
            at: Time::now(),
        }
    }

    /// When this change is made.
    pub fn at(&self) -> Time {
        self.at
    }

    /// Who makes it.
    pub fn author(&self) -> &Author {
        self.author
    }

    /// Stores a new resource under a new id.
    ///
    /// # Errors
    /// `NameTaken`, `NameTooLong`, `DanglingReference`, `Database`.
    pub fn insert<R: Resource>(&mut self, body: R) -> Result<Stored<R>> {
        self.insert_as(Id::generate(), body)
    }

    /// Stores a new resource under an id that nothing of its kind has.
    ///
    /// # Errors
    /// `NameTaken`, `NameTooLong`, `DanglingReference`, `Database`.
    pub fn insert_as<R: Resource>(&mut self, id: Id, body: R) -> Result<Stored<R>> {
        self.refuse_taken_name(&id, &body)?;
        let columns = Columns::of(&id, &body)?;
        let stored = Stored {
            id,
            version: 1,
            generation: self.generation,
            created: self.at,
            modified: self.at,
            changed_by: self.author.name.clone(),
            body,
        };
        self.execute(
            "INSERT INTO resource (kind, id, name, name_key, version, created, modified, \
             changed_by, fields, body, generation) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            &[
                R::KIND.as_str().into(),
                (&stored.id).into(),
                columns.name.into(),
                columns.name_key.into(),
                stored.version.into(),
                stored.created.into(),
                stored.modified.into(),
                stored.changed_by.as_str().into(),
                columns.fields.into(),
                columns.body.as_str().into(),
                self.generation.into(),
            ],
        )?;
        self.write_references(R::KIND, &stored.id, stored.body.references())?;
        let made = (self.at, self.author.name.as_str());
        self.keep_version(R::KIND, &stored.id, stored.version, made, &columns.body)?;
        self.record(R::KIND, &stored.id, EventAction::Created, stored.version)?;
        Ok(stored)
    }

    /// Stores a new version of a resource.
    ///
    /// # Errors
    /// `NotFound`, `Changed`, `NameTaken`, `NameTooLong`, `DanglingReference`, `Database`.
    pub fn update<R: Resource>(&mut self, id: &Id, expected: &Match, body: R) -> Result<Stored<R>> {
        let old = self.get::<R>(id)?;
        expected.check(&old)?;
        self.refuse_taken_name(id, &body)?;
        let columns = Columns::of(id, &body)?;
        let stored = Stored {
            version: old.version + 1,
            generation: self.generation,
            modified: self.at,
            changed_by: self.author.name.clone(),
            body,
            id: old.id,
            created: old.created,
        };
        self.write_version(R::KIND, id, stored.version, &columns)?;
        self.write_references(R::KIND, id, stored.body.references())?;
        Ok(stored)
    }

    /// Refuses what an update to `body` would refuse; nothing is changed.
    ///
    /// # Errors
    /// `NameTaken`, `NameTooLong`, `DanglingReference`, `Database`.
    pub fn rehearse_update<R: Resource>(&mut self, id: &Id, body: &R) -> Result<()> {
        self.refuse_taken_name(id, body)?;
        Columns::of(id, body)?;
        for reference in body.references() {
            self.refuse_dangling(&reference)?;
        }
        Ok(())
    }

    /// Deletes a resource and its old versions.
    ///
    /// # Errors
    /// `NotFound`, `Changed`, `InUse`, `Database`.
    pub fn delete<R: Resource>(&mut self, id: &Id, expected: &Match) -> Result<Stored<R>> {
        let old = self.get::<R>(id)?;
        expected.check(&old)?;
        self.delete_row(R::KIND, id, old.body.name(), old.version)?;
        Ok(old)
    }

    /// Sets a fact of the installation.
    ///
    /// # Errors
    /// `Database`.
    pub fn set_setting(&mut self, name: &str, value: &str) -> Result<()> {
        let generation = self.generation;
        self.execute(
            "INSERT INTO setting (name, value, generation) VALUES ($1, $2, $3) \
             ON CONFLICT (name) DO UPDATE SET value = $2, generation = $3",
            &[name.into(), value.into(), generation.into()],
        )?;
        Ok(())
    }

    pub(crate) fn execute(&mut self, sql: &str, arguments: &[Value]) -> Result<u64> {
        self.view.connection.execute(sql, arguments)
    }

    fn refuse_taken_name<R: Resource>(&mut self, id: &Id, body: &R) -> Result<()> {
        if !R::KIND.has_unique_names() {
            return Ok(());
        }
        match self.find_by_name::<R>(body.name())? {
            Some(other) if other.id != *id => Err(RecordsError::NameTaken {
                kind: R::KIND,
                name: body.name().to_owned(),
            }),
            _ => Ok(()),
        }
    }

    /// Writes a new version of a resource that is there.
    pub(crate) fn write_version(
        &mut self,
        kind: Kind,
        id: &Id,
        version: u64,
        columns: &Columns,
    ) -> Result<()> {
        let (at, author, generation) = (self.at, self.author, self.generation);
        self.execute(
            "UPDATE resource SET name = $3, name_key = $4, version = $5, modified = $6, \
             changed_by = $7, fields = $8, body = $9, generation = $10 WHERE kind = $1 AND id = $2",
            &[
                kind.as_str().into(),
                id.into(),
                columns.name.as_str().into(),
                columns.name_key.clone().into(),
                version.into(),
                at.into(),
                author.name.as_str().into(),
                columns.fields.as_str().into(),
                columns.body.as_str().into(),
                generation.into(),
            ],
        )?;
        self.keep_version(kind, id, version, (at, &author.name), &columns.body)?;
        self.record(kind, id, EventAction::Updated, version)
    }

    /// Deletes a resource that nobody needs.
    pub(crate) fn delete_row(
        &mut self,
        kind: Kind,
        id: &Id,
        name: &str,
        version: u64,
    ) -> Result<()> {
        let users = self.used_by(kind, id)?;
        if !users.is_empty() {
            return Err(RecordsError::InUse {
                kind,
                name: name.to_owned(),
                users,
            });
        }
        self.execute(
            "DELETE FROM resource WHERE kind = $1 AND id = $2",
            &[kind.as_str().into(), id.into()],
        )?;
        self.record(kind, id, EventAction::Deleted, version)
    }

    /// Records what a resource needs, instead of what it needed before.
    pub(crate) fn write_references(
        &mut self,
        kind: Kind,
        id: &Id,
        references: Vec<Reference>,
    ) -> Result<()> {
        self.execute(
            "DELETE FROM reference WHERE from_kind = $1 AND from_id = $2",
            &[kind.as_str().into(), id.into()],
        )?;
        for reference in references.into_iter().collect::<BTreeSet<_>>() {
            self.refuse_dangling(&reference)?;
            let generation = self.generation;
            self.execute(
                "INSERT INTO reference (from_kind, from_id, role, to_kind, to_id, generation) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
                &[
                    kind.as_str().into(),
                    id.into(),
                    reference.role.into(),
                    reference.kind.as_str().into(),
                    (&reference.id).into(),
                    generation.into(),
                ],
            )?;
        }
        Ok(())
    }

    fn refuse_dangling(&mut self, reference: &Reference) -> Result<()> {
        let found = self.view.connection.query(
            "SELECT 1 FROM resource WHERE kind = $1 AND id = $2",
            &[reference.kind.as_str().into(), (&reference.id).into()],
        )?;
        match found.is_empty() {
            false => Ok(()),
            true => Err(RecordsError::DanglingReference {
                role: reference.role.to_owned(),
                kind: reference.kind,
                id: reference.id.to_string(),
            }),
        }
    }

    /// Keeps a version, where the kind keeps any; `made`: when and by whom.
    pub(crate) fn keep_version(
        &mut self,
        kind: Kind,
        id: &Id,
        version: u64,
        made: (Time, &str),
        body: &str,
    ) -> Result<()> {
        if !kind.keeps_versions() {
            return Ok(());
        }
        let generation = self.generation;
        self.execute(
            "INSERT INTO resource_version (kind, id, version, modified, changed_by, body, generation) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[
                kind.as_str().into(),
                id.into(),
                version.into(),
                made.0.into(),
                made.1.into(),
                body.into(),
                generation.into(),
            ],
        )?;
        Ok(())
    }

    /// Records an event, for the log and for the observers.
    pub(crate) fn record(
        &mut self,
        kind: Kind,
        id: &Id,
        action: EventAction,
        version: u64,
    ) -> Result<()> {
        let rows = self.view.connection.query(
            "INSERT INTO event (at, kind, id, action, version, generation) \
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING sequence",
            &[
                self.at.into(),
                kind.as_str().into(),
                id.into(),
                action.as_str().into(),
                version.into(),
                self.generation.into(),
            ],
        )?;
        let sequence = rows.first().map_or(Ok(0), |row| row.count(0))?;
        self.events.push(Event {
            sequence,
            at: self.at,
            kind,
            id: id.clone(),
            action,
            version,
        });
        Ok(())
    }
}
