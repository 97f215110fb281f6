//! `Tasks`: carries out all tasks of a store.

use super::advance::request_cancel;
use super::context::CancelFlag;
use super::driver::Driver;
use super::feed::Feed;
use super::queue::Queue;
use super::verb::Verbs;
use mintage_records::model::{Task, TaskState};
use mintage_records::{
    Author, Event, EventAction, Filter, Id, Kind, Match, Query, Records, RecordsError, Sort, Stored,
};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};
use tokio::time::timeout_at;

/// How long steps that were asked to stop have for it, when the service stops.
const LAST_GRACE: Duration = Duration::from_secs(2);

/// Why a task is not stopped.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// The store says no.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// There is nothing to stop.
    #[error("the task has ended already, as {0:?}")]
    Ended(TaskState),
}

/// Carries out all tasks of a store: each one that is committed is done by itself, so many at a time,
/// the owners in turn.
#[derive(Debug)]
pub struct Tasks {
    pub(super) records: Arc<Records>,
    pub(super) verbs: Verbs,
    pub(super) is_parked: AtomicBool,
    feed: Feed,
    at_once: usize,
    work: Mutex<Work>,
    ended: Condvar,
    this: Weak<Self>,
}

/// What waits and what runs.
#[derive(Debug, Default)]
struct Work {
    /// By the verb that has places of its own; none for all the others.
    lanes: BTreeMap<Option<&'static str>, Lane>,
    running: BTreeMap<Id, Running>,
}

/// Tasks that wait for places of the same kind, and how many have one.
#[derive(Debug, Default)]
struct Lane {
    waiting: Queue,
    places: usize,
    taken: usize,
}

/// A task that is carried out.
#[derive(Debug)]
struct Running {
    flags: Flags,
    place: Place,
}

/// What a task that is carried out takes from others.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// One of those of this lane.
    Of(Option<&'static str>),
    /// None: it only ends.
    None,
}

impl Work {
    /// Takes out the task that is next, if there is a place for it.
    fn next(&mut self) -> Option<(Id, Place)> {
        self.lanes.iter_mut().find_map(|(name, lane)| {
            let is_room = lane.taken < lane.places;
            let id = is_room.then(|| lane.waiting.pop()).flatten()?;
            lane.taken += 1;
            Some((id, Place::Of(*name)))
        })
    }

    /// Takes a task out of those that run.
    fn remove(&mut self, id: &Id) {
        let Some(Place::Of(name)) = self.running.remove(id).map(|running| running.place) else {
            return;
        };
        if let Some(lane) = self.lanes.get_mut(&name) {
            lane.taken = lane.taken.saturating_sub(1);
        }
    }

    /// Takes out a task that waits for its turn; false when it does not.
    fn withdraw(&mut self, id: &Id) -> bool {
        self.lanes
            .values_mut()
            .any(|lane| lane.waiting.withdraw(id))
    }
}

/// How the driver of a task is told something.
#[derive(Debug, Clone, Default)]
pub(super) struct Flags {
    /// Steps are to stop: somebody wants the task stopped, or there is no time left.
    pub(super) run: CancelFlag,
    /// Undoing is to stop: there is no time left.
    pub(super) undo: CancelFlag,
}

