//! All verbs of the product.

use crate::boot_tests::{self, TestBoot};
use crate::bundles::{
    self, AddBundle, Archives, CreateBackup, CreateBundle, ExtractBundle, RestoreBackup,
};
use crate::golden_images::TakeIn;
use crate::os_volumes::{self, CaptureVolume, Deploy, DeployError};
use crate::server_profiles::{ChangeProfile, DeployProfile, Profiles};
use crate::task::Verbs;
use crate::{DataFolder, Limits, golden_images};
use mintage_records::{Records, Sealer};
use std::sync::Arc;

/// All verbs of the product, a line each.
pub fn verbs(
    sealer: &Arc<Sealer>,
    folder: &Arc<DataFolder>,
    limits: &Arc<Limits>,
    profiles: &Arc<Profiles>,
) -> Verbs {
    let deploy = Deploy {
        sealer: Arc::clone(sealer),
        folder: Arc::clone(folder),
    };
    let capture = CaptureVolume {
        sealer: Arc::clone(sealer),
        folder: Arc::clone(folder),
    };
    let archives = Archives::new(Arc::clone(folder), Arc::clone(sealer), Arc::clone(limits));
    let take_in = TakeIn {
        folder: Arc::clone(folder),
        limits: Arc::clone(limits),
    };
    let test_boot = TestBoot(Arc::clone(folder));
    let boot_tests = usize::try_from(limits.boot_tests_at_once).unwrap_or(usize::MAX);
    Verbs::new()
        .with_places(test_boot, boot_tests)
        .with(take_in)
        .with(deploy)
        .with(capture)
        .with(DeployProfile(Arc::clone(profiles)))
        .with(ChangeProfile(Arc::clone(profiles)))
        .with(AddBundle(archives.clone()))
        .with(CreateBundle(archives.clone()))
        .with(ExtractBundle(archives.clone()))
        .with(CreateBackup(archives.clone()))
        .with(RestoreBackup(archives))
}

/// Takes away the files and volumes that a crash left without a row. To be done at the start, when no task runs.
///
/// # Errors
/// `Records`, `Run` when a file cannot be removed.
pub fn sweep(records: &Records, folder: &DataFolder) -> Result<(), DeployError> {
    folder.store().remove_unfinished()?;
    golden_images::sweep(records, folder)?;
    bundles::sweep(records, folder)?;
    boot_tests::sweep(records, folder)?;
    os_volumes::making::sweep(records, folder)
}
