//! A run of a build plan over a golden image.

use super::open::{Device, image, open_tree_of, scratch};
use super::volume_error;
use mintage_engine::Diagnostic;
use mintage_plans::{RunInput, RunReport};
use mintage_volume::filesystem::Timestamp;
use mintage_volume::tree::{LastLink, VolumeTree};
use mintage_worker::Descriptors;
use plan_stdlib::StandardLibrary;
use std::sync::Arc;

/// Runs the build plan; the changed blocks are in the scratch file then. A run that failed is an
/// answer, too: its report says why.
pub(super) fn run(
    files: &mut Descriptors,
    mut input: RunInput,
    time_of_image: bool,
) -> Result<RunReport, Diagnostic> {
    let (golden, scratch) = (image(files)?, scratch(files)?);
    if time_of_image {
        // An image that cannot be opened has no time; the run says what is wrong with it.
        input.time = time_of(Arc::clone(&golden)).unwrap_or_default();
    }
    let control = input.control();
    Ok(mintage_plans::run(
        &input,
        golden,
        scratch,
        &StandardLibrary,
        &control,
    ))
}

/// What an image takes for now: the newest change of `/`, `/etc` and what is directly in them.
///
/// It comes from the content alone, so that a copy of the image gives the same, and lies after
/// what the image's makers did last.
fn time_of(golden: Device) -> Result<Timestamp, Diagnostic> {
    newest(&open_tree_of(golden)?).map_err(volume_error)
}

fn newest(tree: &VolumeTree) -> mintage_volume::Result<Timestamp> {
    let mut newest = Timestamp::default();
    for directory in ["/", "/etc"] {
        if !tree.exists(directory)? {
            continue;
        }
        newest = newest.max(tree.metadata(directory)?.modified);
        let path = tree.resolve(directory, LastLink::Follow)?;
        for entry in tree.read_dir(directory)? {
            let metadata = tree.symlink_metadata(path.join(&entry.name)?)?;
            newest = newest.max(metadata.modified);
        }
    }
    Ok(newest)
}
