//! Who may do what: logins, passwords, tokens, and the permission that each operation declares.

mod address;
mod attempts;
mod audit;
mod authentication;
mod caller;
mod enforcement;
mod first_password;
pub mod password;
mod permission;
pub mod token;

pub use address::Address;
pub use attempts::{Attempt, Attempts};
pub use audit::LoginTried;
pub use caller::Caller;
pub use enforcement::{Enforcement, Guard, enforce};
pub use first_password::{FIRST_USER, first_password};
pub use permission::Permission;

use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many passwords are hashed at once: each takes [`password::MEMORY_KIB`] of memory.
const HASHES_AT_ONCE: usize = 2;

/// What guards logins; cheap to clone.
#[derive(Debug, Clone)]
pub struct Access {
    /// Failed logins.
    pub attempts: Arc<Attempts>,
    /// Places for those who hash a password.
    pub(crate) hashing: Arc<Semaphore>,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            attempts: Arc::default(),
            hashing: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
        }
    }
}
