//! `Offers`: whose turn it is to change what is offered.
//!
//! A task takes an offer back, and then says so in the records; who offers everything that the records say
//! would bring it back in between, and nobody would take it away again. So tasks work beside each other, and
//! who offers everything works alone.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Whose turn it is to change what is offered.
#[derive(Debug, Default)]
pub struct Offers(RwLock<()>);

impl Offers {
    /// A task's turn: it changes what is offered to its own server, and the records with it. Blocks.
    pub(super) fn of_one(&self) -> RwLockReadGuard<'_, ()> {
        // Nothing is kept in it that could be half done.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// The turn of who offers what the records say: nobody takes an offer back meanwhile. Blocks.
    pub(crate) fn of_all(&self) -> RwLockWriteGuard<'_, ()> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
