//! Sandboxed Rhai for plan scripts: compile, run, limits, diagnostics, and the catalogue of what
//! scripts can call.
//!
//! This crate makes the product's only `rhai::Engine` and knows no function that a script can
//! call: those come from outside as a [`Library`]. What a running script may reach comes in as a
//! [`PlanWorld`].

pub mod call;
pub mod codes;
mod context;
pub mod control;
mod convert;
pub mod diagnostic;
pub mod error;
mod explain;
pub mod host;
mod language;
pub mod library;
pub mod limits;
mod stack;
#[cfg(test)]
mod testing;
pub mod value;
pub mod world;

pub use call::CallWorld;
pub use codes::Code;
pub use control::RunControl;
pub use diagnostic::{Diagnostic, Frame};
pub use error::PlanError;
pub use host::{CompiledScript, PlanHost};
pub use library::{Library, LibraryModule};
pub use limits::Limits;
pub use value::{Secret, Value};
pub use world::{LogLevel, LogLine, PlanWorld};
