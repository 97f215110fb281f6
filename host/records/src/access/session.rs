//! `Session`: a login that lasts as long as it is used.

use super::user::User;
use crate::change::Change;
use crate::error::Result;
use crate::time::Time;
use crate::view::View;
use std::time::Duration;

/// How exactly the last use is kept: it is not written more often than this.
const TOUCH: Duration = Duration::from_secs(60);

/// A login. It is found by the hash of its token; the token itself is not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token, hex.
    pub token_hash: String,
    /// Whose it is.
    pub user: User,
    /// When it was opened.
    pub created: Time,
    /// When it was used last, to the minute.
    pub last_used: Time,
    /// How long it may be unused.
    pub idle_timeout: Duration,
}

impl Session {
    /// Whether it has ended because nobody used it.
    pub fn is_expired(&self, now: Time) -> bool {
        now.since(self.last_used) > self.idle_timeout + TOUCH
    }

    /// Whether its last use is to be written.
    pub fn wants_touch(&self, now: Time) -> bool {
        now.since(self.last_used) >= TOUCH
    }
}

impl View<'_> {
    /// The session with the hash of a token, expired or not, of a user who is enabled.
    ///
    /// # Errors
    /// `Database`.
    pub fn find_session(&mut self, token_hash: &str) -> Result<Option<Session>> {
        let rows = self.connection.query(
            "SELECT user_name, created, last_used, idle_timeout FROM session WHERE token_hash = $1",
            &[token_hash.into()],
        )?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let user = self.user(row.text(0)?)?;
        Ok(user.is_enabled.then_some(Session {
            token_hash: token_hash.to_owned(),
            user,
            created: row.time(1)?,
            last_used: row.time(2)?,
            idle_timeout: Duration::from_millis(row.count(3)?),
        }))
    }
}

impl Change<'_> {
    /// Opens a session, and forgets those that have ended.
    ///
    /// # Errors
    /// `Database`.
    pub fn open_session(&mut self, user: &str, token_hash: &str, idle: Duration) -> Result<()> {
        let (at, generation) = (self.at(), self.generation);
        self.execute(
            "DELETE FROM session WHERE last_used + idle_timeout + $2 < $1",
            &[at.into(), milliseconds(TOUCH)],
        )?;
        self.execute(
            "INSERT INTO session (token_hash, user_name, created, last_used, idle_timeout, generation) \
             VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                token_hash.into(),
                user.into(),
                at.into(),
                at.into(),
                milliseconds(idle),
                generation.into(),
            ],
        )?;
        Ok(())
    }

    /// Keeps a session from ending.
    ///
    /// # Errors
    /// `Database`.
    pub fn touch_session(&mut self, token_hash: &str) -> Result<()> {
        let (at, generation) = (self.at(), self.generation);
        self.execute(
            "UPDATE session SET last_used = $2, generation = $3 WHERE token_hash = $1",
            &[token_hash.into(), at.into(), generation.into()],
        )?;
        Ok(())
    }

    /// Sets how long a session may be unused.
    ///
    /// # Errors
    /// `Database`.
    pub fn set_idle_timeout(&mut self, token_hash: &str, idle: Duration) -> Result<()> {
        let generation = self.generation;
        self.execute(
            "UPDATE session SET idle_timeout = $2, generation = $3 WHERE token_hash = $1",
            &[token_hash.into(), milliseconds(idle), generation.into()],
        )?;
        Ok(())
    }

    /// Ends a session.
    ///
    /// # Errors
    /// `Database`.
    pub fn close_session(&mut self, token_hash: &str) -> Result<()> {
        self.execute(
            "DELETE FROM session WHERE token_hash = $1",
            &[token_hash.into()],
        )?;
        Ok(())
    }
}

fn milliseconds(duration: Duration) -> crate::database::Value {
    u64::try_from(duration.as_millis())
        .unwrap_or(u64::MAX)
        .into()
}
