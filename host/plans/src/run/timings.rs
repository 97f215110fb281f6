//! How long the parts of a run took. Apart from the outcome, because it differs between runs.

use serde::{Deserialize, Serialize};

/// How long the parts of a run took, in microseconds.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Timings {
    /// Checking the inputs and compiling the scripts.
    pub preflight: u64,
    /// Finding and opening the filesystems.
    pub open: u64,
    /// The steps.
    pub steps: Vec<StepTiming>,
    /// Finishing the filesystems, with reading the changes back.
    pub finish: u64,
    /// Comparing the volume with the golden image.
    pub diff: u64,
    /// Looking through a captured volume for what must not travel.
    #[serde(default)]
    pub scan: u64,
    /// The whole run.
    pub total: u64,
}

/// How long one step took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepTiming {
    /// The script's name.
    pub script: String,
    /// Microseconds.
    pub microseconds: u64,
}
