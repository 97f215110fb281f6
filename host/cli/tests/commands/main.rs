//! The commands, as processes in a hermetic environment, on a small disk made here.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)] // It is a test.

mod bundles;
mod documentation;
mod errors;
mod libraries;
mod place;
mod reading;
mod running;
