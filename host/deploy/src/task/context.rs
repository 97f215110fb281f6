//! `StepContext`: what a step has at hand: the store, what earlier steps left, and how to say how far
//! it is.

use super::advance::{end_step, log, percent};
use super::failure::TaskFailure;
use super::verb::StepShape;
use mintage_records::model::{StepState, Task, TaskError};
use mintage_records::{Author, Change, Id, Match, Records, RecordsError, Time};
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often progress is stored, at most.
const PATIENCE: Duration = Duration::from_millis(500);

/// Whether a step is to stop; cheap to clone, for threads and workers.
#[derive(Debug, Clone, Default)]
pub struct CancelFlag(Arc<AtomicBool>);

impl CancelFlag {
    /// Whether the step is to stop as soon as it can, with [`TaskFailure::cancelled`].
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Asks to stop.
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What a step has at hand.
#[derive(Debug)]
pub struct StepContext {
    records: Arc<Records>,
    task: Id,
    author: Author,
    outputs: Vec<(String, Json)>,
    cancel: CancelFlag,
    shape: Vec<StepShape>,
    step: usize,
    fraction: f64,
    pub(super) said: Said,
    stored: Instant,
}

/// What a step said and is not stored yet.
#[derive(Debug, Default)]
pub(super) struct Said {
    log: Vec<(Time, String)>,
    output: Vec<String>,
    warnings: Vec<TaskError>,
}

impl Said {
    fn is_empty(&self) -> bool {
        self.log.is_empty() && self.output.is_empty() && self.warnings.is_empty()
    }

    /// Puts it all into the task.
    pub(super) fn tell(&self, task: &mut Task) {
        for (at, text) in &self.log {
            log(task, text, *at);
        }
        task.output.extend(self.output.iter().cloned());
        task.warnings.extend(self.warnings.iter().cloned());
    }
}

impl StepContext {
    pub(super) fn new(
        records: Arc<Records>,
        id: Id,
        task: &Task,
        step: usize,
        shape: Vec<StepShape>,
        cancel: CancelFlag,
    ) -> Self {
        let outputs = task.steps.iter().take(step);
        let outputs = outputs.map(|step| (step.name.clone(), step.output.clone()));
        Self {
            records,
            task: id,
            author: Author::user(&task.owner),
            outputs: outputs.collect(),
            cancel,
            shape,
            step,
            fraction: 0.0,
            said: Said::default(),
            stored: Instant::now(),
        }
    }

    /// The store.
    pub fn records(&self) -> &Arc<Records> {
        &self.records
    }

    /// The task's id.
    pub fn task(&self) -> &Id {
        &self.task
    }

    /// Who asked for the task: the author of what its steps change.
    pub fn author(&self) -> &Author {
        &self.author
    }

    /// What an earlier step returned.
    ///
    /// # Errors
    /// When there is no such step, or it returned something else.
    pub fn output_of<T: DeserializeOwned>(&self, step: &str) -> Result<T, TaskFailure> {
        let found = self.outputs.iter().find(|(name, _)| name == step);
        let found = found.and_then(|(_, output)| T::deserialize(output).ok());
        found.ok_or_else(super::verb::not_understood)
    }

    /// Whether the step is to stop as soon as it can; long loops ask often. While a step is undone it
    /// is so only when the service has no time left.
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }

    /// For what runs elsewhere.
    pub fn cancel_flag(&self) -> CancelFlag {
        self.cancel.clone()
    }

    /// For `?`: an error as soon as the step is to stop.
    ///
    /// # Errors
    /// [`TaskFailure::cancelled`].
    pub fn check(&self) -> Result<(), TaskFailure> {
        match self.is_cancelled() {
            true => Err(TaskFailure::cancelled()),
            false => Ok(()),
        }
    }

    /// Says how much of this step is done, 0 to 1. Cheap: it is stored at most twice a second.
    pub fn progress(&mut self, fraction: f64) {
        self.fraction = fraction;
        self.store_sometimes();
    }

    /// Adds a line to the task's log; never a secret.
    pub fn log(&mut self, text: impl Into<String>) {
        self.said.log.push((Time::now(), text.into()));
        self.store_sometimes();
    }

    /// Adds a text to the task's output, for the caller.
    pub fn output(&mut self, text: impl Into<String>) {
        self.said.output.push(text.into());
    }

    /// Says that somebody should look at something, though the step goes on: a task with warnings ends
    /// as `Warning` instead of `Completed`.
    pub fn warn(&mut self, warning: TaskFailure) {
        self.said.warnings.extend(warning.errors);
    }

    /// Records this step as done, in the transaction of what it did: who goes on after a crash finds both, or
    /// neither. It must be the last thing that the step does, and a step that does so returns null.
    ///
    /// # Errors
    /// `Database`.
    pub fn done(&self, change: &mut Change<'_>) -> Result<(), RecordsError> {
        let mut task = change.get::<Task>(&self.task)?.body;
        let at = change.at();
        end_step(
            &mut task,
            self.step,
            StepState::Running,
            StepState::Done,
            at,
        );
        change.update(&self.task, &Match::Any, task).map(drop)
    }

    fn store_sometimes(&mut self) {
        if self.stored.elapsed() < PATIENCE {
            return;
        }
        self.stored = Instant::now();
        match self.store() {
            Ok(()) => self.said = Said::default(),
            // It is said again the next time, or with the end of the step.
            Err(error) => tracing::warn!(task = %self.task, %error, "progress is not stored"),
        }
    }

    fn store(&self) -> Result<(), RecordsError> {
        self.records.change(&Author::service(), |change| {
            let mut task = change.get::<Task>(&self.task)?.body;
            let mut new = task.percent_complete;
            let step = task.steps.get(self.step);
            if step.is_some_and(|step| step.state == StepState::Running) {
                new = new.max(percent(&task, &self.shape, self.step, self.fraction));
            }
            if new == task.percent_complete && self.said.is_empty() {
                return Ok(());
            }
            task.percent_complete = new;
            self.said.tell(&mut task);
            change.update(&self.task, &Match::Any, task).map(drop)
        })
    }
}
