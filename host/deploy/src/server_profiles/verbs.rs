//! The tasks of server profiles: a [`Replacement`], step by step.

use super::{Profiles, Replacement};
use crate::os_volumes::verbs::customize;
use crate::task::{AfterCrash, StepContext, StepPlan, TaskFailure, Verb};
use serde_json::Value as Json;
use std::sync::Arc;

/// Gives a server a new volume.
#[derive(Debug, Clone)]
pub struct DeployProfile(pub Arc<Profiles>);

/// Every other change of a profile, its deletion too.
#[derive(Debug, Clone)]
pub struct ChangeProfile(pub Arc<Profiles>);

/// The steps of both.
#[derive(Debug, Clone, Copy)]
pub enum ProfileStep {
    /// A worker runs the plan, and the volume's file is made.
    Customize,
    /// The new volume is offered; one that comes after another, in the next step.
    Export,
    /// The server has the new volume, and no longer the old one.
    Switch,
    /// The server is started, where it has a BMC.
    Boot,
    /// What nobody needs any more is removed.
    Finish,
}

const EXPORT: StepPlan<ProfileStep> =
    StepPlan::new(ProfileStep::Export, "export", AfterCrash::RunAgain);
const SWITCH: StepPlan<ProfileStep> =
    StepPlan::new(ProfileStep::Switch, "switch", AfterCrash::RunAgain).no_return();
const BOOT: StepPlan<ProfileStep> = StepPlan::new(ProfileStep::Boot, "boot", AfterCrash::RunAgain);
const FINISH: StepPlan<ProfileStep> =
    StepPlan::new(ProfileStep::Finish, "finish", AfterCrash::RunAgain);

impl Verb for DeployProfile {
    const NAME: &'static str = "server-profile.deploy";
    type Input = Replacement;
    type Step = ProfileStep;
    const STEPS: &'static [StepPlan<ProfileStep>] = &[
        StepPlan::new(ProfileStep::Customize, "customize", AfterCrash::RunAgain).weight(9),
        EXPORT,
        SWITCH,
        BOOT,
        FINISH,
    ];

    fn run(
        &self,
        step: ProfileStep,
        input: &Replacement,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure> {
        run(&self.0, step, input, context)
    }

    fn undo(
        &self,
        step: ProfileStep,
        input: &Replacement,
        _output: &Json,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure> {
        undo(&self.0, step, input, context)
    }
}

impl Verb for ChangeProfile {
    const NAME: &'static str = "server-profile.change";
    type Input = Replacement;
    type Step = ProfileStep;
    const STEPS: &'static [StepPlan<ProfileStep>] = &[EXPORT, SWITCH, BOOT, FINISH];

    fn run(
        &self,
        step: ProfileStep,
        input: &Replacement,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure> {
        run(&self.0, step, input, context)
    }

    fn undo(
        &self,
        step: ProfileStep,
        input: &Replacement,
        _output: &Json,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure> {
        let undone = undo(&self.0, step, input, context);
        match step {
            // The first one: what began the task is undone with it, whatever came of the offer.
            ProfileStep::Export => restore(&self.0, input, context).and(undone),
            _ => undone,
        }
    }
}

fn run(
    profiles: &Profiles,
    step: ProfileStep,
    input: &Replacement,
    context: &mut StepContext,
) -> Result<Json, TaskFailure> {
    let (records, author) = (Arc::clone(context.records()), context.author().clone());
    match step {
        ProfileStep::Customize => {
            if let Some(making) = &input.making {
                customize(making, &profiles.sealer, &profiles.folder, context)?;
            }
        }
        ProfileStep::Export => input.export(profiles, &records)?,
        ProfileStep::Switch => {
            context.check()?;
            input.switch(profiles, &records, &author, |change| context.done(change))?;
        }
        ProfileStep::Boot => {
            // The server has its volume: somebody can start it by hand.
            if let Err(failure) = input.boot(profiles, &records) {
                context.warn(failure);
            }
        }
        ProfileStep::Finish => input.finish(profiles, &records, &author)?,
    }
    Ok(Json::Null)
}

fn undo(
    profiles: &Profiles,
    step: ProfileStep,
    input: &Replacement,
    context: &StepContext,
) -> Result<(), TaskFailure> {
    let (records, author) = (context.records(), context.author());
    match step {
        ProfileStep::Customize => restore(profiles, input, context),
        ProfileStep::Export => Ok(input.take_back(profiles, records)?),
        ProfileStep::Switch => Ok(input.switch_back(profiles, records, author)?),
        // Never after a switch that is done: the server may run from its new volume.
        ProfileStep::Boot | ProfileStep::Finish => Ok(()),
    }
}

fn restore(
    profiles: &Profiles,
    input: &Replacement,
    context: &StepContext,
) -> Result<(), TaskFailure> {
    Ok(input.restore(profiles, context.records(), context.author())?)
}
