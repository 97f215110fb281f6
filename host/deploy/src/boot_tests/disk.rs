//! The disk that a boot test gets: never one that somebody else needs.

use crate::os_volumes::DeployError;
use crate::{DataFolder, golden_volume, os_volume};
use mintage_records::{Id, Kind};
use mintage_storage::{GoldenImage, StorageError, clone_golden};
use std::fs::File;
use std::os::fd::AsRawFd;
use std::path::PathBuf;

/// The throw-away disk of a test of `about`, open for reading only; what the guest writes goes elsewhere. A
/// golden volume never changes, so it is that itself. An OS volume may be in use: it is a clone without
/// a name, as if the server had lost its power at that moment. Blocks.
///
/// # Errors
/// `Conflict` when a volume is changed while it is copied, and for a store whose volumes are no files;
/// `Run` when it cannot be read.
pub(super) fn throw_away(
    folder: &DataFolder,
    (kind, id): &(Kind, Id),
) -> Result<File, DeployError> {
    let name = match kind {
        Kind::GoldenImages => golden_volume(id),
        _ => os_volume(id),
    };
    let file = folder.store().open(&name)?.descriptor()?;
    if !File::from(file.try_clone()?).metadata()?.is_file() {
        return Err(DeployError::conflict(
            "NOT_A_FILE",
            "boot tests are made of volumes that are files; this one is in another store",
            "Download the golden image, and test it with `mintage boot-test`.",
        ));
    }
    if *kind == Kind::GoldenImages {
        return Ok(file.into());
    }
    let image = GoldenImage::open(&path(&file)).map_err(|error| failed(&error))?;
    let beside = folder.boot_tests().join(id.as_str());
    let clone = clone_golden(&image, &beside, &mut |_, _| {});
    let (clone, _) = clone.map_err(|error| failed(&error))?;
    // A second descriptor that cannot write; the file is gone with it.
    Ok(File::open(path(clone.file()))?)
}

/// By which path a descriptor can be opened once more.
fn path(file: &impl AsRawFd) -> PathBuf {
    format!("/proc/self/fd/{}", file.as_raw_fd()).into()
}

fn failed(error: &StorageError) -> DeployError {
    match error {
        StorageError::Changed { .. } => DeployError::conflict(
            "VOLUME_CHANGED",
            "the volume was changed while it was copied",
            "Switch its server off, or test the volume when the server writes less.",
        ),
        other => DeployError::storage(other),
    }
}
