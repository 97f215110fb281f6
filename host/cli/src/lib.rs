//! The command line of Mintage: a file per command, and the sandboxed worker that they use.

pub mod worker;
