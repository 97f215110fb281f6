//! `Records`: the open store; `Change`: writing, within one transaction.

use crate::database::{Connection, Database, DatabaseUrl, Value};
use crate::error::{RecordsError, Result};
use crate::event::{Event, EventAction};
use crate::id::Id;
use crate::resource::{Kind, Match, Resource, Stored};
use crate::schema;
use crate::time::Time;
use crate::view::View;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{PoisonError, RwLock};

/// Who makes a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The user's name, or `mintage` for what the service does by itself.
    pub name: String,
}

impl Author {
    /// A user.
    pub fn user(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }

    /// The service itself.
    pub fn service() -> Self {
        Self::user("mintage")
    }
}

/// Is told of every committed change, in order.
type Observer = Box<dyn Fn(&[Event]) + Send + Sync>;

/// The open store. Cheap to use from many threads at once; calls block.
pub struct Records {
    database: Box<dyn Database>,
    generation: u64,
    observers: RwLock<Vec<Observer>>,
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records")
            .field("database", &self.database)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

impl Records {
    /// Opens the store, brings its schema up to date, and takes the lease as `holder`: every node
    /// that had it before is fenced from now on.
    ///
    /// # Errors
    /// `Url`, `NewerSchema`, `Database`.
    pub fn open(url: &DatabaseUrl, holder: &str) -> Result<Self> {
        let database = url.open()?;
        schema::migrate(database.as_ref())?;
        let mut generation = 0;
        database.write(&mut |connection| {
            generation = take_lease(connection, holder)?;
            Ok(())
        })?;
        Ok(Self {
            database,
            generation,
            observers: RwLock::new(Vec::new()),
        })
    }

    /// The fencing token of this node.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Calls `observer` after every commit with what changed.
    pub fn observe(&self, observer: impl Fn(&[Event]) + Send + Sync + 'static) {
        let mut observers = self
            .observers
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        observers.push(Box::new(observer));
    }

    /// Reads one committed state.
    ///
    /// # Errors
    /// Those of `act`, and `Database`.
    pub fn read<T, E: From<RecordsError>>(
        &self,
        act: impl FnOnce(&mut View<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut act = Some(act);
        let mut outcome = None;
        self.database.read(&mut |connection| {
            if let Some(act) = act.take() {
                outcome = Some(act(&mut View { connection }));
            }
            Ok(())
        })?;
        outcome.unwrap_or_else(|| Err(not_called().into()))
    }

    /// Changes the store: all that `act` does is committed when it succeeds, and nothing of it when
    /// it fails.
    ///
    /// # Errors
    /// Those of `act`, `Fenced` when another node has taken the lease, and `Database`.
    pub fn change<T, E: From<RecordsError>>(
        &self,
        author: &Author,
        act: impl FnOnce(&mut Change<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut act = Some(act);
        let mut outcome = None;
        let mut events = Vec::new();
        let written = self.database.write(&mut |connection| {
            check_lease(connection, self.generation)?;
            let Some(act) = act.take() else {
                return Err(not_called());
            };
            let mut change = Change {
                view: View { connection },
                generation: self.generation,
                author,
                at: Time::now(),
                events: Vec::new(),
            };
            match act(&mut change) {
                Ok(value) => {
                    events = change.events;
                    outcome = Some(Ok(value));
                    Ok(())
                }
                Err(error) => {
                    outcome = Some(Err(error));
                    // Any error: it makes the transaction end without a commit.
                    Err(not_called())
                }
            }
        });
        match (written, outcome) {
            (Ok(()), Some(Ok(value))) => {
                self.tell(&events);
                Ok(value)
            }
            (_, Some(Err(error))) => Err(error),
            (Err(error), _) => Err(error.into()),
            (Ok(()), None) => Err(not_called().into()),
        }
    }

    fn tell(&self, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        let observers = self
            .observers
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        observers.iter().for_each(|observer| observer(events));
    }
}

/// A transaction that writes. Reads see what it has written.
pub struct Change<'a> {
    pub(crate) view: View<'a>,
    pub(crate) generation: u64,
    author: &'a Author,
    at: Time,
    events: Vec<Event>,
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

impl Change<'_> {
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
    /// `NameTaken`, `DanglingReference`, `Database`.
    pub fn insert<R: Resource>(&mut self, body: R) -> Result<Stored<R>> {
        self.insert_as(Id::generate(), body)
    }

    /// Stores a new resource under an id that nothing of its kind has.
    ///
    /// # Errors
    /// `NameTaken`, `DanglingReference`, `Database`.
    pub fn insert_as<R: Resource>(&mut self, id: Id, body: R) -> Result<Stored<R>> {
        self.refuse_taken_name(&id, &body)?;
        let (fields, text) = documents(&id, &body)?;
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
                stored.body.name().into(),
                name_key(&stored.body).into(),
                stored.version.into(),
                stored.created.into(),
                stored.modified.into(),
                stored.changed_by.as_str().into(),
                fields.into(),
                text.as_str().into(),
                self.generation.into(),
            ],
        )?;
        self.write_references(&stored.id, &stored.body)?;
        self.keep_version(&stored, &text)?;
        self.record(R::KIND, &stored.id, EventAction::Created, stored.version)?;
        Ok(stored)
    }

