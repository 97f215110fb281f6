//! Who may do what: the permission that each operation declares, enforced.

mod caller;
mod enforcement;
mod permission;

pub use caller::Caller;
pub use enforcement::{Enforcement, enforce};
pub use permission::Permission;
