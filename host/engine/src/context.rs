//! What belongs to one run: its world, its control, its place; carried by the engine's tag.

use crate::codes::Code;
use crate::control::RunControl;
use crate::error::PlanError;
use crate::limits::Limits;
use crate::world::{LogLevel, LogLine, PlanWorld};
use rhai::{Dynamic, NativeCallContext, Position};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

/// How often the deadline and the cancel flag are looked at, in operations; a power of two.
const LOOK_EVERY: u64 = 4096;

/// The state of one script's run. Natives find it in the engine's tag.
pub(crate) struct RunContext {
    world: Arc<Mutex<dyn PlanWorld>>,
    control: RunControl,
    limits: Limits,
    operations: AtomicU64,
    halted: AtomicBool,
    halt: Mutex<Option<Halt>>,
    place: Mutex<Option<Place>>,
}

/// What an engine's tag holds.
#[derive(Clone)]
pub(crate) enum Tag {
    /// The run that the engine was made for.
    Run(Arc<RunContext>),
    /// There is no run; tells whether a function reached for one.
    Probe(Arc<AtomicBool>),
}

/// A place in a script.
#[derive(Debug, Clone)]
pub(crate) struct Place {
    pub(crate) script: String,
    pub(crate) position: Position,
}

/// Why the run must end at the next operation, and where that was found.
#[derive(Debug, Clone)]
pub(crate) struct Halt {
    pub(crate) error: PlanError,
    pub(crate) place: Option<Place>,
}

impl Place {
    pub(crate) fn of(call: &NativeCallContext) -> Self {
        Self {
            script: call.call_source().unwrap_or_default().to_owned(),
            position: call.call_position(),
        }
    }
}

impl RunContext {
    pub(crate) fn new(
        world: Arc<Mutex<dyn PlanWorld>>,
        control: RunControl,
        limits: Limits,
    ) -> Self {
        Self {
            world,
            control,
            limits,
            operations: AtomicU64::new(0),
            halted: AtomicBool::new(false),
            halt: Mutex::new(None),
            place: Mutex::new(None),
        }
    }

    /// The context of the run that makes `call`.
    pub(crate) fn of(call: &NativeCallContext) -> Result<Arc<Self>, PlanError> {
        let tag = call.tag().and_then(|tag| tag.read_lock::<Tag>());
        match tag.as_deref() {
            Some(Tag::Run(run)) => return Ok(Arc::clone(run)),
            Some(Tag::Probe(reached)) => reached.store(true, Ordering::Relaxed),
            None => {}
        }
        Err(internal("a function was called outside of a run"))
    }

    /// Called at every operation; a token ends the script, and nothing catches it.
    pub(crate) fn progress(&self) -> Option<Dynamic> {
        let before = self.operations.fetch_add(1, Ordering::Relaxed);
        if self.halted.load(Ordering::Relaxed) {
            return self.halt().map(|halt| Dynamic::from(halt.error));
        }
        let verdict = if before >= self.limits.operations {
            let limit = self.limits.operations;
            let message = format!("the script did more than {limit} operations");
            Err(PlanError::new(Code::P2001, message))
        } else if before.is_multiple_of(LOOK_EVERY) {
            self.control.check()
        } else {
            Ok(())
        };
        verdict.err().map(Dynamic::from)
    }

    /// Ends the run at the next operation, whatever the native function at hand returns.
    pub(crate) fn halt_with(&self, error: PlanError, place: Option<Place>) {
        lock(&self.halt).get_or_insert(Halt { error, place });
        self.halted.store(true, Ordering::Relaxed);
    }

    /// Why the run must end, if it must.
    pub(crate) fn halt(&self) -> Option<Halt> {
        lock(&self.halt).clone()
    }

    /// Why a script that came to its end should have ended before: all of its operations are used
    /// up. Rhai itself ends it then, but its `sort` throws away what its callback fails with.
    pub(crate) fn overrun(&self) -> Option<Halt> {
        let limit = self.limits.operations;
        (self.operations.load(Ordering::Relaxed) >= limit).then(|| {
            let message = format!("the script did {limit} operations, all that it may do");
            let error = PlanError::new(Code::P2001, message);
            Halt { error, place: None }
        })
    }

    /// Remembers which call is in progress, for what has no position of its own: a panic, `print`.
    pub(crate) fn enter(&self, place: Place) {
        *lock(&self.place) = Some(place);
    }

    /// The call that was in progress, if any; forgotten by this.
    pub(crate) fn leave(&self) -> Option<Place> {
        lock(&self.place).take()
    }

    /// Calls `act` with the world.
    pub(crate) fn with_world<T>(
        &self,
        place: Place,
        act: impl FnOnce(&mut dyn PlanWorld) -> Result<T, PlanError>,
    ) -> Result<T, PlanError> {
        self.control.check()?;
        let mut world = match self.world.try_lock() {
            Ok(world) => world,
            Err(TryLockError::WouldBlock) => {
                return Err(internal(
                    "a function called a script while it held the world",
                ));
            }
            Err(TryLockError::Poisoned(_)) => {
                return Err(internal("the world was lost in an earlier failure"));
            }
        };
        world.called_from(&place.script, place.position.line().unwrap_or(1));
        // Left behind by a panic in `act`, on purpose: it tells where.
        self.enter(place);
        let result = act(&mut *world);
        self.leave();
        match result {
            // The volume only knows that it was told to stop.
            Err(error) if error.code == Code::P2005 => {
                Err(self.control.check().err().unwrap_or(error))
            }
            result => result,
        }
    }

    /// Adds a line to the run's log.
    pub(crate) fn log(&self, level: LogLevel, text: &str, place: Place) -> Result<(), PlanError> {
        self.control
            .count_logged(text.len(), self.limits.log_bytes)?;
        let line = LogLine {
            level,
            text: text.to_owned(),
            script: place.script.clone(),
            line: place.position.line().unwrap_or(1),
        };
        self.with_world(place, |world| {
            world.log(line);
            Ok(())
        })
    }

    /// As [`Self::log`] where no error can be returned: the run ends at its next operation.
    pub(crate) fn log_or_halt(&self, level: LogLevel, text: &str, place: Place) {
        if let Err(error) = self.log(level, text, place.clone()) {
            self.halt_with(error, Some(place));
        }
    }
}

fn internal(message: &str) -> PlanError {
    PlanError::new(Code::P2011, message)
}

/// What these locks guard is only ever replaced whole, so a panic elsewhere spoils nothing.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
