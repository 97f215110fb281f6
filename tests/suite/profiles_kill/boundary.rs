//! `Seen`: kills at the steps of tasks, until the service was killed at each.
//!
//! A step that begins is in the store before it is in the log, so the service is killed when the log says
//! so, and the store tells afterwards at which steps tasks really were.

use super::checker::Checker;
use super::farm::{Farm, Request};
use mintage_records::RecordsError;
use mintage_records::model::{StepState, Task, TaskState};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;
use ureq::http::Method;

/// How often it is tried to hit one step.
const TRIES: usize = 20;
/// How many pieces of work are begun for one kill: more than run at a time.
const AT_ONCE: usize = 5;
/// How long the log may be silent when a step is waited for.
const SILENCE: Duration = Duration::from_secs(20);

/// What is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    Deploy,
    Redeploy,
    RollBack,
    Capture,
    Delete,
}

impl Work {
    /// In an order in which each finds what it needs.
    pub const ALL: [Self; 5] = [
        Self::Deploy,
        Self::Redeploy,
        Self::RollBack,
        Self::Capture,
        Self::Delete,
    ];

    /// What its tasks are called.
    fn name(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Deploy => "Create",
            Self::Redeploy => "Redeploy",
            Self::RollBack => "Roll back",
            Self::Capture => "Create",
        }
    }

    /// The steps of its tasks, as the service names them.
    fn steps(self) -> &'static [&'static str] {
        match self {
            Self::Deploy | Self::Redeploy => &["customize", "export", "switch", "boot", "finish"],
            Self::RollBack | Self::Delete => &["export", "switch", "boot", "finish"],
            Self::Capture => &["generalize", "inspect", "publish"],
        }
    }

    /// Where its tasks can be when the service is killed.
    fn places(self) -> impl Iterator<Item = &'static str> {
        let steps = self.steps().iter().copied();
        [BEFORE].into_iter().chain(steps).chain([AFTER])
    }

    /// What is asked for, for one kill.
    fn requests(self, farm: &Farm<'_>, try_number: usize) -> Vec<Request> {
        let profiles = farm.profiles();
        let is_useful = |profile: &&Json| {
            let earlier = profile["earlierVolumes"].as_array();
            self != Self::RollBack || earlier.is_some_and(|earlier| !earlier.is_empty())
        };
        let useful: Vec<&Json> = profiles.iter().filter(is_useful).collect();
        let some = useful.iter().cycle().skip(try_number * AT_ONCE);
        let some = some.take(AT_ONCE.min(useful.len()));
        let uri = |profile: &Json| profile["uri"].as_str().unwrap().to_owned();
        let request = |(number, profile): (usize, &&Json)| match self {
            Self::Deploy => panic!("all servers are deployed at once"),
            Self::Delete => (Method::DELETE, uri(profile), Json::Null),
            Self::Redeploy => (Method::POST, uri(profile) + "/redeploy", json!({})),
            Self::RollBack => (Method::POST, uri(profile) + "/roll-back", json!({})),
            Self::Capture => {
                let volume = &profile["osDeploymentSettings"]["osVolumeUri"];
                let name = format!("captured {}-{number}", farm.kills);
                let body = json!({"type": "GoldenImage", "name": name, "imageCapture": true,
                    "osVolumeURI": volume, "buildPlanUri": farm.capture_plan["uri"]});
                (Method::POST, "/rest/golden-images".to_owned(), body)
            }
        };
        some.enumerate().map(request).collect()
    }
}

/// A task that has not begun.
const BEFORE: &str = "(before the first step)";
/// A task that has ended.
const AFTER: &str = "(after the last step)";

/// Where tasks were when the service was killed.
#[derive(Default)]
pub struct Seen(BTreeSet<(Work, String)>);

impl Seen {
    /// Kills the service at each step of a kind of work.
    pub fn besiege(&mut self, farm: &mut Farm<'_>, work: Work) {
        let before = farm.tasks();
        if work == Work::Deploy {
            farm.send(&farm.all_wanted());
        }
        let mut number = 0;
        for step in work.steps() {
            let enough = number + TRIES;
            while number < enough && !self.has(work, step) {
                number += 1;
                let requests = match work {
                    // All are under way.
                    Work::Deploy => Vec::new(),
                    _ => work.requests(farm, number),
                };
                self.kill_at(farm, work, step, &requests, &before);
                if work != Work::Deploy {
                    farm.settle();
                }
            }
        }
        farm.settle();
        farm.down(|checker| self.note(work, places_of(checker, work, &before)));
    }

    fn note(&mut self, work: Work, places: Vec<String>) {
        self.0.extend(places.into_iter().map(|place| (work, place)));
    }

    fn has(&self, work: Work, place: &str) -> bool {
        self.0.contains(&(work, place.to_owned()))
    }

    /// Fails when a place was never hit.
    pub fn all(&self) {
        let all = Work::ALL.into_iter();
        let all = all.flat_map(|work| work.places().map(move |place| (work, place)));
        let missed: Vec<_> = all
            .filter(|(work, place)| !self.has(*work, place))
            .collect();
        assert!(missed.is_empty(), "never killed at {missed:?}");
        super::times::say(&format!("killed at {} places: {:?}", self.0.len(), self.0));
    }

    fn kill_at(
        &mut self,
        farm: &mut Farm<'_>,
        work: Work,
        step: &str,
        requests: &[Request],
        before: &BTreeSet<String>,
    ) {
        let workers = thread::scope(|scope| {
            let farm = &*farm;
            scope.spawn(move || farm.send(requests));
            let begins = format!("step begins step=\"{step}\"");
            let is_it = |line: &str| line.contains(&begins);
            let is_there = farm.server.wait_for_line(SILENCE, is_it);
            assert!(is_there, "{work:?}: no task came to {step}");
            farm.kill_now()
        });
        let mut places = Vec::new();
        farm.recover(&workers, |checker| {
            places = places_of(checker, work, before);
        });
        self.note(work, places);
    }
}

/// Where the tasks are that were begun since.
fn places_of(checker: &Checker<'_>, work: Work, before: &BTreeSet<String>) -> Vec<String> {
    let tasks = checker.records().read(|view| view.all::<Task>());
    let tasks = tasks.map_err(|error: RecordsError| error).unwrap();
    let tasks = tasks
        .iter()
        .filter(|task| !before.contains(task.id.as_str()))
        .map(|task| &task.body);
    let ours = tasks.filter(|task| task.name == work.name());
    ours.filter_map(place_of).collect()
}

fn place_of(task: &Task) -> Option<String> {
    let mut steps = task.steps.iter();
    match steps.find(|step| step.state == StepState::Running) {
        Some(step) => Some(step.name.clone()),
        None if task.task_state == TaskState::Completed => Some(AFTER.to_owned()),
        None if task.started.is_none() => Some(BEFORE.to_owned()),
        None => None,
    }
}
