//! One run of a build plan over a golden image: all steps, all filesystems, one transaction.

mod ground;
mod input;
mod mask;
mod outcome;
mod preflight;
mod time;
mod timings;
mod transaction;
mod world;

pub use input::{RunInput, RunLimits};
pub use outcome::{ImageFacts, InputFacts, Outcome, PlanFacts, RunReport, Status, StepRecord};
pub use time::{format_time, parse_time};
pub use timings::{StepTiming, Timings};

use ground::{Disk, Ground, Text};
use mintage_engine::{Library, RunControl};
use mintage_volume::block::BlockDevice;
use std::sync::Arc;
use transaction::Transaction;

/// Runs a build plan over a golden image and says what came of it.
///
/// `golden` is never written to. Changed blocks of 4 KiB go to `scratch`, a writable device of the
/// same length, at the same offset; [`RunReport::changes`] lists them, ready for
/// [`mintage_volume::block::commit`]. When anything fails they are none, whatever `scratch` holds,
/// and the outcome says why. A preview is the same call without a commit.
///
/// `control` ends the run early; [`RunInput::control`] makes one with the run's own deadline.
pub fn run(
    input: &RunInput,
    golden: Arc<dyn BlockDevice>,
    scratch: Arc<dyn BlockDevice>,
    grant: &dyn Library,
    control: &RunControl,
) -> RunReport {
    run_on(&mut Disk::new(golden, scratch), input, grant, control)
}

/// As [`run()`], over the volume that a tree text describes instead of an image: the same steps with
/// the same outcome, except that there are no blocks that could change.
pub fn run_over_text(
    input: &RunInput,
    text: &str,
    grant: &dyn Library,
    control: &RunControl,
) -> RunReport {
    run_on(&mut Text(text), input, grant, control)
}

fn run_on(
    ground: &mut dyn Ground,
    input: &RunInput,
    grant: &dyn Library,
    control: &RunControl,
) -> RunReport {
    let mut transaction = Transaction::new(input, grant, control);
    let result = transaction.attempt(ground);
    transaction.report(result)
}

#[cfg(test)]
mod capturing;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;
