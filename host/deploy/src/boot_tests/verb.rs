//! `TestBoot`: a boot test as a task.

use super::request::{BootTestRequest, failed};
use super::{disk, result};
use crate::os_volumes::DeployError;
use crate::task::{AfterCrash, StepContext, StepPlan, TaskFailure, Verb};
use crate::{DataFolder, remove_if_there};
use mintage_records::model::BootTest;
use mintage_records::{Id, Kind, Time};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Boots golden images and OS volumes; the folder is where they are.
#[derive(Debug, Clone)]
pub struct TestBoot(pub Arc<DataFolder>);

/// What is booted, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Testing {
    /// A golden image or OS volume.
    pub kind: Kind,
    /// Its id.
    pub id: Id,
    /// What is asked for.
    pub request: BootTestRequest,
}

/// The steps of [`TestBoot`].
#[derive(Debug, Clone, Copy)]
pub enum TestBootStep {
    /// An emulator boots a throw-away clone, and the console is kept.
    Boot,
    /// What came of it is kept with what was booted.
    Record,
}

const BOOT: &str = "boot";

impl Verb for TestBoot {
    const NAME: &'static str = "boot-test";
    type Input = Testing;
    type Step = TestBootStep;
    const STEPS: &'static [StepPlan<TestBootStep>] = &[
        StepPlan::new(TestBootStep::Boot, BOOT, AfterCrash::RunAgain).weight(20),
        StepPlan::new(TestBootStep::Record, "record", AfterCrash::RunAgain),
    ];

    fn run(
        &self,
        step: TestBootStep,
        input: &Testing,
        context: &mut StepContext,
    ) -> Result<Json, TaskFailure> {
        match step {
            TestBootStep::Boot => {
                let result = self.boot(input, context)?;
                serde_json::to_value(&result).map_err(|error| DeployError::storage(&error).into())
            }
            TestBootStep::Record => {
                let result: BootTest = context.output_of(BOOT)?;
                self.record(input, &result, context)?;
                Ok(Json::Null)
            }
        }
    }

    fn undo(
        &self,
        step: TestBootStep,
        _: &Testing,
        _: &Json,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure> {
        match step {
            TestBootStep::Boot => Ok(remove_if_there(&self.0.console(context.task()))?),
            // It is the last step: once it is done, nothing is undone.
            TestBootStep::Record => Ok(()),
        }
    }
}

impl TestBoot {
    fn boot(&self, input: &Testing, context: &mut StepContext) -> Result<BootTest, TaskFailure> {
        let started = Time::now();
        let test = input.request.test()?;
        let disk = disk::throw_away(&self.0, &(input.kind, input.id.clone()))?;
        context.log("booting a throw-away clone");
        let mut watch = |fraction| {
            context.progress(fraction);
            match context.is_cancelled() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let report = test.run(&disk, &self.0.boot_tests(), &mut watch);
        let report = report.map_err(|error| failed(&error))?;
        result::write_console(&self.0, context.task(), &report.console)?;
        Ok(BootTest {
            passed: report.booted,
            reason: report.reason,
            firmware: report.firmware.to_string(),
            started,
            milliseconds: u64::try_from(Time::now().since(started).as_millis()).unwrap_or_default(),
            task: context.task().clone(),
        })
    }

    fn record(
        &self,
        input: &Testing,
        result: &BootTest,
        context: &mut StepContext,
    ) -> Result<(), TaskFailure> {
        let about = (input.kind, input.id.clone());
        let (records, author) = (Arc::clone(context.records()), context.author().clone());
        let before = records.change(&author, |change| result::keep(change, &about, result))?;
        result::remove_console(&self.0, before.as_ref())?;
        match result.passed {
            true => context.output(format!("booted ({}): {}", result.firmware, result.reason)),
            false => context.warn(
                TaskFailure::new(
                    "BOOT_TEST_FAILED",
                    format!("it did not boot ({}): {}", result.firmware, result.reason),
                )
                .action(format!(
                    "Look at the console: {}/boot-test/console.",
                    input.kind.uri(&input.id)
                )),
            ),
        }
        Ok(())
    }
}
