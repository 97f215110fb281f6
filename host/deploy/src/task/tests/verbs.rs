//! A store, and a verb that leaves a file per step, so that what is left can be seen.

use crate::task::*;
use mintage_records::model::{Task, TaskState};
use mintage_records::{Author, DatabaseUrl, Id, Records, Stored};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(20);

/// Writes a file for each of its steps `first`, `second` (which is not run again), `third`.
pub(super) struct Files(pub(super) PathBuf);

/// What `Files` is asked for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Asked {
    /// What each step is to do: `fail`, `panic`, `wait` until it is cancelled or the file `go` is
    /// there, `warn`; else it is done.
    pub(super) steps: [String; 3],
    /// Whether `second` cannot be undone.
    pub(super) sticks: bool,
}

impl Asked {
    pub(super) fn steps(steps: [&str; 3]) -> Self {
        Self {
            steps: steps.map(str::to_owned),
            sticks: false,
        }
    }
}

/// Does nothing, at once.
pub(super) struct Quick;

impl Verb for Quick {
    const NAME: &'static str = "quick";
    type Input = ();
    type Step = ();
    const STEPS: &'static [StepPlan<()>] = &[StepPlan::new((), "only", AfterCrash::RunAgain)];

    fn run(&self, (): (), (): &(), _: &mut StepContext) -> Result<Json, TaskFailure> {
        Ok(Json::Null)
    }

    fn undo(&self, (): (), (): &(), _: &Json, _: &mut StepContext) -> Result<(), TaskFailure> {
        Ok(())
    }
}

impl Verb for Files {
    const NAME: &'static str = "files";
    type Input = Asked;
    type Step = usize;
    const STEPS: &'static [StepPlan<usize>] = &[
        StepPlan::new(0, "first", AfterCrash::RunAgain),
        StepPlan::new(1, "second", AfterCrash::Undo).weight(2),
        StepPlan::new(2, "third", AfterCrash::RunAgain),
    ];

    fn run(
        &self,
        step: usize,
        input: &Asked,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure> {
        let file = self.file(context.task(), step);
        std::fs::write(&file, "half")?;
        context.log(format!("doing {step}"));
        match input.steps[step].as_str() {
            "fail" => {
                return Err(TaskFailure::new("NO_LUCK", "no luck today")
                    .details("nowhere")
                    .action("Try tomorrow."));
            }
            "panic" => panic!("the secret"),
            "warn" => context.warn(TaskFailure::new("ODD", "this is odd")),
            "wait" => {
                while !self.0.join("go").exists() {
                    context.check()?;
                    context.progress(0.5);
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
            _ => {}
        }
        if step == 2 {
            let earlier: usize = context.output_of("first")?;
            context.output(format!("the first step returned {earlier}"));
        }
        std::fs::write(&file, "whole")?;
        Ok(json!(step + 10))
    }

    fn undo(
        &self,
        step: usize,
        input: &Asked,
        _: &Json,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure> {
        if step == 1 && input.sticks {
            return Err(TaskFailure::new("STUCK", "it sticks"));
        }
        match std::fs::remove_file(self.file(context.task(), step)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }
}

impl Files {
    fn file(&self, task: &Id, step: usize) -> PathBuf {
        self.0.join(format!("{task}-{step}"))
    }
}

/// A store in a folder, and the engine over it.
pub(super) struct World {
    pub(super) folder: TempDir,
    pub(super) records: Arc<Records>,
    pub(super) tasks: Arc<Tasks>,
}

impl World {
    pub(super) fn new() -> Self {
        Self::over(tempfile::tempdir().unwrap(), 2)
    }

    /// A service that starts over what another one left.
    pub(super) fn over(folder: TempDir, at_once: usize) -> Self {
        let verbs = Verbs::new().with(Files(folder.path().to_owned()));
        Self::with(folder, verbs, at_once)
    }

    /// Where `Files` has places of its own, and all others one.
    pub(super) fn with_places(places: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let verbs = Verbs::new().with(Quick);
        let verbs = verbs.with_places(Files(folder.path().to_owned()), places);
        Self::with(folder, verbs, 1)
    }

    fn with(folder: TempDir, verbs: Verbs, at_once: usize) -> Self {
        let records = open(folder.path());
        let feed = Feed::of(&records);
        let tasks = Tasks::start(Arc::clone(&records), verbs, feed, at_once).unwrap();
        Self {
            folder,
            records,
            tasks,
        }
    }

    /// Ends this service as `SIGTERM` does, and starts another one.
    pub(super) fn restart(self) -> Self {
        self.tasks.park(Duration::ZERO);
        Self::over(self.folder, 2)
    }

    pub(super) fn begin(&self, owner: &str, asked: &Asked) -> Id {
        begin_in(&self.records, owner, asked)
    }

    pub(super) fn task(&self, id: &Id) -> Stored<Task> {
        self.records.read(|view| view.get::<Task>(id)).unwrap()
    }

    /// Waits until the task is as it should be.
    pub(super) fn until(&self, id: &Id, what: impl Fn(&Task) -> bool) -> Task {
        let end = Instant::now() + PATIENCE;
        loop {
            let task = self.task(id).body;
            if what(&task) {
                return task;
            }
            assert!(Instant::now() < end, "it does not come: {task:#?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(super) fn until_final(&self, id: &Id) -> Task {
        self.until(id, |task| task.task_state.is_final())
    }

    /// Waits until a step of the task runs and has left something.
    pub(super) fn until_half(&self, id: &Id, step: usize) {
        let file = self.folder.path().join(format!("{id}-{step}"));
        self.until(id, |_| file.exists());
    }

    /// Lets all steps go on that wait.
    pub(super) fn go(&self) {
        std::fs::write(self.folder.path().join("go"), "").unwrap();
    }

    /// What the steps of a task have left: `0:whole 1:half`.
    pub(super) fn left(&self, id: &Id) -> String {
        let left = (0..3).filter_map(|step| {
            let file = self.folder.path().join(format!("{id}-{step}"));
            Some(format!("{step}:{}", std::fs::read_to_string(file).ok()?))
        });
        left.collect::<Vec<_>>().join(" ")
    }
}

pub(super) fn open(folder: &Path) -> Arc<Records> {
    let url = DatabaseUrl::Sqlite(folder.join("records.db"));
    Arc::new(Records::open(&url, "test").unwrap())
}

pub(super) fn begin_in(records: &Records, owner: &str, asked: &Asked) -> Id {
    let task = records.change(&Author::user(owner), |change| {
        let task = NewTask::<Files> {
            name: "Create",
            input: asked,
            resource: None,
            resource_name: Some("thing"),
        };
        begin(change, task)
    });
    let task = task.unwrap();
    assert_eq!(task.body.task_state, TaskState::New);
    task.id
}
