//! The host of plan scripts: compiles them and runs them.

use crate::diagnostic::Diagnostic;
use crate::error::PlanError;
use crate::library::Library;
use crate::world::PlanWorld;
use rhai::{EvalAltResult, NativeCallContext};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Compiles and runs plan scripts with one granted library and one set of limits.
#[derive(Debug)]
pub struct PlanHost {}

/// A script that compiled, with the name that errors show.
#[derive(Debug, Clone)]
pub struct CompiledScript {}

/// How much one script may use. Every field has a test that reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {}

/// From outside into a running script: when it must stop.
#[derive(Debug, Clone)]
pub struct RunControl {
    /// Set to end the run with `P2005`.
    pub cancel: Arc<AtomicBool>,
    /// How long all steps together may take.
    pub deadline: Duration,
}

impl PlanHost {
    /// A host that grants `library`.
    pub fn new(library: &dyn Library, limits: Limits) -> Self {
        todo!()
    }

    /// Compiles `source`; `name` is what errors show. `imports` gives the text of a script of the
    /// same plan library by its name.
    pub fn compile(&self, name: &str, source: &str) -> Result<CompiledScript, Diagnostic> {
        todo!()
    }

    /// Runs a script on the calling thread's behalf, on a stack of its own.
    pub fn run(
        &self,
        script: &CompiledScript,
        world: Arc<Mutex<dyn PlanWorld>>,
        control: &RunControl,
    ) -> Result<(), Diagnostic> {
        todo!()
    }
}

/// How a native function reaches the world of the run that calls it.
pub trait CallWorld {
    /// Calls `act` with the run's world; its error becomes the script's, at the place of the call:
    /// one that scripts can catch, or one that ends the run ([`PlanError::is_fatal`]).
    fn call_world<T>(
        &self,
        act: impl FnOnce(&mut dyn PlanWorld) -> Result<T, PlanError>,
    ) -> Result<T, Box<EvalAltResult>>;

    /// The longest string, in bytes, that may be given to the script.
    fn max_string(&self) -> usize;
}

impl CallWorld for NativeCallContext<'_> {
    fn call_world<T>(
        &self,
        act: impl FnOnce(&mut dyn PlanWorld) -> Result<T, PlanError>,
    ) -> Result<T, Box<EvalAltResult>> {
        todo!()
    }

    fn max_string(&self) -> usize {
        self.engine().max_string_size()
    }
}
