//! Build plans as data, and the run of one over a volume.
//!
//! A [`PlanLibrary`] is read from a folder, its [attributes](attribute) get values from several
//! layers, [`check()`] finds what is wrong without an image, and [`run()`] runs all steps as one
//! transaction over a golden image. Nothing here knows of storage, records or HTTP.

pub mod attribute;
pub mod bundle;
pub mod check;
pub mod guestfish;
pub mod library;
mod problem;
pub mod profile;
pub mod run;
mod section;

pub use attribute::{AttributeValues, ValueLayer, ValueSource, resolve};
pub use check::{Finding, Severity, check};
pub use library::{BuildPlan, PlanKind, PlanLibrary};
pub use problem::place;
pub use profile::Profile;
pub use run::{Outcome, RunInput, RunReport, run, run_over_text};
