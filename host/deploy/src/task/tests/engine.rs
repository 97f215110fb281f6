//! What comes of tasks: done, failed, stopped, cut off.

use super::verbs::{Asked, Quick, World, begin_in, open};
use crate::task::{NewTask, begin};
use mintage_records::model::{Alert, StepState, Task, TaskState};
use mintage_records::{Author, Match};
use std::time::{Duration, Instant};

fn steps(task: &Task) -> Vec<StepState> {
    task.steps.iter().map(|step| step.state).collect()
}

fn log(task: &Task) -> String {
    let lines: Vec<&str> = task.log.iter().map(|line| line.text.as_str()).collect();
    lines.join("\n")
}

#[test]
fn a_committed_task_is_done_by_itself() {
    let world = World::new();
    let id = world.begin("anna", &Asked::default());
    let task = world.until_final(&id);
    assert_eq!(task.task_state, TaskState::Completed);
    assert_eq!((task.percent_complete, task.owner.as_str()), (100, "anna"));
    assert_eq!(task.output, ["the first step returned 10"]);
    assert_eq!(log(&task), "doing 0\ndoing 1\ndoing 2\nCompleted.");
    assert!(task.started.is_some() && task.ended >= task.started);
    for step in &task.steps {
        assert_eq!(step.state, StepState::Done);
        assert!(step.started.is_some() && step.ended >= step.started);
    }
    assert_eq!(world.left(&id), "0:whole 1:whole 2:whole");
}

#[test]
fn a_failed_task_leaves_nothing_and_says_why() {
    let world = World::new();
    for (asked, code, message) in [
        (["fail", "", ""], "NO_LUCK", "no luck today"),
        (["", "", "fail"], "NO_LUCK", "no luck today"),
        (
            ["", "panic", ""],
            "INTERNAL",
            "the service failed: a step panicked",
        ),
    ] {
        let id = world.begin("anna", &Asked::steps(asked));
        let task = world.until_final(&id);
        assert_eq!(task.task_state, TaskState::Error, "{asked:?}");
        assert_eq!(task.task_status, message);
        let error = &task.errors[0];
        assert_eq!(
            (error.error_code.as_str(), error.message.as_str()),
            (code, message)
        );
        assert!(!error.recommended_actions.is_empty());
        assert!(!format!("{task:?}").contains("the secret"));
        assert_eq!(world.left(&id), "", "{asked:?}");
    }
    let id = world.begin("anna", &Asked::steps(["", "warn", ""]));
    let task = world.until_final(&id);
    assert_eq!(
        (task.task_state, task.task_status.as_str()),
        (TaskState::Warning, "this is odd")
    );
}

#[test]
fn what_cannot_be_undone_is_told_and_raises_an_alert() {
    let world = World::new();
    let asked = Asked {
        sticks: true,
        ..Asked::steps(["", "", "fail"])
    };
    let id = world.begin("anna", &asked);
    let task = world.until_final(&id);
    assert_eq!(task.task_state, TaskState::Error);
    let codes: Vec<&str> = task
        .errors
        .iter()
        .map(|error| error.error_code.as_str())
        .collect();
    assert_eq!(codes, ["NO_LUCK", "NOT_UNDONE"]);
    assert_eq!(
        steps(&task),
        [StepState::Undone, StepState::NotUndone, StepState::Undone]
    );
    assert_eq!(world.left(&id), "1:whole");
    let alerts = world.records.read(|view| view.all::<Alert>()).unwrap();
    let about: Vec<_> = alerts
        .iter()
        .map(|alert| alert.body.description.as_str())
        .collect();
    assert_eq!(
        about,
        ["the task `Create` of `thing` failed and left something"]
    );
}

