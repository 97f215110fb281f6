//! The state machine of tasks: a task and what happened give the next state, and what is to be done.
//! Nothing here acts. All that decides is in the task itself, so that another process decides the same.

use super::failure::TaskFailure;
use super::verb::{AfterCrash, StepShape};
use mintage_records::Time;
use mintage_records::model::{LogLine, StepState, Task, TaskError, TaskState};
use serde_json::Value as Json;

/// The most lines of a log; the oldest go first.
const LOG_LINES: usize = 1000;
/// The longest line of a log, in bytes.
const LOG_LINE: usize = 4096;

/// What happened to a task.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Happening {
    /// Its driver takes it up: for the first time, or after a restart.
    TakenUp,
    /// A step is done.
    Done { step: usize, output: Json },
    /// A step failed, or noticed that it is to stop.
    Failed { step: usize, failure: TaskFailure },
    /// A step is undone.
    Undone { step: usize },
    /// A step could not be undone, and is not tried any more.
    NotUndone { step: usize, failure: TaskFailure },
    /// The service stops: the task waits for its next start.
    Parked {
        /// The step that was to be done, and was not begun.
        before: Option<usize>,
    },
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Decision {
    /// Do this step.
    Run(usize),
    /// Undo this step.
    Undo(usize),
    /// Nothing in this process.
    Rest,
    /// Nothing ever: the task is final.
    End,
}

/// Brings the task to its next state. Something that was taken into account already changes nothing.
pub(super) fn advance(
    task: &mut Task,
    shape: &[StepShape],
    happening: &Happening,
    at: Time,
) -> Decision {
    if task.task_state.is_final() {
        return Decision::End;
    }
    match happening {
        Happening::TakenUp => take_up(task, shape, at),
        Happening::Done { step, output } => {
            if end_step(task, *step, StepState::Running, StepState::Done, at) {
                task.steps[*step].output = output.clone();
            }
        }
        Happening::Failed { step, failure } => {
            if end_step(task, *step, StepState::Running, StepState::Failed, at) {
                match is_past_return(task, shape) {
                    true => pass_over(task, *step, failure, at),
                    false => fail(task, *step, failure, at),
                }
            }
        }
        Happening::Undone { step } => {
            if let Some(step) = task.steps.get_mut(*step) {
                step.state = StepState::Undone;
            }
        }
        Happening::NotUndone { step, failure } => not_undone(task, *step, failure, at),
        Happening::Parked { before } => {
            put_back(task, shape, *before);
            task.task_state = TaskState::Suspended;
            task.task_status = "Waiting for the service to start again.".to_owned();
            log(task, "The service stops; the task waits.", at);
            return Decision::Rest;
        }
    }
    settle(task, shape, at)
}

/// Notes that somebody wants the task stopped; false when it has ended already.
pub(super) fn request_cancel(task: &mut Task, by: &str, at: Time) -> bool {
    if task.task_state.is_final() {
        return false;
    }
    if !task.cancel_requested {
        task.cancel_requested = true;
        task.task_state = TaskState::Stopping;
        task.task_status = "Stopping.".to_owned();
        log(task, &format!("{by} asked to stop it."), at);
    }
    true
}

/// Ends a task that nobody can carry out.
pub(super) fn give_up(task: &mut Task, failure: &TaskFailure, at: Time) {
    if !task.task_state.is_final() {
        task.errors.extend(failure.errors.iter().cloned());
        end(task, TaskState::Error, failure.to_string(), at);
    }
}

/// How far a task is, in percent, when a part of a step is done. 100 is only for what has ended.
pub(super) fn percent(task: &Task, shape: &[StepShape], step: usize, fraction: f64) -> u8 {
    let total: u32 = shape.iter().map(|shape| shape.weight).sum();
    let done = task.steps.iter().zip(shape);
    let done: u32 = done
        .filter(|(step, _)| step.state == StepState::Done)
        .map(|(_, shape)| shape.weight)
        .sum();
    let own = shape.get(step).map_or(0, |shape| shape.weight);
    let part = f64::from(done) + f64::from(own) * fraction.clamp(0.0, 1.0);
    let percent = (100.0 * part / f64::from(total.max(1))).clamp(0.0, 99.0);
    // Between 0 and 99: nothing is cut off.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let percent = percent as u8;
    percent
}

