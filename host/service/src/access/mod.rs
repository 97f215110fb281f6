//! Who may do what: the permission that each operation declares, enforced.

mod caller;
mod enforcement;
mod first_password;
mod permission;

pub use caller::Caller;
pub use enforcement::{Enforcement, enforce};
pub(crate) use first_password::first_password;
pub use permission::Permission;