#[test]
fn a_cancelled_task_is_undone() {
    let world = World::new();
    let anna = Author::user("anna");
    let id = world.begin("anna", &Asked::steps(["", "wait", ""]));
    world.until_half(&id, 1);
    let asked = world.tasks.cancel(&id, &anna).unwrap();
    assert_eq!(asked.body.task_state, TaskState::Stopping);
    let task = world.until_final(&id);
    assert_eq!(task.task_state, TaskState::Terminated);
    assert!(task.errors.is_empty() && log(&task).contains("anna asked to stop it."));
    assert_eq!(
        steps(&task),
        [StepState::Undone, StepState::Undone, StepState::Waiting]
    );
    assert_eq!(world.left(&id), "");
    let again = world.tasks.cancel(&id, &anna);
    assert!(again.is_ok(), "{again:?}");

    let done = world.begin("anna", &Asked::default());
    world.until_final(&done);
    let refused = world.tasks.cancel(&done, &anna).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the task has ended already, as Completed"
    );
}

#[test]
fn one_that_still_waits_is_cancelled_too() {
    let world = World::over(tempfile::tempdir().unwrap(), 1);
    let first = world.begin("anna", &Asked::steps(["wait", "", ""]));
    world.until_half(&first, 0);
    let second = world.begin("anna", &Asked::default());
    world.tasks.cancel(&second, &Author::user("anna")).unwrap();
    // The only place is taken still.
    let task = world.until_final(&second);
    assert_eq!(task.task_state, TaskState::Terminated);
    // The first step never began, and is undone: it takes back what began the task.
    assert_eq!(
        steps(&task),
        [StepState::Undone, StepState::Waiting, StepState::Waiting]
    );
    world.go();
    assert_eq!(world.until_final(&first).task_state, TaskState::Completed);
}

#[test]
fn after_the_end_of_the_process_a_task_goes_on_or_is_undone_and_says_so() {
    for (asked, expected, said, left) in [
        (
            ["wait", "", ""],
            TaskState::Completed,
            "The service has started again; step `first` is begun anew.",
            "0:whole 1:whole 2:whole",
        ),
        (
            ["", "wait", ""],
            TaskState::Error,
            "The service ended during step `second`; the task is undone.",
            "",
        ),
    ] {
        let world = World::new();
        let id = world.begin("anna", &Asked::steps(asked));
        world.until_half(&id, usize::from(asked[1] == "wait"));
        // No time is left for the step: it is cut off.
        let world = world.restart();
        world.go();
        let task = world.until_final(&id);
        assert_eq!(task.task_state, expected, "{task:#?}");
        assert!(log(&task).contains(said), "{}", log(&task));
        assert_eq!(world.left(&id), left);
        if expected == TaskState::Error {
            assert_eq!(task.errors[0].error_code, "INTERRUPTED");
        }
    }
}

#[test]
fn a_parked_task_waits_between_its_steps_and_goes_on() {
    let world = World::new();
    let id = world.begin("anna", &Asked::steps(["wait", "", ""]));
    world.until_half(&id, 0);
    let tasks = std::sync::Arc::clone(&world.tasks);
    let parked = std::thread::spawn(move || tasks.park(Duration::from_secs(20)));
    while !world
        .tasks
        .is_parked
        .load(std::sync::atomic::Ordering::SeqCst)
    {
        std::thread::yield_now();
    }
    world.go();
    parked.join().unwrap();
    let task = world.task(&id).body;
    assert_eq!(task.task_state, TaskState::Suspended);
    assert_eq!(
        steps(&task),
        [StepState::Done, StepState::Waiting, StepState::Waiting]
    );
    let world = World::over(world.folder, 2);
    let task = world.until_final(&id);
    assert_eq!(task.task_state, TaskState::Completed);
    assert!(log(&task).contains("The service has started again; the task goes on."));
}

#[test]
fn a_task_that_was_only_committed_is_done_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let id = begin_in(&open(folder.path()), "anna", &Asked::default());
    let world = World::over(folder, 1);
    assert_eq!(world.until_final(&id).task_state, TaskState::Completed);
}

