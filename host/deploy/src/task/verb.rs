//! `Verb`: a kind of long work, as steps that can be done, done again, and undone.

use super::context::StepContext;
use super::failure::TaskFailure;
use serde::de::DeserializeOwned;
use serde::{Deserialize as _, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fmt;

/// A kind of long work.
///
/// Contract:
/// - The input is stored as JSON: secrets in it are [`Sealed`](mintage_records::Sealed). Together with
///   the store and the data folder it is all that a step needs; nothing is remembered in memory from one
///   step to the next, because another process may do the next one.
/// - `run` and `undo` may block. They are called on a thread of their own, one at a time for a task.
/// - A step that failed, was cancelled, or was cut off by the end of the process may have done any part
///   of its work. One that is [`AfterCrash::RunAgain`] is then simply run again, and so must begin by
///   taking away what a first try left, or find what that has done already.
/// - Undoing goes from the last step that was begun to the first. `undo` of the first step is always
///   called, even when that step never began: it also takes back what was made in the transaction that
///   began the task. `undo` may be called again after it was done, and for steps that did nothing.
/// - When a step that is of [`StepPlan::no_return`] is recorded as done, the task is never undone. A later
///   step that fails is passed over with a warning, so it must leave nothing that only it could mend.
/// - When the last step is recorded as done, the task is completed and is never undone.
pub trait Verb: Send + Sync + 'static {
    /// Names the verb in the store; never changed once tasks with it exist.
    const NAME: &'static str;

    /// What is asked for.
    type Input: Serialize + DeserializeOwned + Send;

    /// Its steps.
    type Step: Copy + Send + 'static;

    /// The steps in their order; at least one. A verb whose steps change gets a new name too: tasks of
    /// the old one may be in the store.
    const STEPS: &'static [StepPlan<Self::Step>];

    /// Does a step; what it returns is kept for later steps and for undoing it.
    ///
    /// # Errors
    /// Why it cannot be done; all of the task is undone then.
    fn run(
        &self,
        step: Self::Step,
        input: &Self::Input,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure>;

    /// Takes a step back. `output` is what the step returned, null when it did not come to that.
    ///
    /// # Errors
    /// Why it cannot be taken back; it is tried a few times, then somebody has to look.
    fn undo(
        &self,
        step: Self::Step,
        input: &Self::Input,
        output: &Json,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure>;
}

/// A step in the list of a verb.
#[derive(Debug, Clone, Copy)]
pub struct StepPlan<S> {
    pub(super) step: S,
    pub(super) shape: StepShape,
}

impl<S> StepPlan<S> {
    /// A step. `name` is what users see.
    pub const fn new(step: S, name: &'static str, after_crash: AfterCrash) -> Self {
        Self {
            step,
            shape: StepShape {
                name,
                weight: 1,
                after_crash,
                no_return: false,
            },
        }
    }

    /// Its part of the task's progress, compared with those of the other steps; otherwise 1.
    #[must_use]
    pub const fn weight(mut self, weight: u32) -> Self {
        self.shape.weight = weight;
        self
    }

    /// Once this step is recorded as done, the task only goes forward: who wants it stopped is too late, and
    /// what fails in a later step is a warning.
    #[must_use]
    pub const fn no_return(mut self) -> Self {
        self.shape.no_return = true;
        self
    }
}

/// What is done with a step that was cut off by the end of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterCrash {
    /// It is run again from its beginning.
    RunAgain,
    /// What it needs is gone (the rest of an upload): all of the task is undone.
    Undo,
}

/// A step, as the state machine sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StepShape {
    pub(super) name: &'static str,
    pub(super) weight: u32,
    pub(super) after_crash: AfterCrash,
    pub(super) no_return: bool,
}

/// The verbs of a service.
#[derive(Default)]
pub struct Verbs {
    verbs: BTreeMap<&'static str, Box<dyn AnyVerb>>,
    /// How many tasks of a verb with places of its own are carried out at the same time.
    places: BTreeMap<&'static str, usize>,
}

impl Verbs {
    /// None.
    pub fn new() -> Self {
        Self::default()
    }

    /// These and `verb`.
    #[must_use]
    pub fn with<V: Verb>(mut self, verb: V) -> Self {
        self.verbs.insert(V::NAME, Box::new(Erased(verb)));
        self
    }

    /// These and `verb`, which has so many places of its own: its tasks do not keep others waiting, nor
    /// others them.
    #[must_use]
    pub fn with_places<V: Verb>(mut self, verb: V, places: usize) -> Self {
        self.places.insert(V::NAME, places.max(1));
        self.with(verb)
    }

    pub(super) fn get(&self, name: &str) -> Option<&dyn AnyVerb> {
        self.verbs.get(name).map(Box::as_ref)
    }

    /// The verb's own places and how many they are, where it has any.
    pub(super) fn places(&self, name: &str) -> Option<(&'static str, usize)> {
        let places = self.places.get_key_value(name);
        places.map(|(name, places)| (*name, *places))
    }
}

impl fmt::Debug for Verbs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.verbs.keys()).finish()
    }
}

/// A verb whose types are hidden; steps are numbers.
pub(super) trait AnyVerb: Send + Sync {
    fn shape(&self) -> Vec<StepShape>;

    fn run(
        &self,
        step: usize,
        input: &Json,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure>;

    fn undo(
        &self,
        step: usize,
        input: &Json,
        output: &Json,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure>;
}

struct Erased<V>(V);

impl<V: Verb> Erased<V> {
    fn parts(step: usize, input: &Json) -> Result<(V::Step, V::Input), TaskFailure> {
        let plan = V::STEPS.get(step).ok_or_else(not_understood)?;
        // The library's own message may quote the input.
        let input = V::Input::deserialize(input).map_err(|_| not_understood())?;
        Ok((plan.step, input))
    }
}

impl<V: Verb> AnyVerb for Erased<V> {
    fn shape(&self) -> Vec<StepShape> {
        V::STEPS.iter().map(|plan| plan.shape).collect()
    }

    fn run(
        &self,
        step: usize,
        input: &Json,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure> {
        let (step, input) = Self::parts(step, input)?;
        self.0.run(step, &input, context)
    }

    fn undo(
        &self,
        step: usize,
        input: &Json,
        output: &Json,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure> {
        let (step, input) = Self::parts(step, input)?;
        self.0.undo(step, &input, output, context)
    }
}

/// Another version of the service began the task.
pub(super) fn not_understood() -> TaskFailure {
    TaskFailure::new(
        "TASK_NOT_UNDERSTOOD",
        "the task was begun by another version of the service, which did it differently",
    )
    .action("Delete what the task left, and ask for it again.")
}