/// Adds a line to the log.
pub(super) fn log(task: &mut Task, text: &str, at: Time) {
    let mut text = text.replace(['\n', '\r'], " ");
    let end = (0..=LOG_LINE).rev().find(|end| text.is_char_boundary(*end));
    text.truncate(end.unwrap_or(0));
    task.log.push(LogLine { at, text });
    let most = task.log.len().saturating_sub(LOG_LINES);
    task.log.drain(..most);
}

/// What the task says when it is taken up again: that it was interrupted, and what comes of it.
fn take_up(task: &mut Task, shape: &[StepShape], at: Time) {
    if task.started.is_none() {
        task.started = Some(at);
        return;
    }
    let cut_off = task
        .steps
        .iter()
        .position(|step| step.state == StepState::Running);
    let is_parked = task.task_state == TaskState::Suspended;
    let said = match (cut_off, is_going_back(task, shape)) {
        (_, true) => "The service has started again; undoing goes on.".to_owned(),
        (None, false) => "The service has started again; the task goes on.".to_owned(),
        (Some(step), false) if is_parked && may_run_again(shape, step) => {
            let name = &task.steps[step].name;
            format!("The service has started again; step `{name}` is begun anew.")
        }
        (Some(step), false) => cut_off_step(task, shape, step, at),
    };
    log(task, &said, at);
}

fn cut_off_step(task: &mut Task, shape: &[StepShape], step: usize, at: Time) -> String {
    let name = task.steps[step].name.clone();
    if may_run_again(shape, step) {
        return format!("The service ended during step `{name}`; the step is run again.");
    }
    end_step(task, step, StepState::Running, StepState::Failed, at);
    task.errors.push(TaskError {
        error_code: "INTERRUPTED".to_owned(),
        message: format!("the service ended during step `{name}`, which cannot go on"),
        details: String::new(),
        recommended_actions: vec!["Ask for it again.".to_owned()],
    });
    format!("The service ended during step `{name}`; the task is undone.")
}

fn may_run_again(shape: &[StepShape], step: usize) -> bool {
    let shape = shape.get(step);
    shape.is_some_and(|shape| shape.after_crash == AfterCrash::RunAgain)
}

/// A step that was not begun waits again. One that may be run again stays as it is: an earlier try of
/// it may have left something.
fn put_back(task: &mut Task, shape: &[StepShape], step: Option<usize>) {
    let step = step.filter(|step| !may_run_again(shape, *step));
    if let Some(step) = step.and_then(|step| task.steps.get_mut(step)) {
        step.state = StepState::Waiting;
    }
}

/// Ends a step that is in the state `from`; false when it is not.
pub(super) fn end_step(
    task: &mut Task,
    step: usize,
    from: StepState,
    to: StepState,
    at: Time,
) -> bool {
    let step = task.steps.get_mut(step).filter(|step| step.state == from);
    let Some(step) = step else {
        return false;
    };
    step.state = to;
    step.ended = Some(at);
    true
}

fn fail(task: &mut Task, step: usize, failure: &TaskFailure, at: Time) {
    let name = task.steps[step].name.clone();
    log(task, &format!("Step `{name}` failed: {failure}"), at);
    if task.cancel_requested {
        // It ends as what somebody asked for; what else went wrong is in its log.
        return;
    }
    match failure.is_cancelled() {
        // Nobody asked for it.
        true => {
            let failure = TaskFailure::new("STOPPED", format!("step `{name}` stopped by itself"));
            task.errors.extend(failure.errors);
        }
        false => task.errors.extend(failure.errors.iter().cloned()),
    }
}

