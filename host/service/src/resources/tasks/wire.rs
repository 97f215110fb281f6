//! `TaskWire`: a task as the wire writes it.

use mintage_records::model::{Step, StepState, Task, TaskError, TaskState};
use mintage_records::{Kind, Stored, Time};
use serde::Serialize;
use utoipa::ToSchema;

/// A task.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Task)]
pub struct TaskWire {
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    /// What is done: `Create`, `Add`, `Delete`, …
    name: String,
    /// Who asked for it.
    owner: String,
    /// `New`, `Running`, `Suspended`, `Stopping`, and when it has ended `Completed`, `Warning`, `Error`
    /// or `Terminated`.
    task_state: String,
    /// One sentence on how far it is, or what came of it.
    task_status: String,
    /// The code of the first error.
    state_reason: Option<String>,
    task_type: &'static str,
    /// 0 to 100.
    percent_complete: u8,
    computed_percent_complete: u8,
    completed_steps: usize,
    total_steps: usize,
    /// In seconds; 0: unknown.
    expected_duration: u64,
    hidden: bool,
    user_initiated: bool,
    /// Whether POST to `cancel` does something.
    is_cancellable: bool,
    created: String,
    modified: String,
    e_tag: String,
    #[schema(value_type = Option<Object>)]
    data: Option<serde_json::Value>,
    parent_task_uri: Option<String>,
    associated_task_uri: Option<String>,
    associated_resource: AssociatedResource,
    /// Its log, oldest first.
    progress_updates: Vec<ProgressUpdate>,
    /// Texts for the caller.
    task_output: Vec<String>,
    task_errors: Vec<TaskErrorWire>,
    /// What it does, in order.
    steps: Vec<StepWire>,
    /// When its first step began.
    started: Option<String>,
    /// When it ended.
    ended: Option<String>,
}

/// What a task is about.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AssociatedResource {
    resource_uri: Option<String>,
    resource_name: Option<String>,
    resource_category: Option<&'static str>,
    association_type: &'static str,
}

/// Something that a task said.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct ProgressUpdate {
    id: usize,
    timestamp: String,
    status_update: String,
}

/// Why a task failed, or what somebody should look at.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TaskError)]
struct TaskErrorWire {
    error_code: String,
    message: String,
    details: String,
    recommended_actions: Vec<String>,
    error_source: Option<String>,
    #[schema(value_type = Vec<Object>)]
    nested_errors: Vec<serde_json::Value>,
    #[schema(value_type = Object)]
    data: serde_json::Map<String, serde_json::Value>,
}

/// A step of a task.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = TaskStep)]
struct StepWire {
    name: String,
    /// `waiting`, `running`, `done`, `failed`, `undone`, `not-undone`.
    state: &'static str,
    started: Option<String>,
    ended: Option<String>,
    /// How long it took, in milliseconds.
    milliseconds: Option<u64>,
}

impl From<Stored<Task>> for TaskWire {
    fn from(stored: Stored<Task>) -> Self {
        let task = stored.body;
        let text = |time: Option<Time>| time.map(|time| time.to_string());
        let done = |step: &&Step| step.state == StepState::Done;
        let resource = task.resource.as_ref();
        let log = task.log.iter().enumerate();
        Self {
            type_name: "TaskResourceV2",
            category: Kind::Tasks.as_str(),
            uri: Kind::Tasks.uri(&stored.id),
            task_state: format!("{:?}", task.task_state),
            task_status: task.task_status,
            state_reason: task.errors.first().map(|error| error.error_code.clone()),
            task_type: "User",
            percent_complete: task.percent_complete,
            computed_percent_complete: task.percent_complete,
            completed_steps: task.steps.iter().filter(done).count(),
            total_steps: task.steps.len(),
            expected_duration: 0,
            hidden: false,
            user_initiated: true,
            is_cancellable: !task.task_state.is_final() && task.task_state != TaskState::Stopping,
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            data: None,
            parent_task_uri: None,
            associated_task_uri: None,
            associated_resource: AssociatedResource {
                resource_uri: resource.map(|(kind, id)| kind.uri(id)),
                resource_name: task.resource_name,
                resource_category: resource.map(|(kind, _)| kind.as_str()),
                association_type: "MANAGED_BY",
            },
            progress_updates: log
                .map(|(id, line)| ProgressUpdate {
                    id,
                    timestamp: line.at.to_string(),
                    status_update: line.text.clone(),
                })
                .collect(),
            task_output: task.output,
            task_errors: task
                .errors
                .into_iter()
                .chain(task.warnings)
                .map(TaskErrorWire::from)
                .collect(),
            steps: task.steps.iter().map(StepWire::from).collect(),
            started: text(task.started),
            ended: text(task.ended),
            name: task.name,
            owner: task.owner,
        }
    }
}

impl From<TaskError> for TaskErrorWire {
    fn from(error: TaskError) -> Self {
        Self {
            error_code: error.error_code,
            message: error.message,
            details: error.details,
            recommended_actions: error.recommended_actions,
            error_source: None,
            nested_errors: Vec::new(),
            data: serde_json::Map::new(),
        }
    }
}

impl From<&Step> for StepWire {
    fn from(step: &Step) -> Self {
        let took = step.started.zip(step.ended);
        let took = took.map(|(started, ended)| ended.since(started).as_millis());
        Self {
            name: step.name.clone(),
            state: match step.state {
                StepState::Waiting => "waiting",
                StepState::Running => "running",
                StepState::Done => "done",
                StepState::Failed => "failed",
                StepState::Undone => "undone",
                StepState::NotUndone => "not-undone",
            },
            started: step.started.map(|time| time.to_string()),
            ended: step.ended.map(|time| time.to_string()),
            milliseconds: took.map(|took| u64::try_from(took).unwrap_or(u64::MAX)),
        }
    }
}
