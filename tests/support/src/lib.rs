//! What the integration tests share: lanes that need a machine, a hermetic environment, real
//! disks, and guests in memory.

// The support of tests fails as tests do: by a panic that says what went wrong.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

pub mod browser;
pub mod ceph;
pub mod disk;
pub mod environment;
pub mod guest;
pub mod initiator;
pub mod kernel;
pub mod lane;
pub mod manifest;
pub mod operations;
pub mod postgres;
pub mod random;
pub mod remote;
pub mod server;
pub mod transcript;

pub use browser::{Browser, Scheme};
pub use ceph::Ceph;
pub use environment::Environment;
pub use guest::Guest;
pub use initiator::{Initiator, IscsiSession};
pub use lane::Need;
pub use postgres::Postgres;
pub use remote::Remote;
pub use server::{Answer, Server};
pub use transcript::Transcript;
