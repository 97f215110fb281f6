//! What came of a run: the same object for preview, record, API and pages.

use super::mask::Mask;
use super::timings::Timings;
use crate::library::PlanKind;
use mintage_engine::{Diagnostic, LogLine};
use mintage_scan::ScanReport;
use mintage_volume::diff::TreeDiff;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::ops::Range;

/// What came of a run, how long it took, and which bytes of the volume it changed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunReport {
    /// What came of it: the same for the same inputs.
    pub outcome: Outcome,
    /// How long each part took.
    pub timings: Timings,
    /// The changed byte ranges of the volume, ascending; none when the run failed.
    pub changes: Vec<Range<u64>>,
}

/// What came of a run. Everything in it depends on nothing but the run's inputs, and no text of a
/// secret is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// Whether it succeeded.
    pub status: Status,
    /// Why it did not.
    pub error: Option<Diagnostic>,
    /// What ran.
    pub plan: PlanFacts,
    /// With what.
    pub input: InputFacts,
    /// On what; none when the image could not be opened.
    pub image: Option<ImageFacts>,
    /// What is different from the golden image; nothing when the run failed.
    pub diff: TreeDiff,
    /// The steps that ran, in order.
    pub transcript: Vec<StepRecord>,
    /// What the scripts logged, in order.
    pub log: Vec<LogLine>,
    /// How many blocks of 4 KiB changed.
    pub changed_blocks: u64,
    /// How many bytes that is.
    pub changed_bytes: u64,
    /// What a capture's scan for what must not travel found; none for a deploy plan, and when the
    /// run failed before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan: Option<ScanReport>,
    /// What else somebody should know: filesystems that were not mounted, and why.
    pub notes: Vec<String>,
}

impl Outcome {
    /// Masks secrets in every text that may hold one; the diff masks its own.
    pub(super) fn mask(&mut self, mask: &Mask) {
        self.error
            .iter_mut()
            .for_each(|error| mask.diagnostic(error));
        self.notes.iter_mut().for_each(|note| mask.text(note));
        self.scan
            .iter_mut()
            .for_each(|scan| scan.change_texts(|text| mask.text(text)));
        self.log.iter_mut().for_each(|line| mask.log_line(line));
        mask.text(&mut self.input.server);
        self.input
            .attributes
            .values_mut()
            .for_each(|value| mask.json(value));
        self.image
            .iter_mut()
            .for_each(|image| mask.text(&mut image.os));
    }
}

/// Whether a run succeeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Every step succeeded, and every change read back as it was written.
    Succeeded,
    /// Nothing was changed.
    Failed,
}

/// Which build plan ran.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanFacts {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub kind: PlanKind,
    /// The hash of its library.
    pub hash: String,
}

/// What a run was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputFacts {
    /// The hash over all of it but secrets.
    pub hash: String,
    /// The name in the server profile.
    pub server: String,
    /// The fingerprint of the seed, which itself is never shown.
    pub seed: String,
    /// What the run took for now, RFC 3339.
    pub time: String,
    /// The values of the attributes; `[secret]` for a secret.
    pub attributes: BTreeMap<String, Json>,
}

/// Which image it ran on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageFacts {
    /// What the image calls its system, `Debian GNU/Linux 12 (bookworm)`; empty when it does not
    /// say.
    pub os: String,
    /// The image's length in bytes.
    pub bytes: u64,
}

/// What one step did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepRecord {
    /// Which step, from 1.
    pub step: usize,
    /// The script's name.
    pub script: String,
    /// Whether it succeeded.
    pub status: Status,
    /// How many paths it touched that no step before it had.
    pub touched: usize,
}
