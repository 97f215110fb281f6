//! `Driver`: carries out one task: asks the state machine what to do, does it, and records what came of
//! it, until there is nothing more to do.

use super::advance::{Decision, Happening, advance, give_up};
use super::context::{Said, StepContext};
use super::failure::TaskFailure;
use super::tasks::{Flags, Tasks};
use super::verb::{AnyVerb, not_understood};
use crate::alerts;
use mintage_records::model::{Severity, StepState, Task, TaskState};
use mintage_records::{Author, Change, Id, Kind, Match, RecordsError, Stored};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How often undoing a step is tried.
const UNDO_TRIES: u32 = 3;
/// How long it waits before it uses a store again that failed.
const PAUSES: [Duration; 4] = [
    Duration::from_millis(50),
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(5),
];

/// Carries out one task, on the thread that calls it.
pub(super) struct Driver {
    tasks: Arc<Tasks>,
    id: Id,
    flags: Flags,
}

/// What was recorded, and what is to be done.
type Recorded = (Stored<Task>, Decision);

impl Driver {
    pub(super) fn new(tasks: Arc<Tasks>, id: Id, flags: Flags) -> Self {
        Self { tasks, id, flags }
    }

    /// Does all that is to be done.
    pub(super) fn drive(self) {
        let span = tracing::info_span!("task", id = %self.id);
        span.in_scope(|| {
            let mut said = Said::default();
            let mut happening = Happening::TakenUp;
            while let Some(recorded) = self.record(&happening, &said) {
                match self.act(recorded) {
                    Some(next) => (happening, said) = next,
                    None => break,
                }
            }
        });
        self.tasks.ended(&self.id);
    }

    /// Leaves the task to the next start of the service.
    pub(super) fn suspend(&self) {
        self.record(&Happening::Parked { before: None }, &Said::default());
    }

    /// Does what was decided; none when there is nothing more to do here.
    fn act(&self, (task, decision): Recorded) -> Option<(Happening, Said)> {
        match decision {
            Decision::End | Decision::Rest => None,
            Decision::Run(step) if self.is_parked() => {
                let before = Some(step);
                Some((Happening::Parked { before }, Said::default()))
            }
            Decision::Undo(_) if self.is_parked() => {
                Some((Happening::Parked { before: None }, Said::default()))
            }
            Decision::Run(step) => self.run(&task, step),
            Decision::Undo(step) => self.undo(&task, step),
        }
    }

    fn run(&self, task: &Stored<Task>, step: usize) -> Option<(Happening, Said)> {
        // What cannot be understood was given up before it was decided to run a step.
        let verb = self.tasks.verbs.get(&task.body.verb)?;
        let mut context = self.context(task, step, verb, false);
        tracing::info!(step = task.body.steps[step].name, "step begins");
        let ran = guarded(|| verb.run(step, &task.body.input, &mut context));
        let said = std::mem::take(&mut context.said);
        let happening = match ran {
            Ok(output) => Happening::Done { step, output },
            Err(failure) if failure.is_cancelled() && self.is_out_of_time() => {
                Happening::Parked { before: None }
            }
            Err(failure) => {
                tracing::warn!(step = task.body.steps[step].name, %failure, "step failed");
                Happening::Failed { step, failure }
            }
        };
        Some((happening, said))
    }

    fn undo(&self, task: &Stored<Task>, step: usize) -> Option<(Happening, Said)> {
        let verb = self.tasks.verbs.get(&task.body.verb)?;
        let mut context = self.context(task, step, verb, true);
        let output = &task.body.steps[step].output;
        tracing::info!(step = task.body.steps[step].name, "step is undone");
        let mut tries = 0;
        let happening = loop {
            let input = &task.body.input;
            match guarded(|| verb.undo(step, input, output, &mut context)) {
                Ok(()) => break Happening::Undone { step },
                Err(_) if self.is_out_of_time() => break Happening::Parked { before: None },
                Err(failure) => {
                    tries += 1;
                    tracing::error!(%failure, tries, "a step cannot be undone");
                    if tries == UNDO_TRIES {
                        break Happening::NotUndone { step, failure };
                    }
                    std::thread::sleep(PAUSES[1]);
                }
            }
        };
        Some((happening, std::mem::take(&mut context.said)))
    }

