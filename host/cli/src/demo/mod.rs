//! What `mintage demo` works on: a golden image made here, a plan library, servers.

pub mod fill;
pub mod gpt;
pub mod image;
pub mod library;
pub mod service;
