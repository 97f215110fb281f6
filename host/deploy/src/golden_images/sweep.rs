//! Files that belong to nothing: what a crash left.

use crate::os_volumes::{DeployError, making};
use crate::{DataFolder, golden_volume, remove_if_there};
use mintage_records::model::{GoldenImage, State, Task};
use mintage_records::{Id, Records};
use mintage_storage::store::VolumeKind;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Removes golden volumes without a golden image, and incoming files that neither an unfinished task
/// nor an upload wants. To be done at the start, before a task runs. Blocks.
///
/// # Errors
/// `Records`, `Run` when a file cannot be removed.
pub fn sweep(records: &Records, folder: &DataFolder) -> Result<(), DeployError> {
    let (images, tasks) = records.read(|view| {
        let images = view.all::<GoldenImage>()?;
        let tasks = view.all::<Task>()?;
        Ok::<_, DeployError>((images, tasks))
    })?;
    let known: BTreeSet<_> = images
        .iter()
        .map(|image| golden_volume(&image.id))
        .collect();
    making::remove_all_but(folder, VolumeKind::Golden, |name| known.contains(name))?;

    let arriving = images
        .iter()
        .filter(|image| image.body.state == State::Creating);
    let arriving: BTreeSet<_> = arriving.map(|image| &image.id).collect();
    let running = tasks.iter().filter(|task| !task.body.task_state.is_final());
    // Each verb has its own form of input; an id is found in any.
    let running: Vec<_> = running
        .map(|task| format!("{} {}", task.id, task.body.input))
        .collect();
    remove_all_but(&folder.incoming_files(), "part", |id| {
        arriving.contains(id) || running.iter().any(|text| text.contains(id.as_str()))
    })
}

/// Removes every file of a folder but those named `ID.extension` by a wanted id.
fn remove_all_but(
    folder: &Path,
    extension: &str,
    wanted: impl Fn(&Id) -> bool,
) -> Result<(), DeployError> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        let id = stem.and_then(Id::parse);
        let named = path.extension().is_some_and(|found| found == extension);
        if !(named && id.is_some_and(|id| wanted(&id))) {
            tracing::warn!(path = %path.display(), "removing a file that belongs to nothing");
            remove_if_there(&path)?;
        }
    }
    Ok(())
}