    fn context(
        &self,
        task: &Stored<Task>,
        step: usize,
        verb: &dyn AnyVerb,
        is_undo: bool,
    ) -> StepContext {
        let flag = match is_undo {
            true => self.flags.undo.clone(),
            false => self.flags.run.clone(),
        };
        if task.body.cancel_requested && !is_undo {
            flag.set();
        }
        let records = Arc::clone(&self.tasks.records);
        StepContext::new(
            records,
            self.id.clone(),
            &task.body,
            step,
            verb.shape(),
            flag,
        )
    }

    /// Records what happened. A store that fails is tried again for as long as the service runs; none
    /// when that has no sense.
    fn record(&self, happening: &Happening, said: &Said) -> Option<Recorded> {
        let mut pauses = PAUSES.iter();
        loop {
            let author = Author::service();
            let recorded = self.tasks.records.change(&author, |change| {
                record(change, &self.id, &self.tasks, happening, said)
            });
            let error = match recorded {
                Ok(recorded) => return Some(recorded),
                Err(error) => error,
            };
            let is_passing = matches!(error, RecordsError::Database(_) | RecordsError::Uncertain);
            if !is_passing || self.is_parked() {
                tracing::error!(%error, "the task is left as it is: it is taken up at the next start");
                return None;
            }
            tracing::warn!(%error, "what became of the task is not recorded; once more");
            std::thread::sleep(*pauses.next().unwrap_or(&PAUSES[3]));
        }
    }

    fn is_parked(&self) -> bool {
        self.tasks.is_parked.load(Ordering::SeqCst)
    }

    /// Whether the service stops, and waits no longer.
    fn is_out_of_time(&self) -> bool {
        self.flags.undo.is_cancelled()
    }
}

/// Brings the stored task to its next state.
fn record(
    change: &mut Change<'_>,
    id: &Id,
    tasks: &Tasks,
    happening: &Happening,
    said: &Said,
) -> Result<Recorded, RecordsError> {
    let mut stored = change.get::<Task>(id)?;
    if stored.body.task_state.is_final() {
        return Ok((stored, Decision::End));
    }
    said.tell(&mut stored.body);
    let at = change.at();
    let shape = tasks.verbs.get(&stored.body.verb).map(AnyVerb::shape);
    let names = || stored.body.steps.iter().map(|step| step.name.as_str());
    let decision = match shape {
        Some(shape) if names().eq(shape.iter().map(|shape| shape.name)) => {
            advance(&mut stored.body, &shape, happening, at)
        }
        _ => {
            give_up(&mut stored.body, &not_understood(), at);
            Decision::End
        }
    };
    if decision == Decision::End {
        raise_alert(change, id, &stored.body)?;
    }
    Ok((change.update(id, &Match::Any, stored.body)?, decision))
}

/// A task that left something must be looked at.
fn raise_alert(change: &mut Change<'_>, id: &Id, task: &Task) -> Result<(), RecordsError> {
    let is_left = |state| matches!(state, StepState::NotUndone | StepState::Running);
    let left = task.steps.iter().any(|step| is_left(step.state));
    if task.task_state != TaskState::Error || !left {
        return Ok(());
    }
    let what = task.resource_name.as_deref().unwrap_or_default();
    let alert = alerts::NewAlert {
        severity: Severity::Critical,
        description: format!(
            "the task `{}` of `{what}` failed and left something",
            task.name
        ),
        corrective_action: "Look at the task's errors, and delete what is left.".to_owned(),
        resource: Some((Kind::Tasks, id.clone())),
    };
    alerts::raise(change, alert).map(drop)
}

/// Calls what may panic; a panic is a failure with a name.
fn guarded<T>(act: impl FnOnce() -> Result<T, TaskFailure>) -> Result<T, TaskFailure> {
    // After a panic the context is only asked what was said.
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|panic| {
        let reason = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let reason = reason.or_else(|| panic.downcast_ref::<String>().cloned());
        // The reason may hold anything: it is not for the caller.
        tracing::error!(?reason, "a step panicked");
        Err(
            TaskFailure::new("INTERNAL", "the service failed: a step panicked")
                .action("Look for the reason in the log of the service, and report it."),
        )
    })
}
