//! Server profiles: what a change of one means, and what is done about it.

pub mod decide;
pub mod given;
pub mod nic;

pub use decide::{Assignment, Decision, Reason, decide};
