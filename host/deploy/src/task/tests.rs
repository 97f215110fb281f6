//! The engine over a real store: verbs that write files, cut off wherever they can be.

mod advance;
mod engine;
mod verbs;
