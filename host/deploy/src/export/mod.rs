//! What the records say is offered over iSCSI, and what daemons do about it.

mod health;
mod restore;

pub use health::{DaemonHealth, note};
pub use restore::{Restored, remove_strays, restore};
