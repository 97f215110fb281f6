//! Makes the artifacts of a service equal to those that somebody has: [`State::read`] reads what is
//! there, [`decide`] says what has to be done, and [`act`] does it.
//!
//! What is to be there is a list of [`Wanted`]. An artifact is the same one when it has the same
//! name. Whatever the list does not name is left alone, and so is what is read-only.

mod act;
mod decide;
mod kind;
mod parts;
mod state;
mod wanted;

pub use act::{Done, Outcome, act};
pub use decide::{Action, Passwords, Step, decide};
pub use kind::ArtifactKind;
pub use parts::{Difference, Parts};
pub use state::{Present, State};
pub use wanted::Wanted;
