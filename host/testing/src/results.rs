//! `Results`: what came of all cases that were run.

use crate::verdict::Verdict;
use serde::Serialize;
use std::fmt;

/// What came of all cases that were run, as `mintage test --json` prints it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Results {
    /// The libraries, in the order in which they were given.
    pub libraries: Vec<SuiteResult>,
    /// How many cases ended how.
    pub counts: Counts,
}

/// What came of the cases of one library.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SuiteResult {
    /// The library's folder, as it was given, escaped.
    pub library: String,
    /// The cases that were run, by name.
    pub cases: Vec<CaseResult>,
    /// Snapshots that belong to no case.
    pub strays: Vec<String>,
    /// New snapshots of cases that were not run now, which wait for somebody to look at them.
    pub pending: Vec<String>,
}

/// What came of one case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CaseResult {
    /// Its name.
    pub name: String,
    /// How it ended.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// How many cases ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Counts {
    /// Those that are as their snapshots say.
    pub passed: usize,
    /// Those whose snapshot was written.
    pub accepted: usize,
    /// All others.
    pub failed: usize,
}

impl Counts {
    pub(crate) fn of<'r>(verdicts: impl Iterator<Item = &'r Verdict>) -> Self {
        let mut counts = Self::default();
        for verdict in verdicts {
            match verdict {
                Verdict::Passed => counts.passed += 1,
                Verdict::Accepted => counts.accepted += 1,
                Verdict::Different { .. } | Verdict::Unseen { .. } | Verdict::Broken { .. } => {
                    counts.failed += 1;
                }
            }
        }
        counts
    }

    /// How many cases there are.
    pub fn total(&self) -> usize {
        self.passed + self.accepted + self.failed
    }
}

impl fmt::Display for Counts {
    /// `3 cases: 2 passed, 1 failed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.total();
        let parts = [
            (self.passed, "passed"),
            (self.accepted, "accepted"),
            (self.failed, "failed"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0);
        let parts: Vec<String> = parts.map(|(count, how)| format!("{count} {how}")).collect();
        let cases = if total == 1 { "case" } else { "cases" };
        match parts.is_empty() {
            true => write!(f, "no cases"),
            false => write!(f, "{total} {cases}: {}", parts.join(", ")),
        }
    }
}

impl Results {
    /// Whether every case is as it should be, and there was one.
    pub fn is_good(&self) -> bool {
        self.counts.failed == 0 && self.counts.total() > 0
    }
}
