//! What a crash left of boot tests.

use crate::os_volumes::DeployError;
use crate::{DataFolder, remove_if_there};
use mintage_records::model::{BootTest, GoldenImage, OsVolume, Task};
use mintage_records::{Id, Records};
use std::collections::BTreeSet;
use std::fs;

/// Removes the files of tests that were cut off, and consoles that no golden image, OS volume or
/// unfinished task has. To be done at the start, before a task runs. Blocks.
///
/// # Errors
/// `Records`, `Run` when a file cannot be removed.
pub fn sweep(records: &Records, folder: &DataFolder) -> Result<(), DeployError> {
    let known = records.read(|view| {
        let images = view.all::<GoldenImage>()?.into_iter();
        let volumes = view.all::<OsVolume>()?.into_iter();
        let tasks = view.all::<Task>()?.into_iter();
        let tests = images.filter_map(|image| image.body.boot_test);
        let tests = tests.chain(volumes.filter_map(|volume| volume.body.boot_test));
        let running = tasks.filter(|task| !task.body.task_state.is_final());
        let tests = tests.map(|BootTest { task, .. }| task);
        Ok::<BTreeSet<Id>, DeployError>(tests.chain(running.map(|task| task.id)).collect())
    })?;
    let known: BTreeSet<_> = known.iter().map(|task| folder.console(task)).collect();
    for entry in fs::read_dir(folder.boot_tests())? {
        let entry = entry?;
        let path = entry.path();
        if known.contains(&path) {
            continue;
        }
        tracing::warn!(path = %path.display(), "removing what a boot test left");
        match entry.file_type()?.is_dir() {
            true => fs::remove_dir_all(&path)?,
            false => remove_if_there(&path)?,
        }
    }
    Ok(())
}
