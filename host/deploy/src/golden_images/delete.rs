//! Deleting a golden image with its files.

use crate::os_volumes::DeployError;
use crate::{DataFolder, boot_tests, golden_volume, remove_if_there};
use mintage_records::model::{GoldenImage, State};
use mintage_records::{Author, Id, Kind, Match, Records};

/// Deletes a golden image. The row goes first: a file without a row is nothing, and a later start
/// takes it away. Blocks.
///
/// # Errors
/// `Records`: `NotFound`, `Changed`, `InUse` with who uses it. `Refused` for one that a task is making.
pub fn delete(
    records: &Records,
    folder: &DataFolder,
    author: &Author,
    id: &Id,
    expected: &Match,
) -> Result<(), DeployError> {
    let tested = records.change(author, |change| {
        let image = change.get::<GoldenImage>(id)?.body;
        if image.state == State::Creating && image.upload.is_none() {
            return Err(DeployError::refused(
                "IMAGE_NOT_READY",
                "a task is making this golden image",
                "Wait for the task, or cancel it.",
            ));
        }
        change.delete::<GoldenImage>(id, expected)?;
        boot_tests::forget(change, &(Kind::GoldenImages, id.clone()))?;
        Ok(image.boot_test)
    })?;
    boot_tests::remove_console(folder, tested.as_ref())?;
    folder.store().remove(&golden_volume(id))?;
    Ok(remove_if_there(&folder.incoming(id))?)
}
