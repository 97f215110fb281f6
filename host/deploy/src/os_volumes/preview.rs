//! PREVIEW: what a deployment would change, without making anything.

use super::deploy::{Deployment, Seed};
use super::problem::DeployError;
use super::run::RunRecord;
use super::settings::Setting;
use crate::{DataFolder, golden_volume};
use mintage_records::{Id, Records, Sealer};
use mintage_worker::Cancellation;

/// Runs a deployment plan and throws its changes away. The same seed shows what a deployment with it
/// would do. A plan that fails is an answer, too: its record says why. Blocks until it is done, or
/// `is_unwanted` says that nobody waits for it any more.
///
/// # Errors
/// `Refused` with everything that keeps the plan from running, `Run` when the worker failed,
/// `Cancelled`, `Records`.
pub fn preview(
    records: &Records,
    sealer: &Sealer,
    folder: &DataFolder,
    deployment_plan: &Id,
    settings: &[Setting],
    seed: Option<Seed>,
    is_unwanted: impl Fn() -> bool + Send + Sync + 'static,
) -> Result<RunRecord, DeployError> {
    let deployment = records.read(|view| Deployment::current(view, deployment_plan))?;
    let prepared = deployment.prepare(settings, sealer)?;
    let seed = seed.map_or_else(Seed::random, Ok)?;
    let golden = golden_volume(deployment.golden_image());
    let image = folder.store().open(&golden)?;
    let cancellation = Cancellation::when(is_unwanted);
    prepared.run(
        &*image,
        None,
        &folder.scratch(),
        &seed.0,
        Some(cancellation),
        &mut |_| {},
    )
}
