//! `Task`: long work, with everything that is needed to go on with it or undo it after a crash.

use crate::id::Id;
use crate::resource::{Field, Kind, Resource};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Task {
    /// What is done, as the wire's clients know it: `Create`, `Delete`, `Add`, …
    pub name: String,
    /// Who asked for it.
    pub owner: String,
    /// How far it is.
    pub task_state: TaskState,
    /// One sentence on how far it is, or what came of it.
    pub task_status: String,
    /// 0 to 100.
    pub percent_complete: u8,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// What it said on the way, oldest first.
    pub log: Vec<LogLine>,
    /// Why it failed.
    pub errors: Vec<TaskError>,
    /// What somebody should look at, though it did not fail.
    #[serde(default)]
    pub warnings: Vec<TaskError>,
    /// Texts for the caller.
    pub output: Vec<String>,
    /// The resource that it is about.
    pub resource: Option<(Kind, Id)>,
    /// That resource's name.
    pub resource_name: Option<String>,
    /// Which verb carries it out.
    pub verb: String,
    /// What the verb was asked for; secrets in it are sealed.
    pub input: Json,
    /// Whether somebody asked to stop it.
    pub cancel_requested: bool,
    /// When the first step began.
    pub started: Option<Time>,
    /// When it ended.
    pub ended: Option<Time>,
}

/// How far a task is. The names are the wire's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskState {
    /// Nothing was done yet.
    New,
    /// A step runs.
    Running,
    /// It waits for the service to start again.
    Suspended,
    /// Somebody asked to stop it; it is being undone.
    Stopping,
    /// Done.
    Completed,
    /// Done, but somebody should look.
    Warning,
    /// Failed; what it had done is undone.
    Error,
    /// Stopped on request; what it had done is undone.
    Terminated,
}

impl TaskState {
    /// Those after which nothing more will happen.
    pub const FINAL: [Self; 4] = [
        Self::Completed,
        Self::Warning,
        Self::Error,
        Self::Terminated,
    ];

    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        Self::FINAL.contains(&self)
    }
}

/// A step of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// What it does: `expand`.
    pub name: String,
    /// How far it is.
    pub state: StepState,
    /// When it began, last.
    pub started: Option<Time>,
    /// When it ended.
    pub ended: Option<Time>,
    /// What it left for later steps, and for undoing it.
    pub output: Json,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StepState {
    /// Not begun.
    Waiting,
    /// Begun, not ended.
    Running,
    /// Ended well.
    Done,
    /// Failed.
    Failed,
    /// Undone after a later failure, or a crash.
    Undone,
    /// Undoing it failed: something is left.
    NotUndone,
}

/// Something that a task said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    /// When.
    pub at: Time,
    /// One line; never a secret.
    pub text: String,
}

/// Why a task failed, as the wire writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskError {
    /// Stable, for programs.
    pub error_code: String,
    /// One sentence: what failed, and why.
    pub message: String,
    /// Where: script, line, path in the image.
    pub details: String,
    /// What to do.
    pub recommended_actions: Vec<String>,
}

impl Resource for Task {
    const KIND: Kind = Kind::Tasks;
    const FIELDS: &'static [Field] = &[
        Field::text("owner"),
        Field::text("taskState"),
        Field::text("taskStatus"),
        Field::number("percentComplete"),
        Field::text("resourceName"),
        Field::text("verb"),
    ];

    fn name(&self) -> &str {
        &self.name
    }
}
