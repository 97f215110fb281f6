//! The state machine, for every sequence of what can happen to a task of up to three steps.

use crate::task::TaskFailure;
use crate::task::advance::{Decision, Happening, advance, request_cancel};
use crate::task::verb::{AfterCrash, StepShape};
use mintage_records::Time;
use mintage_records::model::{Step, StepState, Task, TaskState};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

/// How many things may happen in a sequence: more than a task of three steps takes to end, with a
/// restart in between.
const DEPTH: usize = 8;

const NAMES: [&str; 3] = ["first", "second", "third"];

fn task(steps: usize) -> Task {
    let step = |name: &&str| Step {
        name: (*name).to_owned(),
        state: StepState::Waiting,
        started: None,
        ended: None,
        output: Json::Null,
    };
    Task {
        name: "Create".into(),
        owner: "anna".into(),
        task_state: TaskState::New,
        task_status: String::new(),
        percent_complete: 0,
        steps: NAMES[..steps].iter().map(step).collect(),
        log: Vec::new(),
        errors: Vec::new(),
        warnings: Vec::new(),
        output: Vec::new(),
        resource: None,
        resource_name: None,
        verb: String::new(),
        input: Json::Null,
        cancel_requested: false,
        started: None,
        ended: None,
    }
}

fn shape(steps: usize, after_crash: AfterCrash) -> Vec<StepShape> {
    let shape = |name: &&'static str| StepShape {
        name,
        weight: 1,
        after_crash,
        no_return: false,
    };
    NAMES[..steps].iter().map(shape).collect()
}

/// Something that the world outside does to a task and its driver.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outside {
    /// What was decided works.
    Works,
    /// What was decided fails.
    Fails,
    /// Somebody cancels; the driver is not asked.
    Cancel,
    /// The step notices the cancel.
    Notices,
    /// The process ends, and the next one takes the task up.
    Crash,
    /// The service is stopped and started again; the decided step did not begin.
    Park,
}

const OUTSIDE: [Outside; 6] = [
    Outside::Works,
    Outside::Fails,
    Outside::Cancel,
    Outside::Notices,
    Outside::Crash,
    Outside::Park,
];

/// What of the task's steps is there, as the world outside sees it: begun and not undone.
type World = BTreeSet<usize>;

struct Walk {
    shape: Vec<StepShape>,
    sequences: usize,
    ends: BTreeSet<String>,
}

impl Walk {
    fn go(&mut self, task: &Task, decision: Decision, world: &World, depth: usize) {
        self.check(task, decision, world);
        if decision == Decision::End {
            self.sequences += 1;
            self.ends.insert(format!("{:?}", task.task_state));
            return;
        }
        if depth == 0 {
            return;
        }
        for outside in OUTSIDE {
            let (mut task, mut world) = (task.clone(), world.clone());
            let next = self.happen(&mut task, decision, &mut world, outside);
            if let Some(next) = next {
                self.go(&task, next, &world, depth - 1);
            }
        }
    }

    /// None when it cannot happen here.
    fn happen(
        &self,
        task: &mut Task,
        decision: Decision,
        world: &mut World,
        outside: Outside,
    ) -> Option<Decision> {
        let at = Time::from_millis(1);
        let failure = || TaskFailure::new("BAD", "bad");
        let happening = match (outside, decision) {
            (Outside::Cancel, _) if task.cancel_requested => return None,
            (Outside::Cancel, _) => {
                assert!(request_cancel(task, "anna", at));
                return Some(decision);
            }
            (Outside::Works, Decision::Run(step)) => {
                world.insert(step);
                let output = json!(step);
                Happening::Done { step, output }
            }
            (Outside::Works, Decision::Undo(step)) => {
                world.remove(&step);
                Happening::Undone { step }
            }
            (Outside::Fails, Decision::Run(step)) => {
                world.insert(step);
                let failure = failure();
                Happening::Failed { step, failure }
            }
            (Outside::Fails, Decision::Undo(step)) => {
                let failure = failure();
                Happening::NotUndone { step, failure }
            }
            (Outside::Notices, Decision::Run(step)) if task.cancel_requested => {
                world.insert(step);
                let failure = TaskFailure::cancelled();
                Happening::Failed { step, failure }
            }
            (Outside::Crash, Decision::Run(step)) => {
                world.insert(step);
                Happening::TakenUp
            }
            (Outside::Crash, Decision::Undo(_)) => Happening::TakenUp,
            (Outside::Park, Decision::Run(_) | Decision::Undo(_)) => {
                let before = match decision {
                    Decision::Run(step) => Some(step),
                    _ => None,
                };
                let parked = advance(task, &self.shape, &Happening::Parked { before }, at);
                assert_eq!(
                    (parked, task.task_state),
                    (Decision::Rest, TaskState::Suspended)
                );
                Happening::TakenUp
            }
            _ => return None,
        };
        let next = advance(task, &self.shape, &happening, at);
        // The connection to the store may be lost at a commit: what is told twice counts once.
        if !matches!(happening, Happening::TakenUp) {
            let (mut twice, before) = (task.clone(), task.clone());
            let again = advance(&mut twice, &self.shape, &happening, at);
            assert_eq!(again, next, "{happening:?}: {before:#?}");
            assert_eq!(
                (twice.errors, twice.task_state),
                (before.errors, before.task_state)
            );
        }
        Some(next)
    }

