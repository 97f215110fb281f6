//! Archives that belong to nothing: what a crash left.

use crate::os_volumes::DeployError;
use crate::{DataFolder, remove_if_there};
use mintage_records::model::{ArtifactBundle, Backup};
use mintage_records::{Id, Records, Resource};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Removes archives without a bundle or backup. To be done at the start, before a task runs. Blocks.
///
/// # Errors
/// `Records`, `Run` when a file cannot be removed.
pub fn sweep(records: &Records, folder: &DataFolder) -> Result<(), DeployError> {
    let bundles = ids::<ArtifactBundle>(records)?;
    remove_all_but(&folder.root().join("artifact-bundles"), &bundles)?;
    let backups = ids::<Backup>(records)?;
    remove_all_but(&folder.root().join("backups"), &backups)
}

fn ids<R: Resource>(records: &Records) -> Result<BTreeSet<Id>, DeployError> {
    let rows = records.read(|view| view.all::<R>())?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

fn remove_all_but(folder: &Path, known: &BTreeSet<Id>) -> Result<(), DeployError> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let stem = path.file_stem().and_then(|stem| stem.to_str());
        if stem
            .and_then(Id::parse)
            .is_none_or(|id| !known.contains(&id))
        {
            tracing::warn!(path = %path.display(), "removing an archive that belongs to nothing");
            remove_if_there(&path)?;
        }
    }
    Ok(())
}
