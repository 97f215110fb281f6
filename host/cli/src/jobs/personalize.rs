//! A run of a build plan over a golden image.

use super::open::{image, scratch};
use mintage_engine::Diagnostic;
use mintage_plans::{RunInput, RunReport};
use mintage_worker::Descriptors;
use plan_stdlib::StandardLibrary;

/// Runs the build plan; the changed blocks are in the scratch file then. A run that failed is an
/// answer, too: its report says why.
pub(super) fn run(files: &mut Descriptors, input: &RunInput) -> Result<RunReport, Diagnostic> {
    let (golden, scratch) = (image(files)?, scratch(files)?);
    let control = input.control();
    Ok(mintage_plans::run(
        input,
        golden,
        scratch,
        &StandardLibrary,
        &control,
    ))
}
