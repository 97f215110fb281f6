//! `TakeIn`: what a task does with a file that arrived.

use super::inspect;
use super::intake::{Intake, finish, undo};
use crate::os_volumes::DeployError;
use crate::task::{AfterCrash, CancelFlag, StepContext, StepPlan, TaskFailure, Verb};
use crate::{DataFolder, Limits};
use mintage_storage::Expansion;
use mintage_worker::Cancellation;
use serde_json::Value as Json;
use std::sync::Arc;

/// Takes in a file that arrived.
#[derive(Debug, Clone)]
pub struct TakeIn {
    /// Where files are.
    pub folder: Arc<DataFolder>,
    /// How much an image may bring.
    pub limits: Arc<Limits>,
}

/// The steps of [`TakeIn`].
#[derive(Debug, Clone, Copy)]
pub enum TakeInStep {
    /// Make the golden volume.
    Expand,
    /// Look into it.
    Inspect,
    /// Say that it is complete.
    Record,
}

const EXPAND: &str = "expand";
const INSPECT: &str = "inspect";

impl Verb for TakeIn {
    const NAME: &'static str = "take-in-golden-image";
    type Input = Intake;
    type Step = TakeInStep;
    const STEPS: &'static [StepPlan<TakeInStep>] = &[
        StepPlan::new(TakeInStep::Expand, EXPAND, AfterCrash::RunAgain).weight(20),
        StepPlan::new(TakeInStep::Inspect, INSPECT, AfterCrash::RunAgain).weight(2),
        StepPlan::new(TakeInStep::Record, "record", AfterCrash::RunAgain),
    ];

    fn run(
        &self,
        step: TakeInStep,
        intake: &Intake,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure> {
        match step {
            TakeInStep::Expand => self.expand(intake, context),
            TakeInStep::Inspect => {
                let cancellation = Some(cancellation(context.cancel_flag()));
                Ok(inspect(&self.folder, &intake.golden_image, cancellation)?)
            }
            TakeInStep::Record => {
                let expansion: Expansion = context.output_of(EXPAND)?;
                let inspection: Json = context.output_of(INSPECT)?;
                let (records, author) = (context.records(), context.author());
                finish(
                    records,
                    &self.folder,
                    author,
                    intake,
                    &expansion,
                    inspection,
                )?;
                Ok(Json::Null)
            }
        }
    }

    fn undo(
        &self,
        step: TakeInStep,
        intake: &Intake,
        _output: &Json,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure> {
        match step {
            TakeInStep::Expand => {
                let (records, author) = (context.records(), context.author());
                Ok(undo(records, &self.folder, author, intake)?)
            }
            // All that they did is in what the first step takes back.
            TakeInStep::Inspect | TakeInStep::Record => Ok(()),
        }
    }
}

impl TakeIn {
    fn expand(&self, intake: &Intake, context: &mut StepContext) -> Result<Json, TaskFailure> {
        let cancellation = cancellation(context.cancel_flag());
        let expanded = intake.expand(
            &self.folder,
            &self.limits,
            Some(&cancellation),
            &mut |progress| {
                // What remains to be read tells how long it takes. Both are far below 2^53.
                #[allow(clippy::cast_precision_loss)]
                context.progress(progress.read as f64 / progress.total.max(1) as f64);
            },
        );
        let expanded = expanded?;
        context.log(format!(
            "{} bytes of {} became a disk of {} bytes, {} of them data.",
            expanded.source_bytes, intake.format, expanded.disk_bytes, expanded.data_bytes
        ));
        context.log(format!(
            "The SHA-256 of the file is {}.",
            expanded.source_sha256
        ));
        context.log(format!("The sum of the disk is {}.", expanded.volume_sum));
        serde_json::to_value(&expanded).map_err(|error| DeployError::storage(&error).into())
    }
}

fn cancellation(flag: CancelFlag) -> Cancellation {
    Cancellation::when(move || flag.is_cancelled())
}
