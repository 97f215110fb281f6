//! `Records`: the open store.

use crate::access::Credential;
use crate::change::Change;
use crate::database::{Connection, Database, DatabaseUrl};
use crate::error::{RecordsError, Result};
use crate::event::Event;
use crate::idempotency::RequestKey;
use crate::schema;
use crate::time::Time;
use crate::view::View;
use std::fmt;
use std::sync::{Mutex, PoisonError, RwLock};

/// Who makes a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// The user's name, or `mintage` for what the service does by itself.
    pub name: String,
    /// The idempotency key of the request that asks for the change: every change of this author notes
    /// under it what it made.
    pub key: Option<RequestKey>,
    /// With what the request was allowed: where it does not hold any more, nothing is changed.
    pub credential: Option<Credential>,
}

impl Author {
    /// A user.
    pub fn user(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            key: None,
            credential: None,
        }
    }

    /// The same, whose request has this key, if any.
    #[must_use]
    pub fn with_key(self, key: Option<RequestKey>) -> Self {
        Self { key, ..self }
    }

    /// The same, allowed by this.
    #[must_use]
    pub fn with_credential(self, credential: Credential) -> Self {
        Self {
            credential: Some(credential),
            ..self
        }
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
    /// Held over a change and the calls of the observers, so that these see the order of commits.
    changing: Mutex<()>,
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
            changing: Mutex::new(()),
        })
    }

    /// The fencing token of this node.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Calls `observer` after every commit with what changed, in the order of the commits. It may
    /// read; it must be quick, because the next change waits for it, and must not change anything.
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
    /// it fails. Changes are made one after the other; one within another would wait for itself.
    ///
    /// # Errors
    /// Those of `act`; `Fenced` when another node has taken the lease; `Uncertain` when the
    /// connection was lost at the very end; `Database`.
    pub fn change<T, E: From<RecordsError>>(
        &self,
        author: &Author,
        act: impl FnOnce(&mut Change<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut act = Some(act);
        let mut outcome = None;
        let mut events = Vec::new();
        // A panic within a change has undone it: the next one starts anew.
        let _turn = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let written = self.database.write(&mut |connection| {
            check_lease(connection, self.generation)?;
            let Some(act) = act.take() else {
                return Err(not_called());
            };
            let mut change = Change::new(connection, self.generation, author);
            if let Some(credential) = &author.credential {
                change.verify(credential)?;
            }
            match act(&mut change) {
                Ok(value) => {
                    change.mark_key()?;
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

fn not_called() -> RecordsError {
    RecordsError::Database("the transaction was not carried out".into())
}
