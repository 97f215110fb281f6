//! A run of a build plan over the volume of a tree text.

use mintage_plans::{RunInput, RunReport, run_over_text};
use plan_stdlib::StandardLibrary;

pub(super) fn run(input: &RunInput, text: &str) -> RunReport {
    run_over_text(input, text, &StandardLibrary, &input.control())
}
