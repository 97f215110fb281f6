//! Idempotency keys: the same key of the same user never does the work twice.
//!
//! A key is reserved before the work. The change that does the work notes, in its own transaction, what
//! it made: every change of an [`Author`](crate::Author) with a key does so; when all is answered, the reply is kept ([`Change::keep_reply`]). So
//! whatever ends the process, the next one sees whether the work was done: a reply is there; or what was
//! made is noted; or neither, and the work may be done now.

use crate::change::Change;
use crate::database::Value;
use crate::error::Result;
use crate::event::EventAction;
use crate::resource::Kind;
use std::time::Duration;

/// For how long a key is known.
pub const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Noted where something was done that has no URI.
const NOWHERE: &str = "";

/// A key as one user gave it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RequestKey {
    /// Who gave it: others may give the same.
    pub user: String,
    /// What was given.
    pub key: String,
}

/// A reply to be given again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredReply {
    /// The HTTP status.
    pub status: u16,
    /// Where what was made is.
    pub location: Option<String>,
    /// The body, as the caller of the store wants it kept.
    pub body: Vec<u8>,
}

/// What becomes of a request with a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reservation {
    /// It is new, or its first try did nothing: do the work.
    Reserved,
    /// Another request had the key.
    Other,
    /// It is done; this was the reply.
    Done(StoredReply),
    /// It is done, but its reply was not kept; what it made is found here, if it can be got.
    Made(Option<String>),
}

impl Change<'_> {
    /// Reserves a key for a request, of which `request_hash` says what it asks for. The caller sees to
    /// it that this node does not work under the key already; other nodes cannot, without the lease. Keys
    /// older than [`KEPT`] are forgotten.
    ///
    /// # Errors
    /// `Database`.
    pub fn reserve_key(&mut self, key: &RequestKey, request_hash: &str) -> Result<Reservation> {
        self.forget_old_keys()?;
        let rows = self.view.connection.query(
            "SELECT request_hash, status, location, body FROM idempotency \
             WHERE user_name = $1 AND idempotency_key = $2",
            &key.arguments(),
        )?;
        let Some(row) = rows.first() else {
            self.take_key(key, request_hash)?;
            return Ok(Reservation::Reserved);
        };
        if row.text(0)? != request_hash {
            return Ok(Reservation::Other);
        }
        let noted = row.optional_text(2)?;
        let location = noted.filter(|uri| *uri != NOWHERE).map(str::to_owned);
        if let Some(status) = row.optional_integer(1)? {
            return Ok(Reservation::Done(StoredReply {
                status: u16::try_from(status).unwrap_or(500),
                location,
                body: row.bytes(3)?.to_vec(),
            }));
        }
        if noted.is_some() {
            return Ok(Reservation::Made(location));
        }
        self.release_key(key)?;
        self.take_key(key, request_hash)?;
        Ok(Reservation::Reserved)
    }

    /// Says where what this change makes is found, for who sends the request again after a crash took
    /// the reply. Without it that is the task that was begun, or else the first resource that was made.
    pub fn made_at(&mut self, uri: impl Into<String>) {
        self.made = Some(uri.into());
    }

    /// Notes what this change made, or changed, under the author's key, if there is one: it is committed
    /// with the change itself. What is noted first stays.
    pub(crate) fn mark_key(&mut self) -> Result<()> {
        let Some(key) = &self.author.key else {
            return Ok(());
        };
        let made = |event: &&crate::event::Event| event.action == EventAction::Created;
        let mut events = self.events.iter().filter(made);
        let task = events.clone().find(|event| event.kind == Kind::Tasks);
        let found = task.or_else(|| events.next()).or(self.events.first());
        let found = found.map(|event| event.kind.uri(&event.id));
        let uri = self.made.take().or(found);
        let uri = uri.unwrap_or_else(|| NOWHERE.to_owned());
        let [user, name] = key.arguments();
        self.execute(
            "UPDATE idempotency SET location = $3 \
             WHERE user_name = $1 AND idempotency_key = $2 AND status IS NULL AND location IS NULL",
            &[user, name, uri.into()],
        )?;
        Ok(())
    }

    /// Keeps the reply.
    ///
    /// # Errors
    /// `Database`.
    pub fn keep_reply(&mut self, key: &RequestKey, reply: &StoredReply) -> Result<()> {
        let [user, name] = key.arguments();
        self.execute(
            "UPDATE idempotency SET status = $3, location = COALESCE($4, location), body = $5 \
             WHERE user_name = $1 AND idempotency_key = $2",
            &[
                user,
                name,
                i64::from(reply.status).into(),
                reply.location.clone().into(),
                Value::Bytes(reply.body.clone()),
            ],
        )?;
        Ok(())
    }

    /// Gives a key back under which nothing was done; false when something was.
    ///
    /// # Errors
    /// `Database`.
    pub fn release_key(&mut self, key: &RequestKey) -> Result<bool> {
        let deleted = self.execute(
            "DELETE FROM idempotency WHERE user_name = $1 AND idempotency_key = $2 \
             AND status IS NULL AND location IS NULL",
            &key.arguments(),
        )?;
        Ok(deleted > 0)
    }

    fn take_key(&mut self, key: &RequestKey, request_hash: &str) -> Result<()> {
        let [user, name] = key.arguments();
        let (created, generation) = (self.at(), self.generation);
        self.execute(
            "INSERT INTO idempotency (user_name, idempotency_key, request_hash, created, generation) \
             VALUES ($1, $2, $3, $4, $5)",
            &[
                user,
                name,
                request_hash.into(),
                created.into(),
                generation.into(),
            ],
        )?;
        Ok(())
    }

    fn forget_old_keys(&mut self) -> Result<()> {
        let kept = i64::try_from(KEPT.as_millis()).unwrap_or(i64::MAX);
        let oldest = self.at().as_millis().saturating_sub(kept);
        self.execute(
            "DELETE FROM idempotency WHERE created < $1",
            &[oldest.into()],
        )?;
        Ok(())
    }
}

impl RequestKey {
    fn arguments(&self) -> [Value; 2] {
        [self.user.as_str().into(), self.key.as_str().into()]
    }
}