    /// Stores a new version of a resource.
    ///
    /// # Errors
    /// `NotFound`, `Changed`, `NameTaken`, `DanglingReference`, `Database`.
    pub fn update<R: Resource>(&mut self, id: &Id, expected: &Match, body: R) -> Result<Stored<R>> {
        let old = self.get::<R>(id)?;
        expect(R::KIND, &old, expected)?;
        self.refuse_taken_name(id, &body)?;
        let (fields, text) = documents(id, &body)?;
        let stored = Stored {
            version: old.version + 1,
            generation: self.generation,
            modified: self.at,
            changed_by: self.author.name.clone(),
            body,
            id: old.id,
            created: old.created,
        };
        self.execute(
            "UPDATE resource SET name = $3, name_key = $4, version = $5, modified = $6, \
             changed_by = $7, fields = $8, body = $9, generation = $10 WHERE kind = $1 AND id = $2",
            &[
                R::KIND.as_str().into(),
                id.into(),
                stored.body.name().into(),
                name_key(&stored.body).into(),
                stored.version.into(),
                stored.modified.into(),
                stored.changed_by.as_str().into(),
                fields.into(),
                text.as_str().into(),
                self.generation.into(),
            ],
        )?;
        self.write_references(id, &stored.body)?;
        self.keep_version(&stored, &text)?;
        self.record(R::KIND, id, EventAction::Updated, stored.version)?;
        Ok(stored)
    }

