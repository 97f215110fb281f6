//! Sandboxed Rhai for plan scripts: compile, run, limits, diagnostics, and the catalogue of what
//! scripts can call.
//!
//! This crate makes the product's only `rhai::Engine` and knows no function that a script can
//! call: those come from outside as a [`Library`]. What a running script may reach comes in as a
//! [`PlanWorld`].

pub mod attributes;
pub mod call;
pub mod calls;
pub mod catalogue;
pub mod codes;
mod context;
pub mod control;
mod convert;
pub mod diagnostic;
pub mod error;
mod explain;
mod granted;
mod growth;
pub mod host;
mod imports;
mod language;
pub mod library;
pub mod limits;
pub mod memory;
pub mod nearest;
pub mod reach;
mod render;
pub mod script;
mod stack;
mod strings;
#[cfg(test)]
mod testing;
mod tokens;
pub mod value;
pub mod world;

pub use attributes::{AttributeUse, DefaultValue, attribute_uses};
pub use call::CallWorld;
pub use calls::{Argument, Call, MapKey, calls};
pub use catalogue::Catalogue;
pub use codes::Code;
pub use control::RunControl;
pub use diagnostic::{Diagnostic, Frame, Style};
pub use error::PlanError;
pub use host::PlanHost;
pub use library::{Library, LibraryModule, LibraryScript, TemplateFacts, TemplateFault};
pub use limits::Limits;
pub use memory::RunMemory;
pub use script::CompiledScript;
pub use value::{Secret, Value};
pub use world::{LogLevel, LogLine, PlanWorld};
