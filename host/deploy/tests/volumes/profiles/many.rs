//! Many servers at once: each gets one volume and one address of its own, and how long it took is printed.

use super::servers::{Servers, wanted};
use crate::world::{World, author};
use mintage_records::Id;
use mintage_records::model::{Task, TaskState};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

const SERVERS: usize = 100;
const PLAN: &str = "hostname::set(attribute(\"HostName\"));\nmachine_id::set();\n";

pub fn hundred() {
    let world = World::new();
    let plan = world.build_plan("web", "deploy", PLAN);
    let plan = world.deployment_plan("web", &plan, &world.golden);
    let servers = Servers::over(&world);
    let start = Instant::now();
    let begun = std::thread::scope(|scope| {
        let begin = |number: usize| {
            let (servers, plan) = (&servers, &plan);
            scope.spawn(move || {
                let wanted = wanted(&format!("web{number}"), plan);
                let begun = servers
                    .records
                    .change(&author(), |change| servers.profiles.create(change, wanted));
                begun.unwrap().task.id
            })
        };
        let threads: Vec<_> = (0..SERVERS).map(begin).collect();
        let ended = threads.into_iter().map(|thread| thread.join().unwrap());
        ended.collect::<Vec<Id>>()
    });
    let tasks: Vec<Task> = begun.iter().map(|task| servers.ended(task)).collect();
    let whole = start.elapsed();
    for task in &tasks {
        assert_eq!(task.task_state, TaskState::Completed, "{:?}", task.errors);
    }
    servers.check();
    let profiles: BTreeSet<_> = tasks.iter().map(|task| task.resource.clone()).collect();
    assert_eq!(profiles.len(), SERVERS);
    let ids = tasks.iter().map(|task| {
        let (_, profile) = task.resource.as_ref().unwrap();
        servers.read(profile, "/etc/machine-id")
    });
    assert_eq!(
        ids.collect::<BTreeSet<_>>().len(),
        SERVERS,
        "two of one machine-id"
    );
    let mut steps = BTreeMap::<&str, Vec<Duration>>::new();
    for step in tasks.iter().flat_map(|task| &task.steps) {
        let time = step.ended.unwrap().since(step.started.unwrap());
        steps.entry(&step.name).or_default().push(time);
    }
    println!("{SERVERS} servers in {whole:.1?}");
    for (step, mut times) in steps {
        times.sort();
        let of = |percent: usize| times[(times.len() - 1) * percent / 100];
        println!("  {step}: p50 {:?}, p99 {:?}", of(50), of(99));
    }
}
