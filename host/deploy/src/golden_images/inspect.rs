//! What is in a golden image: partitions, filesystems, the system.

use crate::os_volumes::DeployError;
use crate::{DataFolder, golden_volume};
use mintage_engine::Code;
use mintage_records::Id;
use mintage_worker::answers::Inspection;
use mintage_worker::{Cancellation, Job, Worker, WorkerLimits};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// How long a look into an image may take.
const DEADLINE: Duration = Duration::from_secs(120);

/// Looks into the golden volume of `id`, in a worker. An image that cannot be looked into is no worse
/// for it: then this says why, in the member `error`. Blocks.
///
/// # Errors
/// `Cancelled`; `Run` when the golden volume cannot be opened.
pub fn inspect(
    folder: &DataFolder,
    id: &Id,
    cancellation: Option<Cancellation>,
) -> Result<Json, DeployError> {
    let volume = folder.store().open(&golden_volume(id))?;
    let mut worker = Worker::new(WorkerLimits {
        scratch: 0,
        cpu: DEADLINE,
        deadline: DEADLINE,
        ..WorkerLimits::default()
    })
    .pass(volume.descriptor()?);
    worker.cancellation = cancellation;
    let diagnostic = match worker.run::<Inspection<Json>>(&Job::Inspect) {
        Ok(answer) => match answer.result {
            Ok(inspection) => {
                return serde_json::to_value(inspection).map_err(|e| DeployError::storage(&e));
            }
            Err(diagnostic) => diagnostic,
        },
        Err(failure) if failure.code == Code::P6007 => return Err(DeployError::Cancelled),
        Err(failure) => failure.into_diagnostic(),
    };
    let code = diagnostic.code.as_str();
    tracing::warn!(image = %id, code, "a golden image cannot be inspected");
    Ok(json!({ "error": { "code": code, "message": diagnostic.message } }))
}