#[test]
fn what_another_version_began_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let records = open(folder.path());
    let (other, longer) = (
        begin_in(&records, "anna", &Asked::default()),
        begin_in(&records, "anna", &Asked::default()),
    );
    let changed = records.change(&Author::service(), |change| {
        let mut task = change.get::<Task>(&other)?.body;
        task.verb = "gone".to_owned();
        change.update(&other, &Match::Any, task)?;
        let mut task = change.get::<Task>(&longer)?.body;
        task.steps.truncate(2);
        change.update(&longer, &Match::Any, task).map(drop)
    });
    changed.unwrap();
    drop(records);
    let world = World::over(folder, 1);
    for id in [other, longer] {
        let task = world.until_final(&id);
        assert_eq!(task.task_state, TaskState::Error);
        assert_eq!(task.errors[0].error_code, "TASK_NOT_UNDERSTOOD");
    }
}

#[test]
fn no_more_run_at_once_than_may() {
    let world = World::over(tempfile::tempdir().unwrap(), 2);
    let waiting = Asked::steps(["wait", "", ""]);
    let ids: Vec<_> = (0..5).map(|_| world.begin("anna", &waiting)).collect();
    world.until_half(&ids[0], 0);
    world.until_half(&ids[1], 0);
    std::thread::sleep(Duration::from_millis(50));
    let running = ids
        .iter()
        .filter(|id| world.task(id).body.task_state == TaskState::Running);
    assert_eq!(running.count(), 2);
    world.go();
    for id in &ids {
        assert_eq!(world.until_final(id).task_state, TaskState::Completed);
    }
}

#[test]
fn a_verb_with_places_of_its_own_keeps_nobody_waiting() {
    let world = World::with_places(1);
    let waiting = Asked::steps(["wait", "", ""]);
    let slow: Vec<_> = (0..3).map(|_| world.begin("anna", &waiting)).collect();
    world.until_half(&slow[0], 0);
    let other = world.records.change(&Author::user("anna"), |change| {
        let task = NewTask::<Quick> {
            name: "Create",
            input: &(),
            resource: None,
            resource_name: None,
        };
        begin(change, task)
    });
    world.until_final(&other.unwrap().id);
    let states = slow.iter().map(|id| world.task(id).body.task_state);
    let states: Vec<_> = states.collect();
    assert_eq!(states, [TaskState::Running, TaskState::New, TaskState::New]);
    world.go();
    for id in &slow {
        assert_eq!(world.until_final(id).task_state, TaskState::Completed);
    }
}

#[test]
fn progress_is_stored_now_and_then() {
    let world = World::new();
    let id = world.begin("anna", &Asked::steps(["", "wait", ""]));
    // 1 of 4 parts, and half of 2.
    let task = world.until(&id, |task| task.percent_complete == 50);
    assert!(log(&task).contains("doing 1"));
    let before = world.task(&id).version;
    std::thread::sleep(Duration::from_millis(600));
    assert_eq!(world.task(&id).version, before, "nothing new is stored");
    world.go();
    world.until_final(&id);
}

#[test]
fn waiting_ends_with_the_task_with_news_or_with_patience() {
    let world = World::new();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let id = world.begin("anna", &Asked::steps(["", "wait", ""]));
    world.until_half(&id, 1);
    world.until(&id, |task| task.percent_complete == 50);
    let known = world.task(&id).version;
    let wait = |known, millis| {
        let begun = Instant::now();
        let task = world.tasks.wait(&id, known, Duration::from_millis(millis));
        (runtime.block_on(task).unwrap(), begun.elapsed())
    };
    let (task, took) = wait(Some(known), 100);
    assert!(
        task.version == known && took >= Duration::from_millis(100),
        "{took:?}"
    );
    let (task, took) = wait(Some(known - 1), 10_000);
    assert!(
        task.version == known && took < Duration::from_secs(5),
        "{took:?}"
    );
    world.go();
    let (task, took) = wait(None, 10_000);
    assert_eq!(task.body.task_state, TaskState::Completed);
    assert!(took < Duration::from_secs(5), "{took:?}");
}