    /// Deletes a resource and its old versions.
    ///
    /// # Errors
    /// `NotFound`, `Changed`, `InUse`, `Database`.
    pub fn delete<R: Resource>(&mut self, id: &Id, expected: &Match) -> Result<Stored<R>> {
        let old = self.get::<R>(id)?;
        expect(R::KIND, &old, expected)?;
        let users = self.used_by(R::KIND, id)?;
        if !users.is_empty() {
            return Err(RecordsError::InUse {
                kind: R::KIND,
                name: old.body.name().to_owned(),
                users,
            });
        }
        self.execute(
            "DELETE FROM resource WHERE kind = $1 AND id = $2",
            &[R::KIND.as_str().into(), id.into()],
        )?;
        self.record(R::KIND, id, EventAction::Deleted, old.version)?;
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

    fn write_references<R: Resource>(&mut self, id: &Id, body: &R) -> Result<()> {
        self.execute(
            "DELETE FROM reference WHERE from_kind = $1 AND from_id = $2",
            &[R::KIND.as_str().into(), id.into()],
        )?;
        for reference in body.references().into_iter().collect::<BTreeSet<_>>() {
            let target: [Value; 2] = [reference.kind.as_str().into(), (&reference.id).into()];
            let found = self.view.connection.query(
                "SELECT 1 FROM resource WHERE kind = $1 AND id = $2",
                &target,
            )?;
            if found.is_empty() {
                return Err(RecordsError::DanglingReference {
                    role: reference.role.to_owned(),
                    kind: reference.kind,
                    id: reference.id.to_string(),
                });
            }
            let [to_kind, to_id] = target;
            let generation = self.generation;
            self.execute(
                "INSERT INTO reference (from_kind, from_id, role, to_kind, to_id, generation) \
                 VALUES ($1, $2, $3, $4, $5, $6)",
                &[
                    R::KIND.as_str().into(),
                    id.into(),
                    reference.role.into(),
                    to_kind,
                    to_id,
                    generation.into(),
                ],
            )?;
        }
        Ok(())
    }

    fn keep_version<R: Resource>(&mut self, stored: &Stored<R>, text: &str) -> Result<()> {
        if !R::KIND.keeps_versions() {
            return Ok(());
        }
        self.execute(
            "INSERT INTO resource_version (kind, id, version, modified, changed_by, body, generation) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            &[
                R::KIND.as_str().into(),
                (&stored.id).into(),
                stored.version.into(),
                stored.modified.into(),
                stored.changed_by.as_str().into(),
                text.into(),
                stored.generation.into(),
            ],
        )?;
        Ok(())
    }

    fn record(&mut self, kind: Kind, id: &Id, action: EventAction, version: u64) -> Result<()> {
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

fn take_lease(connection: &mut dyn Connection, holder: &str) -> Result<u64> {
    let rows = connection.query(
        "INSERT INTO lease (id, holder, generation, taken) VALUES (1, $1, 1, $2) \
         ON CONFLICT (id) DO UPDATE SET holder = $1, generation = lease.generation + 1, taken = $2 \
         RETURNING generation",
        &[holder.into(), Time::now().into()],
    )?;
    rows.first()
        .map_or_else(|| Err(not_called()), |row| row.count(0))
}

fn check_lease(connection: &mut dyn Connection, own: u64) -> Result<()> {
    let sql = connection.dialect().lock_lease();
    let rows = connection.query(sql, &[])?;
    let current = rows.first().map_or(Ok(0), |row| row.count(0))?;
    match current == own {
        true => Ok(()),
        false => Err(RecordsError::Fenced { own, current }),
    }
}

fn expect<R: Resource>(kind: Kind, old: &Stored<R>, expected: &Match) -> Result<()> {
    match expected {
        Match::Version(version) if *version != old.version => Err(RecordsError::Changed {
            kind,
            id: old.id.to_string(),
            expected: version.to_string(),
            actual: old.version,
        }),
        _ => Ok(()),
    }
}

fn name_key<R: Resource>(body: &R) -> Option<String> {
    R::KIND
        .has_unique_names()
        .then(|| body.name().to_lowercase())
}

/// The flat object for filters, and the body.
fn documents<R: Resource>(id: &Id, body: &R) -> Result<(String, String)> {
    let corrupt = |why: String| RecordsError::Corrupt {
        kind: R::KIND,
        id: id.to_string(),
        why,
    };
    let text = serde_json::to_string(body).map_err(|e| corrupt(e.to_string()))?;
    let json = serde_json::to_value(body).map_err(|e| corrupt(e.to_string()))?;
    let mut fields = Map::new();
    for field in R::FIELDS {
        let value = match json.get(field.name) {
            None | Some(Json::Null) => continue,
            Some(Json::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        fields.insert(field.name.to_owned(), Json::String(value));
    }
    Ok((Json::Object(fields).to_string(), text))
}

fn not_called() -> RecordsError {
    RecordsError::Database("the transaction was not carried out".into())
}
