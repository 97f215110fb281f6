//! Tasks: long work that is recorded step by step, so that it survives a crash.
//!
//! A [`Verb`] says which steps a kind of work has and how each is done and undone. [`begin`] stores a
//! task in the same transaction as what it is about; once that is committed, [`Tasks`] carries it out
//! by itself: nobody starts it. What may follow what is decided in one pure place (`advance`), and
//! done in one place (`driver`). Whatever ends the process, the next start finds in the store how far
//! each task was, and goes on with it or undoes it.

mod advance;
mod begin;
mod context;
mod driver;
mod failure;
mod feed;
mod queue;
mod tasks;
mod verb;

pub use begin::{NewTask, begin, begin_nothing};
pub use context::{CancelFlag, StepContext};
pub use failure::TaskFailure;
pub use feed::Feed;
pub use tasks::{CancelError, Tasks};
pub use verb::{AfterCrash, StepPlan, Verb, Verbs};

#[cfg(test)]
mod tests;
