//! DEPLOY and CAPTURE as tasks: each step can be done again after a crash, and undone.

use super::capturing::{self, Capturing};
use super::making::{self, Making};
use super::problem::DeployError;
use super::run::RunRecord;
use crate::DataFolder;
use crate::golden_images;
use crate::task::{AfterCrash, StepContext, StepPlan, TaskFailure, Verb};
use mintage_plans::run::Status;
use mintage_records::{Kind, Match, Sealer};
use mintage_worker::{Cancellation, Stage};
use serde_json::Value as Json;
use std::sync::Arc;

/// Makes an OS volume.
#[derive(Debug, Clone)]
pub struct Deploy {
    /// Opens what is sealed in requests and artifacts.
    pub sealer: Arc<Sealer>,
    /// Where volumes are.
    pub folder: Arc<DataFolder>,
}

/// The steps of a deployment.
#[derive(Debug, Clone, Copy)]
pub enum DeployStep {
    /// A worker runs the plan, and the volume's file is made.
    Customize,
    /// The volume is complete.
    Publish,
}

impl Verb for Deploy {
    const NAME: &'static str = "os-volume.deploy";
    type Input = Making;
    type Step = DeployStep;
    const STEPS: &'static [StepPlan<DeployStep>] = &[
        StepPlan::new(DeployStep::Customize, "customize", AfterCrash::RunAgain).weight(9),
        StepPlan::new(DeployStep::Publish, "publish", AfterCrash::RunAgain),
    ];

    fn run(
        &self,
        step: DeployStep,
        input: &Making,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure> {
        let (records, author) = (Arc::clone(context.records()), context.author().clone());
        match step {
            DeployStep::Customize => {
                customize(input, &self.sealer, &self.folder, context)?;
            }
            DeployStep::Publish => {
                records.change(&author, |change| input.publish(change))?;
            }
        }
        Ok(Json::Null)
    }

    fn undo(
        &self,
        step: DeployStep,
        input: &Making,
        _: &Json,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure> {
        match step {
            DeployStep::Customize => {
                let (records, author) = (context.records(), context.author());
                Ok(making::delete(
                    records,
                    &self.folder,
                    author,
                    &input.os_volume,
                    &Match::Any,
                )?)
            }
            DeployStep::Publish => Ok(()),
        }
    }
}

/// Makes a golden image of an OS volume.
#[derive(Debug, Clone)]
pub struct CaptureVolume {
    /// Opens what is sealed in artifacts.
    pub sealer: Arc<Sealer>,
    /// Where volumes are.
    pub folder: Arc<DataFolder>,
}

/// The steps of a capture.
#[derive(Debug, Clone, Copy)]
pub enum CaptureStep {
    /// A worker runs the plan and looks for what must not travel, and the golden volume is made.
    Generalize,
    /// What is in the golden volume is looked up.
    Inspect,
    /// The golden image is complete.
    Publish,
}

impl Verb for CaptureVolume {
    const NAME: &'static str = "os-volume.capture";
    type Input = Capturing;
    type Step = CaptureStep;
    const STEPS: &'static [StepPlan<CaptureStep>] = &[
        StepPlan::new(CaptureStep::Generalize, "generalize", AfterCrash::RunAgain).weight(8),
        StepPlan::new(CaptureStep::Inspect, "inspect", AfterCrash::RunAgain),
        StepPlan::new(CaptureStep::Publish, "publish", AfterCrash::RunAgain),
    ];

    fn run(
        &self,
        step: CaptureStep,
        input: &Capturing,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure> {
        let (records, author) = (Arc::clone(context.records()), context.author().clone());
        match step {
            CaptureStep::Generalize => {
                let (cancellation, sealer) = (cancellation(context), &self.sealer);
                let mut watch = |stage| tell(context, stage);
                let made = input.make(&records, sealer, &self.folder, cancellation, &mut watch);
                let captured = told(context, made)?;
                repeat(context, &captured.record);
                records.change(&author, |change| input.keep(change, &captured))?;
                Ok(Json::Null)
            }
            CaptureStep::Inspect => {
                let (id, cancellation) = (&input.golden_image, cancellation(context));
                Ok(golden_images::inspect(&self.folder, id, cancellation)?)
            }
            CaptureStep::Publish => {
                let inspection: Json = context.output_of("inspect")?;
                let test = records.change(&author, |change| input.publish(change, inspection))?;
                if let Some(test) = test {
                    let uri = Kind::Tasks.uri(&test.id);
                    context.log(format!("the golden image is booted by the task {uri}"));
                }
                Ok(Json::Null)
            }
        }
    }

    fn undo(
        &self,
        step: CaptureStep,
        input: &Capturing,
        _: &Json,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure> {
        match step {
            CaptureStep::Generalize => {
                let (records, author) = (context.records(), context.author());
                Ok(capturing::delete(
                    records,
                    &self.folder,
                    author,
                    &input.golden_image,
                )?)
            }
            CaptureStep::Inspect | CaptureStep::Publish => Ok(()),
        }
    }
}

/// Makes the file of a volume and keeps the record of it, as a step of a task.
///
/// # Errors
/// Those of [`Making::make`] and [`Making::keep`].
pub(crate) fn customize(
    making: &Making,
    sealer: &Sealer,
    folder: &DataFolder,
    context: &mut StepContext,
) -> Result<(), TaskFailure> {
    let (records, author) = (Arc::clone(context.records()), context.author().clone());
    let cancellation = cancellation(context);
    let mut watch = |stage| tell(context, stage);
    let made = making.make(&records, sealer, folder, cancellation, &mut watch);
    let record = told(context, made)?;
    repeat(context, &record);
    records.change(&author, |change| making.keep(change, &record))?;
    Ok(())
}

/// Of a plan that failed there is no volume: what it did until then is in the log of the task only.
fn told<T>(context: &mut StepContext, made: Result<T, DeployError>) -> Result<T, DeployError> {
    if let Err(DeployError::Plan(_, record)) = &made {
        repeat(context, record);
    }
    made
}

/// Which scripts ran, what they said, and how the volume was made, in the log of the task.
fn repeat(context: &mut StepContext, record: &RunRecord) {
    if let Some(volume) = &record.volume {
        let (way, took) = (
            volume.clone.method.name(),
            volume.clone.duration.as_millis(),
        );
        let bytes = volume.clone.bytes;
        context.log(format!(
            "cloned by {way} in {took} ms, {bytes} bytes copied"
        ));
    }
    for step in &record.outcome.transcript {
        let (number, script, status) = (step.step, &step.script, word(step.status));
        let touched = step.touched;
        context.log(format!(
            "step {number}: {script}: {status}, {touched} paths touched"
        ));
    }
    for line in &record.outcome.log {
        let (script, text) = (&line.script, line.text.replace('\n', " "));
        context.log(format!("{script}:{}: {text}", line.line));
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Succeeded => "succeeded",
        Status::Failed => "failed",
    }
}

fn cancellation(context: &StepContext) -> Option<Cancellation> {
    let flag = context.cancel_flag();
    Some(Cancellation::when(move || flag.is_cancelled()))
}

/// The run itself cannot be measured; half of the step is for it.
fn tell(context: &mut StepContext, stage: Stage) {
    match stage {
        Stage::Running => context.log("running the plan"),
        Stage::Cloning { done: 0, of: 0 } => context.log("cloning the image"),
        Stage::Cloning { done, of } => {
            // Both are far below 2^53.
            #[allow(clippy::cast_precision_loss)]
            let share = done as f64 / of.max(1) as f64;
            context.progress(0.5 + 0.4 * share);
        }
        Stage::Writing => {
            context.log("writing the changed blocks");
            context.progress(0.9);
        }
    }
}

impl From<DeployError> for TaskFailure {
    fn from(error: DeployError) -> Self {
        match error {
            DeployError::Cancelled => Self::cancelled(),
            DeployError::Records(error) => error.into(),
            other => other.problems().into(),
        }
    }
}
