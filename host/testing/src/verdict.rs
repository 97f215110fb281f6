//! `Verdict`: how a case ended, compared with its snapshot.

use crate::record::{Part, Record};
use mintage_engine::Diagnostic;
use serde::Serialize;
use similar::{ChangeTag, TextDiff};

/// How a case ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// What came of it is what its snapshot says.
    Passed,
    /// What came of it is its snapshot now.
    Accepted,
    /// What came of it is something else.
    Different {
        /// Where, in the order of the record.
        differences: Vec<Difference>,
        /// The file that has what came of it, where it was written: `tests/web01/expect.snap.new`.
        kept: Option<String>,
    },
    /// There is no snapshot to compare with.
    Unseen {
        /// What came of it.
        record: String,
        /// As in [`Self::Different`].
        kept: Option<String>,
    },
    /// The case could not be run.
    Broken {
        /// Why.
        problems: Vec<Diagnostic>,
    },
}

/// One part of a record that differs from the snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The file in the volume; none for the run as a whole.
    pub path: Option<String>,
    /// The script and line that changed the file last, in this run: `scripts/network.rhai:12`.
    pub origin: Option<String>,
    /// The lines: after `-` what the snapshot has, after `+` what came of the run, after a space
    /// what is the same.
    pub lines: Vec<String>,
}

impl Verdict {
    /// Whether the case is as it should be.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Passed | Self::Accepted)
    }
}

/// Where `found` differs from `expected`.
pub(crate) fn differences(expected: &Record, found: &Record) -> Vec<Difference> {
    let mut keys: Vec<Option<&str>> = Vec::new();
    for part in expected.parts.iter().chain(&found.parts) {
        let key = part.path.as_deref();
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    // The run as a whole first, then by path.
    keys.sort_unstable();
    let differences = keys.into_iter().filter_map(|key| {
        let (was, is) = (text_of(expected, key), text_of(found, key));
        (was != is).then(|| Difference {
            path: key.map(str::to_owned),
            origin: parts_of(found, key).find_map(|part| part.origin.clone()),
            lines: lines(&was, &is),
        })
    });
    differences.collect()
}

fn parts_of<'r>(record: &'r Record, key: Option<&str>) -> impl Iterator<Item = &'r Part> {
    let parts = record.parts.iter();
    parts.filter(move |part| part.path.as_deref() == key)
}

fn text_of(record: &Record, key: Option<&str>) -> String {
    parts_of(record, key)
        .map(|part| part.text.as_str())
        .collect()
}

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

fn lines(was: &str, is: &str) -> Vec<String> {
    let diff = TextDiff::from_lines(was, is);
    let mut lines = Vec::new();
    for (at, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if at > 0 {
            lines.push("…".to_owned());
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let sign = match change.tag() {
                ChangeTag::Equal => ' ',
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
            };
            lines.push(format!("{sign}{}", change.value().trim_end_matches('\n')));
        }
    }
    lines
}
