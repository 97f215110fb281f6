//! Speaks to a Mintage service over its REST API: for the remote commands, and for programs.
//!
//! [`Service`] sends requests and turns refusals into a [`ClientError`]; [`certificate`] says whom to
//! trust; [`login`] keeps a session for the next command; [`task`] follows long work; [`apply`] makes
//! its artifacts equal to a folder's.

pub mod apply;
pub mod certificate;
pub mod error;
pub mod login;
pub mod resource;
pub mod service;
pub mod task;

pub use certificate::Certificate;
pub use error::{ClientError, Result};
pub use login::Login;
pub use resource::ResourceKind;
pub use service::{Reply, Service};
pub use task::{TaskView, follow};
