//! Tests of bundles: what is written is read, what is hostile is refused.

mod archives;
mod folders;
mod hostile;
mod round_trip;
mod wrong_types;
