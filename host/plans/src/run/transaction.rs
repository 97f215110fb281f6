//! A run in progress: what is known of it so far, and how it ends.

use super::format_time;
use super::ground::{Ground, os_name};
use super::input::RunInput;
use super::mask::Mask;
use super::outcome::{ImageFacts, InputFacts, Outcome, PlanFacts, RunReport, Status, StepRecord};
use super::preflight::{Prepared, check_writable, prepare};
use super::timings::{StepTiming, Timings};
use super::world::World;
use crate::library::PlanKind;
use crate::problem::{problem, problem_with_help};
use mintage_engine::{Code, Diagnostic, Library, LogLine, PlanError, RunControl};
use mintage_scan::{Allowance, Identities, ScanReport};
use mintage_volume::VolumeError;
use mintage_volume::diff::{DiffLimits, Scope, TreeDiff};
use mintage_volume::filesystem::Timestamp;
use mintage_volume::tree::VolumeTree;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// A run in progress.
pub(super) struct Transaction<'a> {
    input: &'a RunInput,
    grant: &'a dyn Library,
    control: &'a RunControl,
    mask: Mask,
    started: Instant,
    timings: Timings,
    /// What the run takes for now, once that is known.
    time: Timestamp,
    image: Option<ImageFacts>,
    transcript: Vec<StepRecord>,
    log: Vec<LogLine>,
    allowances: Vec<Allowance>,
    scan: Option<ScanReport>,
    notes: Vec<String>,
}

/// What a run that succeeded has changed.
pub(super) struct Changed {
    diff: TreeDiff,
    changes: Vec<Range<u64>>,
}

/// Why a run failed: the first problem, and those found along with it.
pub(super) struct Failed(Box<Diagnostic>, Vec<Diagnostic>);

impl From<Box<Diagnostic>> for Failed {
    fn from(error: Box<Diagnostic>) -> Self {
        Self(error, Vec::new())
    }
}

impl From<Diagnostic> for Failed {
    fn from(error: Diagnostic) -> Self {
        Box::new(error).into()
    }
}

impl From<VolumeError> for Failed {
    fn from(error: VolumeError) -> Self {
        Diagnostic::from(PlanError::from(error)).into()
    }
}

impl From<Vec<Diagnostic>> for Failed {
    fn from(problems: Vec<Diagnostic>) -> Self {
        let mut problems = problems.into_iter();
        let first = problems.next();
        let first =
            first.unwrap_or_else(|| problem(Code::P2011, "a check failed without a reason"));
        Self(Box::new(first), problems.collect())
    }
}

impl<'a> Transaction<'a> {
    pub(super) fn new(
        input: &'a RunInput,
        grant: &'a dyn Library,
        control: &'a RunControl,
    ) -> Self {
        Self {
            input,
            grant,
            control,
            mask: Mask::new(&input.secrets()),
            started: Instant::now(),
            timings: Timings::default(),
            time: input.time.unwrap_or_default(),
            image: None,
            transcript: Vec::new(),
            log: Vec::new(),
            allowances: Vec::new(),
            scan: None,
            notes: Vec::new(),
        }
    }

    /// Does it all; what it returns is what the run changed.
    pub(super) fn attempt(&mut self, ground: &mut dyn Ground) -> Result<Changed, Failed> {
        let since = Instant::now();
        let prepared = prepare(self.input, self.grant)?;
        self.timings.preflight = microseconds(since);

        let since = Instant::now();
        let tree = self.open(ground)?;
        check_writable(&tree).map_err(Diagnostic::from)?;
        self.timings.open = microseconds(since);

        let identities = match self.is_capture() {
            true => Some(mintage_scan::collect(&tree)?),
            false => None,
        };
        let mut tree = self.run_steps(&prepared, tree)?;

        let since = Instant::now();
        self.control.check().map_err(Diagnostic::from)?;
        if self.is_capture() {
            tree.wipe_when_finished();
            ground.wipe()?;
        }
        tree.finish()?;
        let changes = ground.settle()?;
        self.timings.finish = microseconds(since);

        let since = Instant::now();
        let diff = self.diff(ground, &tree)?;
        self.timings.diff = microseconds(since);

        let since = Instant::now();
        match identities {
            Some(identities) => self.scan(ground, &tree, &identities)?,
            None => self.note_idle_allowances(),
        }
        self.timings.scan = microseconds(since);
        Ok(Changed { diff, changes })
    }

