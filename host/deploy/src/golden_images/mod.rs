//! Golden images: how their files arrive, become golden volumes, and go.
//!
//! A file arrives as an [`Incoming`], at once or in pieces ([`upload`]). [`Intake`] is what a task does
//! with it then: [`Intake::begin`], [`Intake::expand`], [`inspect()`], [`finish`], [`undo`]; each can be
//! done again after a crash. What a crash leaves without a row is taken away by [`sweep()`].

mod delete;
mod incoming;
mod inspect;
mod intake;
mod rehearsal;
mod sweep;
pub mod upload;
mod verb;

pub use delete::delete;
pub use incoming::{Incoming, Received};
pub use inspect::inspect;
pub(crate) use intake::not_written;
pub use intake::{Declared, Intake, finish, undo};
pub(crate) use rehearsal::rehearse;
pub use sweep::sweep;
pub use verb::{TakeIn, TakeInStep};

#[cfg(test)]
mod tests;
