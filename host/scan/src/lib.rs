//! The leak scan: looks through a volume for what must not travel to another server.
//!
//! [`Identities`] are read from an image ([`collect()`]); a [`Matcher`] knows their text forms and
//! the well-known forms of secrets; [`scan()`] looks with it through every file, every name, and all
//! that is left on the device of deleted ones. A [`Finding`] says what kind of thing is where, and
//! never the thing itself. `docs/capture.md` describes it for users.

mod allowance;
mod collect;
mod finding;
mod forms;
mod identities;
mod kind;
mod known;
mod matcher;
mod packages;
mod report;
mod scan;
mod special;
mod stream;

pub use allowance::Allowance;
pub use collect::collect;
pub use finding::{Finding, Place};
pub use identities::Identities;
pub use kind::Kind;
pub use matcher::Matcher;
pub use report::{AllowanceRecord, ScanReport};
pub use scan::{scan, scan_tree};
