//! Sandboxed Rhai for plan scripts: compile, run, limits, diagnostics, and the catalogue of what
//! scripts can call.
//!
//! This crate makes the product's only `rhai::Engine` and knows no function that a script can
//! call: those come from outside as a [`Library`]. What a running script may reach comes in as a
//! [`PlanWorld`].

pub mod codes;
pub mod diagnostic;
pub mod error;
pub mod host;
pub mod library;
pub mod value;
pub mod world;

pub use codes::Code;
pub use diagnostic::Diagnostic;
pub use error::PlanError;
pub use library::{Library, LibraryModule};
pub use value::{Secret, Value};
pub use world::{LogLevel, PlanWorld};
