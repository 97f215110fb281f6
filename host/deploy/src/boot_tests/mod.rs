//! Boot tests: a golden image or OS volume is booted in a throw-away emulator, and what came of it is kept
//! with it.
//!
//! [`begin`] stores the task, [`TestBoot`] is what it does. The result is in the record of what was booted, and
//! the console in a file named by the task; what a crash leaves of either is taken away by [`sweep()`].

mod disk;
mod request;
mod result;
mod sweep;
mod verb;

pub use request::{BootTestRequest, begin};
pub(crate) use result::{forget, remove_console};
pub use sweep::sweep;
pub use verb::{TestBoot, TestBootStep, Testing};

#[cfg(test)]
mod tests;
