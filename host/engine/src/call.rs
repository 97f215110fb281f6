//! How native functions reach the run that calls them, and raise errors in it.

use crate::context::{Place, RunContext};
use crate::error::PlanError;
use crate::world::{LogLevel, PlanWorld};
use rhai::{Dynamic, EvalAltResult, NativeCallContext};

/// How a native function reaches the world of the run that calls it.
pub trait CallWorld {
    /// Calls `act` with the run's world; its error becomes the script's, at the place of the call:
    /// one that scripts can catch, or one that ends the run ([`PlanError::is_fatal`]).
    ///
    /// Before it calls `act` it looks whether the run was cancelled or is past its deadline.
    fn call_world<T>(
        &self,
        act: impl FnOnce(&mut dyn PlanWorld) -> Result<T, PlanError>,
    ) -> Result<T, Box<EvalAltResult>>;

    /// Adds a line to the run's log, with the place of the call; counted against the limit on
    /// logged bytes.
    fn log(&self, level: LogLevel, text: &str) -> Result<(), Box<EvalAltResult>>;

    /// `error` as the script's error at the place of the call. The only way to make one.
    fn raise(&self, error: PlanError) -> Box<EvalAltResult>;

    /// The longest string, in bytes, that may be given to the script.
    fn max_string(&self) -> usize;
}

impl CallWorld for NativeCallContext<'_> {
    fn call_world<T>(
        &self,
        act: impl FnOnce(&mut dyn PlanWorld) -> Result<T, PlanError>,
    ) -> Result<T, Box<EvalAltResult>> {
        RunContext::of(self)
            .and_then(|run| run.with_world(Place::of(self), act))
            .map_err(|error| self.raise(error))
    }

    fn log(&self, level: LogLevel, text: &str) -> Result<(), Box<EvalAltResult>> {
        RunContext::of(self)
            .and_then(|run| run.log(level, text, Place::of(self)))
            .map_err(|error| self.raise(error))
    }

    fn raise(&self, error: PlanError) -> Box<EvalAltResult> {
        let fatal = error.is_fatal();
        if let (true, Ok(run)) = (fatal, RunContext::of(self)) {
            // Rhai forgets the place of what nothing can catch on its way through functions.
            run.halt_with(error.clone(), Some(Place::of(self)));
        }
        let (error, position) = (Dynamic::from(error), self.call_position());
        if fatal {
            EvalAltResult::ErrorTerminated(error, position).into()
        } else {
            EvalAltResult::ErrorRuntime(error, position).into()
        }
    }

    fn max_string(&self) -> usize {
        self.engine().max_string_size()
    }
}