    fn is_capture(&self) -> bool {
        self.input.library.plan().kind == PlanKind::Capture
    }

    /// Looks through the finished volume for what must not travel.
    fn scan(
        &mut self,
        ground: &dyn Ground,
        tree: &VolumeTree,
        identities: &Identities,
    ) -> Result<(), Failed> {
        let interrupt = self.control.interrupt();
        let mut report = ground.scan(self.input, tree, identities, interrupt)?;
        report.allow(&self.allowances);
        let leaks = leaks(&report);
        self.scan = Some(report);
        leaks.map_or(Ok(()), |error| Err(error.into()))
    }

    fn note_idle_allowances(&mut self) {
        if !self.allowances.is_empty() {
            let note = "`scan::allow` does nothing in a deploy plan: only a capture is scanned";
            self.notes.push(note.to_owned());
        }
    }

    /// The volume's tree, as this run sees and holds it.
    fn open(&mut self, ground: &mut dyn Ground) -> Result<VolumeTree, Failed> {
        let (time, tree) = ground.open(self.input);
        self.time = time;
        let mut tree = tree?;
        self.hold(&mut tree);
        tree.label_by_policy();
        self.image = Some(ImageFacts {
            os: os_name(&tree),
            bytes: ground.bytes(),
        });
        let blocked = tree.blocked_mounts().iter();
        self.notes = blocked
            .map(|(point, error)| format!("`{point}` is not mounted: {error}"))
            .collect();
        Ok(tree)
    }

    /// Ends the tree's long loops when the run must end, and its writes at the limit: the overlay
    /// has the same one, but a hole costs it nothing, and the diff reads all of it.
    fn hold(&self, tree: &mut VolumeTree) {
        tree.set_interrupt(self.control.interrupt());
        tree.set_write_budget(self.input.limits.changed_bytes);
    }

    /// Runs every step; what was logged is kept whatever becomes of them.
    fn run_steps(&mut self, prepared: &Prepared, tree: VolumeTree) -> Result<VolumeTree, Failed> {
        let world = Arc::new(Mutex::new(World::new(
            self.input, self.time, &self.mask, tree,
        )));
        let result = self.run_each(prepared, &world);
        let lost = || {
            problem(
                Code::P2011,
                "a step kept the volume to itself after its end",
            )
        };
        let world = Arc::into_inner(world).ok_or_else(lost)?;
        let world = world.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.log = world.log;
        self.allowances = world.allowances;
        result.map(|()| world.tree)
    }

    fn run_each(&mut self, prepared: &Prepared, world: &Arc<Mutex<World>>) -> Result<(), Failed> {
        for (step, script) in prepared.steps.iter().enumerate() {
            let before = touched(world);
            let since = Instant::now();
            let result = prepared
                .host
                .run(script, Arc::clone(world) as _, self.control);
            self.timings.steps.push(StepTiming {
                script: script.name().to_owned(),
                microseconds: microseconds(since),
            });
            self.transcript.push(StepRecord {
                step: step + 1,
                script: script.name().to_owned(),
                status: if result.is_ok() {
                    Status::Succeeded
                } else {
                    Status::Failed
                },
                touched: touched(world).saturating_sub(before),
            });
            result?;
        }
        Ok(())
    }

