//! Who may use the service: users, their sessions and API tokens, and the audit log.

mod api_token;
mod audit;
mod credential;
mod role;
mod session;
mod user;

pub use api_token::ApiToken;
pub use audit::{AuditEntry, AuditQuery};
pub use credential::{Credential, Proof};
pub use role::Role;
pub use session::Session;
pub use user::{NewUser, User};
