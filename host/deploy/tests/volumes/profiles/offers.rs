//! Everything is offered anew, as after a start, at the worst moment: when a task has just taken an offer
//! back, and not said so in the records yet.

use super::servers::{Servers, wanted};
use crate::world::World;
use mintage_deploy::export;
use mintage_records::model::TaskState;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

const PLAN: &str = "hostname::set(attribute(\"HostName\"));\n";
/// How long a task is held up for it.
const HELD_UP: Duration = Duration::from_millis(200);

pub fn offered_anew() {
    let world = World::new();
    let plan = world.build_plan("web", "deploy", PLAN);
    let plan = world.deployment_plan("web", &plan, &world.golden);
    let servers = Servers::over(&world);
    let (id, _) = servers.create(wanted("web01", &plan)).unwrap();

    let offering = watch(&servers);
    let (_, task) = servers.redeploy(&id, false).unwrap();
    assert_eq!(task.task_state, TaskState::Completed, "{task:?}");
    end(&offering);
    servers.check();

    let offering = watch(&servers);
    let (_, task) = servers.delete(&id, false).unwrap();
    assert_eq!(task.task_state, TaskState::Completed, "{task:?}");
    end(&offering);
    servers.check();
}

type Offering = Arc<Mutex<Vec<JoinHandle<()>>>>;

/// Each time that something was offered or taken back, everything is offered by another thread.
fn watch(servers: &Servers) -> Offering {
    let offering = Offering::default();
    let (records, profiles) = (Arc::clone(&servers.records), Arc::clone(&servers.profiles));
    let is_busy = Arc::new(AtomicBool::new(false));
    let started = Arc::clone(&offering);
    *servers.exporter.watch.lock().unwrap() = Arc::new(move || {
        // What it offers itself is no moment of a task.
        if is_busy.swap(true, Ordering::SeqCst) {
            return;
        }
        let (records, profiles) = (Arc::clone(&records), Arc::clone(&profiles));
        let is_done = Arc::clone(&is_busy);
        let offer = thread::spawn(move || {
            export::restore(&records, &profiles).unwrap();
            is_done.store(false, Ordering::SeqCst);
        });
        let end = Instant::now() + HELD_UP;
        while !offer.is_finished() && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
        started.lock().unwrap().push(offer);
    });
    offering
}

fn end(offering: &Offering) {
    let all = std::mem::take(&mut *offering.lock().unwrap());
    assert!(!all.is_empty(), "nothing was offered anew");
    for one in all {
        one.join().unwrap();
    }
}
