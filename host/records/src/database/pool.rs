//! `Pool`: connections that are kept for the next reader.

use crate::error::Result;
use std::fmt;
use std::sync::{Condvar, Mutex, PoisonError};

/// Keeps up to `limit` connections; who comes when all are out waits for one.
pub(crate) struct Pool<C> {
    limit: usize,
    state: Mutex<State<C>>,
    returned: Condvar,
}

struct State<C> {
    idle: Vec<C>,
    out: usize,
}

impl<C> Pool<C> {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            state: Mutex::new(State {
                idle: Vec::new(),
                out: 0,
            }),
            returned: Condvar::new(),
        }
    }

    /// Lends a connection to `act`. `open` makes a new one where there is none; one with which
    /// `act` failed or panicked is not kept, because nobody knows in which state it is.
    pub(crate) fn with<T>(
        &self,
        open: impl FnOnce() -> Result<C>,
        act: impl FnOnce(&mut C) -> Result<T>,
    ) -> Result<T> {
        let idle = self.take();
        let place = Place { pool: self };
        let mut connection = match idle {
            Some(connection) => connection,
            None => open()?,
        };
        let result = act(&mut connection)?;
        place.pool.lock().idle.push(connection);
        Ok(result)
    }

    fn take(&self) -> Option<C> {
        let mut state = self.lock();
        while state.out >= self.limit {
            state = self
                .returned
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
        state.out += 1;
        state.idle.pop()
    }

    /// A panic while it is held cannot leave it half-changed.
    fn lock(&self) -> std::sync::MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Gives the place back, whatever happens.
struct Place<'a, C> {
    pool: &'a Pool<C>,
}

impl<C> Drop for Place<'_, C> {
    fn drop(&mut self) {
        self.pool.lock().out -= 1;
        self.pool.returned.notify_one();
    }
}

impl<C> fmt::Debug for Pool<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool")
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}
