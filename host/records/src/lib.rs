//! The metadata store: every resource, task, alert, user, session and audit entry of the service.
//!
//! [`Records`] opens a database by URL (SQLite or PostgreSQL), brings its schema up to date and
//! takes the lease. All work is done in a transaction: [`Records::read`] sees one state,
//! [`Records::change`] is done wholly or not at all, and carries the generation (fencing token) of
//! this node, so that a node which lost its lease cannot write. Nothing here knows of HTTP or of
//! block storage.

pub mod access;
mod change;
mod check;
mod columns;
mod database;
pub mod error;
pub mod event;
pub mod id;
pub mod idempotency;
pub mod model;
pub mod query;
mod records;
pub mod resource;
mod schema;
pub mod seal;
mod tidy;
pub mod time;
mod typed;
mod view;

pub use change::Change;
pub use check::{Finding, Problem};
pub use database::DatabaseUrl;
pub use error::{RecordsError, Result};
pub use event::{Event, EventAction};
pub use id::Id;
pub use idempotency::{RequestKey, Reservation, StoredReply};
pub use query::{Filter, Operator, Page, Query, Sort};
pub use records::{Author, Records};
pub use resource::{Field, Kind, Match, Reference, Resource, Stored, Use};
pub use seal::{Sealed, Sealer};
pub use tidy::{Retention, Tidied};
pub use time::Time;
pub use view::View;
