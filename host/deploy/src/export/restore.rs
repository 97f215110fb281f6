//! After a start, everything that the records say is offered again, and nothing else.

use crate::os_volumes::DeployError;
use crate::server_profiles::Profiles;
use mintage_records::Records;
use mintage_records::model::ServerProfile;
use mintage_storage::export::{ExportError, Exporter, Force, Iqn};
use std::collections::BTreeSet;

/// What came of offering everything again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// Everything is offered that can be.
    All,
    /// Nobody is there to serve: to be tried again.
    Later,
}

/// Offers every volume that the records say is offered. A volume that cannot be is told to the log, and does
/// not keep the others from being so. What is there already is left as it is, live sessions with it. Blocks.
///
/// # Errors
/// `Records`.
pub fn restore(records: &Records, profiles: &Profiles) -> Result<Restored, DeployError> {
    for profile in records.read(|view| view.all::<ServerProfile>())? {
        // What the records say is asked in that turn: a task may have changed it since.
        let _turn = profiles.offers.of_all();
        let Some(export) = records.read(|view| profiles.export_of(view, &profile.id))? else {
            continue;
        };
        match profiles.exporter.publish(&export) {
            Ok(_) => {}
            Err(ExportError::Off) => return Ok(Restored::All),
            Err(ExportError::Unavailable { .. }) => return Ok(Restored::Later),
            Err(error) => {
                let target = export.target.as_str();
                tracing::error!(target_name = target, %error, "a volume is not offered");
            }
        }
    }
    Ok(Restored::All)
}

/// Removes the targets of ours that the records do not know: what a crash left. One that somebody is
/// logged in to stays, and is told to the log. To be done at the start, when no task runs. Returns how many
/// were removed. Blocks.
///
/// # Errors
/// `Records`.
pub fn remove_strays(records: &Records, profiles: &Profiles) -> Result<usize, DeployError> {
    let exports = records.read(|view| profiles.exports(view))?;
    let known: BTreeSet<Iqn> = exports.into_iter().map(|export| export.target).collect();
    let exporter: &dyn Exporter = profiles.exporter.as_ref();
    // Without a daemon there are no targets.
    let there = exporter.list().unwrap_or_default();
    let prefix = format!("{}:volume-", profiles.rules.iqn_prefix);
    let is_ours = |target: &&Iqn| target.as_str().starts_with(&prefix);
    let mut removed = 0;
    for target in there
        .iter()
        .filter(is_ours)
        .filter(|target| !known.contains(*target))
    {
        match exporter.unpublish(target, Force::No) {
            Ok(()) => removed += 1,
            Err(error) => tracing::warn!(%error, "a target that the records do not know is left"),
        }
    }
    Ok(removed)
}
