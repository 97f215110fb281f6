//! All that a running script may reach, and nothing else.

use crate::error::PlanError;
use crate::memory::RunMemory;
use crate::value::Value;
use mintage_volume::filesystem::Timestamp;
use mintage_volume::tree::VolumeTree;
use serde::{Deserialize, Serialize};

/// The world of one run of a build plan: its volume, its inputs, its log.
///
/// Everything in it is an input that the run records; there is no clock, no randomness, no
/// network and no host file. One world serves all steps of a build plan, in order.
pub trait PlanWorld: Send {
    /// Says which line of which script makes the call that follows: what it changes comes from
    /// there.
    fn called_from(&mut self, script: &str, line: usize) {
        let _ = (script, line);
    }

    /// The volume's files.
    fn tree(&mut self) -> &mut VolumeTree;

    /// The resolved value of a custom attribute; `None` when it has none.
    fn attribute(&self, name: &str) -> Option<Value>;

    /// The server profile: `name`, `labels`, and whatever the caller gave; a map.
    fn profile(&self) -> Value;

    /// One thing of the server's identity that outlives a redeploy, by its name (`machine-id`);
    /// `None` where the server has none yet.
    fn identity(&self, name: &str) -> Option<Value>;

    /// The text of a template of the plan library, by its name (`hosts.j2`).
    fn template(&self, name: &str) -> Option<String>;

    /// From which everything that must be unique is derived.
    fn seed(&self) -> &str;

    /// What the run takes for now.
    fn time(&self) -> Timestamp;

    /// What functions remember from one call of this run to the next.
    fn memory(&mut self) -> &mut RunMemory;

    /// Lets the leak scan of a capture find what is called `name`, for a `reason`. Where nothing is
    /// scanned there is nothing to allow.
    ///
    /// # Errors
    /// `P2013` when this cannot be a finding's name.
    fn allow_finding(&mut self, name: &str, reason: &str) -> Result<(), PlanError> {
        let _ = (name, reason);
        Ok(())
    }

    /// Adds a line to the run's log. Secrets' texts in it are masked.
    fn log(&mut self, line: LogLine);
}

/// One line of a run's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// How important it is.
    pub level: LogLevel,
    /// The text, one or more lines.
    pub text: String,
    /// The script that logged it, `scripts/network.rhai`.
    pub script: String,
    /// The line in it, from 1.
    pub line: usize,
}

/// How important a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// For the author of the script.
    Debug,
    /// What was done.
    Info,
    /// What somebody should look at.
    Warning,
}