fn not_undone(task: &mut Task, step: usize, failure: &TaskFailure, at: Time) {
    let Some(step) = task.steps.get_mut(step) else {
        return;
    };
    if step.state == StepState::NotUndone {
        return;
    }
    step.state = StepState::NotUndone;
    let message = format!("step `{}` cannot be undone: {failure}", step.name);
    log(task, &message, at);
    task.errors.push(TaskError {
        error_code: "NOT_UNDONE".to_owned(),
        message,
        details: String::new(),
        recommended_actions: vec![
            "Look for the reason in the log of the service, and delete what is left.".to_owned(),
        ],
    });
}

/// Notes what failed in a task that is not undone any more.
fn pass_over(task: &mut Task, step: usize, failure: &TaskFailure, at: Time) {
    let name = task.steps[step].name.clone();
    log(task, &format!("Step `{name}` failed: {failure}"), at);
    task.steps[step].state = StepState::Done;
    task.warnings.extend(failure.errors.iter().cloned());
}

/// Whether a step is done behind which there is no way back.
fn is_past_return(task: &Task, shape: &[StepShape]) -> bool {
    let mut steps = task.steps.iter().zip(shape);
    steps.any(|(step, shape)| shape.no_return && step.state == StepState::Done)
}

/// Whether the task is being undone.
fn is_going_back(task: &Task, shape: &[StepShape]) -> bool {
    let all_done = task.steps.iter().all(|step| step.state == StepState::Done);
    // Who wants a task stopped that has done everything is too late.
    !is_past_return(task, shape)
        && (!task.errors.is_empty() || (task.cancel_requested && !all_done))
}

fn settle(task: &mut Task, shape: &[StepShape], at: Time) -> Decision {
    match is_going_back(task, shape) {
        false => go_on(task, shape, at),
        true => go_back(task, at),
    }
}

fn go_on(task: &mut Task, shape: &[StepShape], at: Time) -> Decision {
    let next = task
        .steps
        .iter()
        .position(|step| step.state != StepState::Done);
    let Some(next) = next else {
        match task.warnings.first().map(|warning| warning.message.clone()) {
            None => end(task, TaskState::Completed, "Completed.".to_owned(), at),
            Some(warning) => end(task, TaskState::Warning, warning, at),
        }
        return Decision::End;
    };
    task.task_state = TaskState::Running;
    task.percent_complete = percent(task, shape, next, 0.0);
    let steps = task.steps.len();
    let step = &mut task.steps[next];
    task.task_status = format!("Step {} of {steps}: {}", next + 1, step.name);
    step.state = StepState::Running;
    step.started = Some(at);
    step.ended = None;
    Decision::Run(next)
}

fn go_back(task: &mut Task, at: Time) -> Decision {
    let left = |step: &mintage_records::model::Step| {
        matches!(
            step.state,
            StepState::Running | StepState::Done | StepState::Failed
        )
    };
    let next = task.steps.iter().rposition(left);
    let first = task.steps.first().map(|step| step.state);
    match (next, first) {
        (Some(step), _) => {
            task.task_state = undoing(task);
            task.task_status = format!("Undoing step {}: {}", step + 1, task.steps[step].name);
            Decision::Undo(step)
        }
        // It never began; what began the task is undone with it.
        (None, Some(StepState::Waiting)) => {
            task.task_state = undoing(task);
            task.task_status = "Undoing.".to_owned();
            Decision::Undo(0)
        }
        (None, _) => {
            match task.errors.first().map(|error| error.message.clone()) {
                Some(message) => end(task, TaskState::Error, message, at),
                None => {
                    let status = "Stopped on request; what it had done is undone.";
                    end(task, TaskState::Terminated, status.to_owned(), at);
                }
            }
            Decision::End
        }
    }
}

fn undoing(task: &Task) -> TaskState {
    match task.cancel_requested {
        true => TaskState::Stopping,
        false => TaskState::Running,
    }
}

fn end(task: &mut Task, state: TaskState, status: String, at: Time) {
    log(task, &status, at);
    task.task_state = state;
    task.task_status = status;
    task.percent_complete = 100;
    task.ended = Some(at);
}
