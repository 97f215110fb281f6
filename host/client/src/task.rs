//! Following a task to its end, by long poll.

use crate::error::{ClientError, Refusal, Result};
use crate::service::Service;
use serde::Deserialize;
use serde_json::Value as Json;
use std::time::Duration;

/// How long the service holds a request until something changes, in seconds.
const WAIT: u64 = 30;
/// How long the service may be away, while it restarts, before this gives up.
const PATIENCE: u32 = 30;

/// What of a task is shown.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskView {
    /// Where it is.
    pub uri: String,
    /// What is done.
    pub name: String,
    /// How far it is: `Running`, `Completed`, `Error`, …
    pub task_state: String,
    /// One sentence.
    #[serde(default)]
    pub task_status: Option<String>,
    /// 0 to 100.
    #[serde(default)]
    pub percent_complete: u8,
    /// Its version, which tells what was seen already.
    #[serde(default)]
    pub e_tag: Option<String>,
    /// Why it failed.
    #[serde(default)]
    pub task_errors: Vec<Refusal>,
    /// What it is about.
    #[serde(default)]
    pub associated_resource: Option<AssociatedResource>,
}

/// What a task is about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AssociatedResource {
    /// Where it is; null or empty when there is none.
    #[serde(default)]
    pub resource_uri: Option<String>,
}

impl TaskView {
    /// The task in an answer, when it is one.
    pub fn of(body: &Json) -> Option<Self> {
        let is_task = body.get("category").and_then(Json::as_str) == Some("tasks");
        is_task.then(|| serde_json::from_value(body.clone()).ok())?
    }

    /// Whether nothing more will happen.
    pub fn is_final(&self) -> bool {
        matches!(
            self.task_state.as_str(),
            "Completed" | "Warning" | "Error" | "Terminated" | "Killed"
        )
    }

    /// Whether it ended well.
    pub fn has_succeeded(&self) -> bool {
        matches!(self.task_state.as_str(), "Completed" | "Warning")
    }

    /// Why it did not end well.
    pub fn failure(&self) -> ClientError {
        let first = self.task_errors.first().cloned();
        let refusal = first.unwrap_or_else(|| Refusal {
            message: self
                .task_status
                .clone()
                .unwrap_or_else(|| self.task_state.clone()),
            ..Refusal::default()
        });
        ClientError::TaskFailed(Box::new(refusal))
    }
}

/// Follows the task at `uri` to its end; `seen` is told of every change. A service that restarts
/// meanwhile is waited for.
///
/// # Errors
/// `TaskFailed`, and those of [`Service::get`].
pub fn follow(service: &Service, uri: &str, mut seen: impl FnMut(&TaskView)) -> Result<TaskView> {
    let mut version = None;
    let mut away = 0;
    loop {
        let since = version
            .as_ref()
            .map_or_else(String::new, |v| format!("&sinceVersion={v}"));
        let reply = match service.get(&format!("{uri}?wait={WAIT}{since}")) {
            Ok(reply) => reply,
            Err(ClientError::Unreachable { .. }) if away < PATIENCE => {
                away += 1;
                std::thread::sleep(Duration::from_secs(1));
                continue;
            }
            Err(error) => return Err(error),
        };
        away = 0;
        let task = TaskView::of(&reply.body);
        let task = task.ok_or_else(|| ClientError::Answer(format!("{uri} is no task")))?;
        seen(&task);
        if task.is_final() {
            return match task.has_succeeded() {
                true => Ok(task),
                false => Err(task.failure()),
            };
        }
        version = task.e_tag;
    }
}
