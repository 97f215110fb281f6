//! `begin`: stores a task, in the transaction of what it is about; `begin_nothing`, one that has nothing
//! to do.

use super::verb::Verb;
use mintage_records::model::{Step, StepState, Task, TaskState};
use mintage_records::{Change, Id, Kind, RecordsError, Stored};
use serde_json::Value as Json;

/// A task to be stored.
#[derive(Debug)]
pub struct NewTask<'a, V: Verb> {
    /// What is done, as the wire's clients know it: `Create`, `Add`, … That of a deletion must be
    /// `Delete`: clients get the resource of every other task when it has ended.
    pub name: &'a str,
    /// What the verb is asked for.
    pub input: &'a V::Input,
    /// What it is about: clients get this when the task has ended.
    pub resource: Option<(Kind, Id)>,
    /// Its name.
    pub resource_name: Option<&'a str>,
}

/// Stores a task of the author of `change`. Once that is committed, the task is carried out.
///
/// # Errors
/// `Database`, also for an input that has no form in JSON.
pub fn begin<V: Verb>(
    change: &mut Change<'_>,
    task: NewTask<'_, V>,
) -> Result<Stored<Task>, RecordsError> {
    let stored = new(change, task)?;
    change.insert(stored)
}

/// Stores a task that is completed as it begins: all is as it was asked for.
///
/// # Errors
/// As [`begin`].
pub fn begin_nothing<V: Verb>(
    change: &mut Change<'_>,
    task: NewTask<'_, V>,
) -> Result<Stored<Task>, RecordsError> {
    let task = Task {
        task_state: TaskState::Completed,
        task_status: "There was nothing to do.".to_owned(),
        percent_complete: 100,
        steps: Vec::new(),
        started: Some(change.at()),
        ended: Some(change.at()),
        ..new(change, task)?
    };
    change.insert(task)
}

fn new<V: Verb>(change: &Change<'_>, task: NewTask<'_, V>) -> Result<Task, RecordsError> {
    let input = serde_json::to_value(task.input)
        .map_err(|_| RecordsError::Database(format!("the input of `{}` is no JSON", V::NAME)))?;
    let steps = V::STEPS.iter().map(|plan| Step {
        name: plan.shape.name.to_owned(),
        state: StepState::Waiting,
        started: None,
        ended: None,
        output: Json::Null,
    });
    Ok(Task {
        name: task.name.to_owned(),
        owner: change.author().name.clone(),
        task_state: TaskState::New,
        task_status: "Waiting for its turn.".to_owned(),
        percent_complete: 0,
        steps: steps.collect(),
        log: Vec::new(),
        errors: Vec::new(),
        warnings: Vec::new(),
        output: Vec::new(),
        resource: task.resource,
        resource_name: task.resource_name.map(str::to_owned),
        verb: V::NAME.to_owned(),
        input,
        cancel_requested: false,
        started: None,
        ended: None,
    })
}