    fn check(&self, task: &Task, decision: Decision, world: &World) {
        let stuck: World = (0..task.steps.len())
            .filter(|step| task.steps[*step].state == StepState::NotUndone)
            .collect();
        assert_eq!(task.task_state.is_final(), decision == Decision::End);
        assert_eq!(task.ended.is_some(), decision == Decision::End);
        assert_eq!(task.percent_complete == 100, decision == Decision::End);
        match task.task_state {
            TaskState::Completed => {
                assert_eq!(world.len(), task.steps.len(), "all is done");
                assert!(task.errors.is_empty());
            }
            TaskState::Error => {
                assert!(!task.errors.is_empty(), "there is a reason");
                assert!(world.is_subset(&stuck), "nothing is left: {task:#?}");
            }
            TaskState::Terminated => {
                assert!(task.cancel_requested && task.errors.is_empty());
                assert!(world.is_empty(), "nothing is left: {task:#?}");
            }
            TaskState::Stopping => assert!(task.cancel_requested),
            TaskState::Running => {}
            other => panic!("{other:?} cannot come of {decision:?}"),
        }
        match decision {
            // Steps are done in their order, over whole ones.
            Decision::Run(step) => {
                let done = |index: usize| task.steps[index].state == StepState::Done;
                assert!((0..step).all(done) && task.steps[step].state == StepState::Running);
                assert!(task.errors.is_empty());
            }
            // Undoing goes backwards: nothing later is there any more.
            Decision::Undo(step) => {
                assert!(
                    world
                        .iter()
                        .all(|there| *there <= step || stuck.contains(there))
                );
            }
            Decision::Rest => panic!("only a parked task rests"),
            Decision::End => {}
        }
    }
}

#[test]
fn every_sequence_of_happenings_ends_well() {
    for after_crash in [AfterCrash::RunAgain, AfterCrash::Undo] {
        for steps in 1..=3 {
            let mut walk = Walk {
                shape: shape(steps, after_crash),
                sequences: 0,
                ends: BTreeSet::new(),
            };
            for cancelled_first in [false, true] {
                let mut task = task(steps);
                if cancelled_first {
                    request_cancel(&mut task, "anna", Time::from_millis(0));
                }
                let at = Time::from_millis(0);
                let decision = advance(&mut task, &walk.shape, &Happening::TakenUp, at);
                let expected = match cancelled_first {
                    false => Decision::Run(0),
                    true => Decision::Undo(0),
                };
                assert_eq!(decision, expected);
                walk.go(&task, decision, &World::new(), DEPTH);
            }
            assert!(walk.sequences > 1000, "{}", walk.sequences);
            assert_eq!(
                Vec::from_iter(&walk.ends),
                ["Completed", "Error", "Terminated"]
            );
        }
    }
}

#[test]
fn behind_a_step_of_no_return_a_task_only_goes_forward() {
    let mut shape = shape(3, AfterCrash::RunAgain);
    shape[1].no_return = true;
    let at = Time::from_millis(0);
    let done = |step| Happening::Done {
        step,
        output: Json::Null,
    };
    let failed = |step| Happening::Failed {
        step,
        failure: TaskFailure::new("X", "it failed"),
    };
    for (last, expected) in [
        (done(2), TaskState::Completed),
        (failed(2), TaskState::Warning),
    ] {
        let mut task = task(3);
        advance(&mut task, &shape, &Happening::TakenUp, at);
        assert_eq!(advance(&mut task, &shape, &done(0), at), Decision::Run(1));
        assert_eq!(advance(&mut task, &shape, &done(1), at), Decision::Run(2));
        request_cancel(&mut task, "anna", at);
        let again = advance(&mut task, &shape, &Happening::TakenUp, at);
        assert_eq!(again, Decision::Run(2), "too late to stop it");
        assert_eq!(advance(&mut task, &shape, &last, at), Decision::End);
        assert_eq!((task.task_state, task.errors.len()), (expected, 0));
    }
    // Before it, there is a way back.
    let mut task = task(3);
    advance(&mut task, &shape, &Happening::TakenUp, at);
    advance(&mut task, &shape, &done(0), at);
    assert_eq!(
        advance(&mut task, &shape, &failed(1), at),
        Decision::Undo(1)
    );
}

#[test]
fn a_log_is_bounded() {
    let mut task = task(1);
    for index in 0..1500 {
        let text = format!("line {index}\nx{}", "é".repeat(5000));
        crate::task::advance::log(&mut task, &text, Time::from_millis(0));
    }
    assert_eq!(task.log.len(), 1000);
    assert!(task.log[0].text.starts_with("line 500 x"));
    assert!(task.log.iter().all(|line| line.text.len() <= 4096));
}