    /// What is different from the golden image, at the paths that the steps touched.
    fn diff(&self, ground: &mut dyn Ground, after: &VolumeTree) -> Result<TreeDiff, Failed> {
        let mut before = ground.take_golden(self.input)?;
        self.hold(&mut before);
        let scope = Scope::Paths(after.touched());
        let mut diff = TreeDiff::between(&before, after, scope, DiffLimits::default())?;
        diff.redact(&self.input.secrets());
        Ok(diff)
    }

    /// How it ended.
    pub(super) fn report(mut self, result: Result<Changed, Failed>) -> RunReport {
        self.timings.total = microseconds(self.started);
        let (status, error, changed) = match result {
            Ok(changed) => (Status::Succeeded, None, Some(changed)),
            Err(Failed(mut error, others)) => {
                self.name_deadline(&mut error);
                let others = others
                    .iter()
                    .map(|other| format!("also {}: {}", other.code, other.message));
                self.notes.extend(others);
                (Status::Failed, Some(*error), None)
            }
        };
        let (diff, changes) = changed.map(|c| (c.diff, c.changes)).unwrap_or_default();
        let timings = std::mem::take(&mut self.timings);
        let outcome = self.outcome(status, error, diff, &changes);
        RunReport {
            outcome,
            timings,
            changes,
        }
    }

    /// The volume knows only that it was interrupted; whether by the deadline, the control knows.
    fn name_deadline(&self, error: &mut Diagnostic) {
        if error.code == Code::P2005
            && let Err(stopped) = self.control.check()
        {
            error.code = stopped.code;
            error.message = stopped.message;
        }
    }

    fn outcome(
        self,
        status: Status,
        error: Option<Diagnostic>,
        diff: TreeDiff,
        changes: &[Range<u64>],
    ) -> Outcome {
        let library = &self.input.library;
        let changed_bytes = changes.iter().map(|range| range.end - range.start).sum();
        let mut outcome = Outcome {
            status,
            error,
            plan: PlanFacts {
                name: library.plan().name.clone(),
                kind: library.plan().kind,
                hash: library.hash(),
            },
            input: InputFacts {
                hash: self.input.hash(self.time),
                server: self.input.profile.name().to_owned(),
                seed: self.input.seed_fingerprint(),
                time: format_time(self.time),
                attributes: self.input.values.shown(),
            },
            image: self.image,
            diff,
            transcript: self.transcript,
            log: self.log,
            changed_blocks: changes
                .iter()
                .map(|r| (r.end - r.start).div_ceil(BLOCK))
                .sum(),
            changed_bytes,
            scan: self.scan,
            notes: self.notes,
        };
        outcome.mask(&self.mask);
        outcome
    }
}

/// The most findings that an error names; the report has them all.
const MAX_NAMED: usize = 50;

/// The error of a scan that found what is not allowed.
fn leaks(report: &ScanReport) -> Option<Diagnostic> {
    if report.is_clean() {
        return None;
    }
    let count = report.leaks().count() as u64 + report.more;
    let things = if count == 1 { "place" } else { "places" };
    let message = format!("the captured volume holds what must not travel, in {count} {things}");
    let mut error = problem_with_help(
        Code::P7012,
        message,
        "remove it in a step, or allow it by its name, as in `scan::allow(\"machine-id in \
         /boot/loader/entries\", \"the names of boot entries carry it\")`",
    );
    error.notes = report
        .leaks()
        .take(MAX_NAMED)
        .map(ToString::to_string)
        .collect();
    if count > MAX_NAMED as u64 {
        let more = format!("and {} more", count - MAX_NAMED as u64);
        error.notes.push(more);
    }
    Some(error)
}

/// The unit of change, in bytes.
const BLOCK: u64 = 4096;

/// How many paths were touched so far.
fn touched(world: &Mutex<World>) -> usize {
    let world = world.lock().unwrap_or_else(PoisonError::into_inner);
    world.tree.touched().len()
}

fn microseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX)
}