impl Tasks {
    /// Takes up all tasks of `records` that have not ended, and from now on every new one; at most
    /// `at_once` are carried out at the same time, besides those of verbs with places of their own.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn start(
        records: Arc<Records>,
        verbs: Verbs,
        feed: Feed,
        at_once: usize,
    ) -> Result<Arc<Self>, RecordsError> {
        let tasks = Arc::new_cyclic(|this| Self {
            records,
            verbs,
            is_parked: AtomicBool::new(false),
            feed,
            at_once: at_once.max(1),
            work: Mutex::default(),
            ended: Condvar::new(),
            this: this.clone(),
        });
        let this = Arc::downgrade(&tasks);
        tasks.records.observe(move |events| {
            if let Some(tasks) = this.upgrade() {
                tasks.take_new(events);
            }
        });
        let left = tasks.records.read(|view| view.list::<Task>(&not_ended()))?;
        for task in left.members {
            tasks.enqueue(task.id, &task.body);
        }
        Ok(tasks)
    }

    /// Asks to stop a task: what it has done is undone, then it is `Terminated`; one that waits for its
    /// turn waits no longer. One that has done its last step meanwhile is completed.
    ///
    /// # Errors
    /// `Ended`; `NotFound`, `Database`.
    pub fn cancel(&self, id: &Id, author: &Author) -> Result<Stored<Task>, CancelError> {
        let stored = self.records.change(author, |change| {
            let mut stored = change.get::<Task>(id)?;
            if stored.body.cancel_requested {
                return Ok(stored);
            }
            if !request_cancel(&mut stored.body, &author.name, change.at()) {
                return Err(CancelError::Ended(stored.body.task_state));
            }
            Ok(change.update(id, &Match::Any, stored.body)?)
        })?;
        let mut work = self.work();
        if let Some(running) = work.running.get(id) {
            running.flags.run.set();
        } else if !self.is_parked.load(Ordering::SeqCst) && work.withdraw(id) {
            self.carry_out(&mut work, id.clone(), Place::None);
        }
        drop(work);
        Ok(stored)
    }

    /// A task as soon as it has ended, or has another version than `known`, or `patience` is over.
    ///
    /// # Errors
    /// `NotFound`, `Database`.
    pub async fn wait(
        &self,
        id: &Id,
        known: Option<u64>,
        patience: Duration,
    ) -> Result<Stored<Task>, RecordsError> {
        let end = tokio::time::Instant::now() + patience;
        let mut commits = self.feed.listen();
        loop {
            let task = self.read(id).await?;
            let is_news = known.is_some_and(|known| task.version != known);
            if task.body.task_state.is_final() || is_news {
                return Ok(task);
            }
            loop {
                match timeout_at(end, commits.recv()).await {
                    Err(_) => return Ok(task),
                    Ok(Ok(events)) if !events.iter().any(|event| is_of(event, id)) => {}
                    // It changed, or perhaps it did: some commits were missed.
                    Ok(_) => break,
                }
            }
        }
    }

    /// Stops: running steps may end within `grace`, then they are asked to stop. What has not ended
    /// stays in the store as `Suspended` and goes on at the next start.
    pub fn park(&self, grace: Duration) {
        self.is_parked.store(true, Ordering::SeqCst);
        if self.wait_for_drivers(grace) {
            return;
        }
        for running in self.work().running.values() {
            running.flags.run.set();
            running.flags.undo.set();
        }
        self.wait_for_drivers(LAST_GRACE);
        let left: Vec<Id> = self.work().running.keys().cloned().collect();
        for id in left {
            tracing::warn!(task = %id, "a step does not stop; the task is taken up at the next start");
            if let Some(tasks) = self.this.upgrade() {
                Driver::new(tasks, id, Flags::default()).suspend();
            }
        }
    }

    /// Takes a task out of those that run, and takes up the next one.
    pub(super) fn ended(&self, id: &Id) {
        self.work().remove(id);
        self.ended.notify_all();
        self.take_up();
    }

    /// Called within a commit: it must be quick.
    fn take_new(&self, events: &[Event]) {
        for event in events {
            if event.kind != Kind::Tasks || event.action != EventAction::Created {
                continue;
            }
            match self.records.read(|view| view.find::<Task>(&event.id)) {
                Ok(Some(task)) if !task.body.task_state.is_final() => {
                    self.enqueue(task.id, &task.body);
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(task = %event.id, %error, "a task waits for the next start");
                }
            }
        }
    }

    fn enqueue(&self, id: Id, task: &Task) {
        let (name, places) = match self.verbs.places(&task.verb) {
            Some((verb, places)) => (Some(verb), places),
            None => (None, self.at_once),
        };
        let mut work = self.work();
        let is_running = work.running.contains_key(&id);
        let lane = work.lanes.entry(name).or_default();
        lane.places = places;
        if !is_running && !lane.waiting.contains(&id) {
            lane.waiting.push(&task.owner, id);
        }
        drop(work);
        self.take_up();
    }

    /// Starts drivers while there is room.
    fn take_up(&self) {
        let mut work = self.work();
        while !self.is_parked.load(Ordering::SeqCst) {
            let Some((id, place)) = work.next() else {
                return;
            };
            self.carry_out(&mut work, id, place);
        }
    }

    /// Starts the driver of a task.
    fn carry_out(&self, work: &mut Work, id: Id, place: Place) {
        let flags = Flags::default();
        let running = Running {
            flags: flags.clone(),
            place,
        };
        work.running.insert(id.clone(), running);
        // None when nobody has the tasks any more: the next start goes on.
        let Some(tasks) = self.this.upgrade() else {
            work.remove(&id);
            return;
        };
        let driver = Driver::new(tasks, id.clone(), flags);
        let thread = std::thread::Builder::new().name("task".to_owned());
        if let Err(error) = thread.spawn(move || driver.drive()) {
            tracing::error!(task = %id, %error, "no thread for a task: it waits for the next start");
            work.remove(&id);
        }
    }

    /// Waits until nothing runs; false when that takes longer than `patience`.
    fn wait_for_drivers(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        let mut work = self.work();
        while !work.running.is_empty() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            let waited = self.ended.wait_timeout(work, left);
            work = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    async fn read(&self, id: &Id) -> Result<Stored<Task>, RecordsError> {
        let (records, id) = (Arc::clone(&self.records), id.clone());
        let read = tokio::task::spawn_blocking(move || records.read(|view| view.get::<Task>(&id)));
        let read = read.await;
        read.unwrap_or_else(|error| Err(RecordsError::Database(error.to_string())))
    }

    /// A panic while it is held cannot leave it half-changed.
    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_of(event: &Event, id: &Id) -> bool {
    event.kind == Kind::Tasks && event.id == *id
}

/// All tasks with something to do, the oldest first.
fn not_ended() -> Query {
    let states = [
        TaskState::New,
        TaskState::Running,
        TaskState::Suspended,
        TaskState::Stopping,
    ];
    let states = states.map(|state| Filter::equal("taskState", format!("{state:?}")));
    Query {
        filters: vec![Filter::Any(states.into())],
        sort: vec![Sort {
            field: "created".to_owned(),
            descending: false,
        }],
        ..Query::default()
    }
}
