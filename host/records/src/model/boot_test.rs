//! `BootTest`: what came of the last boot test of a golden image or OS volume.

use crate::id::Id;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// What came of a boot test. The console is a file that is named by the task's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BootTest {
    /// Whether the system came up.
    pub passed: bool,
    /// Why, or why not, in one sentence.
    pub reason: String,
    /// The firmware that started it: `bios`, `uefi`.
    pub firmware: String,
    /// When it began.
    pub started: Time,
    /// How long it took, in milliseconds.
    pub milliseconds: u64,
    /// The task that did it.
    pub task: Id,
}
