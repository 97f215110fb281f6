//! After a start, everything that the records say is offered again, and nothing else.

use crate::alerts::{self, NewAlert};
use crate::os_volumes::DeployError;
use crate::server_profiles::Profiles;
use mintage_records::model::{OsVolume, ProfileState, ServerProfile, Severity};
use mintage_records::{Author, Id, Kind, Records, RecordsError, Stored, View};
use mintage_storage::export::{ExportError, Exporter, Force, Iqn};
use mintage_volume::escape::escape;
use std::collections::BTreeSet;

/// What came of offering everything again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restored {
    /// Everything is offered that can be.
    All,
    /// Nobody is there to serve: to be tried again.
    Later,
}

/// Offers every volume that the records say is offered. A volume that cannot be is an alert, and does not keep
/// the others from being so. What is there already is left as it is, live sessions with it. Blocks.
///
/// # Errors
/// `Records`.
pub fn restore(records: &Records, profiles: &Profiles) -> Result<Restored, DeployError> {
    for profile in records.read(|view| view.all::<ServerProfile>())? {
        // What the records say is asked in that turn: a task may have changed it since.
        let _turn = profiles.offers.of_all();
        if !is_alone(records, profiles, &profile)? {
            continue;
        }
        let offered = match records.read(|view| profiles.export_of(view, &profile.id)) {
            Ok(None) => continue,
            Ok(Some(export)) => match profiles.exporter.publish(&export) {
                Err(ExportError::Off) => return Ok(Restored::All),
                Err(ExportError::Unavailable { .. }) => return Ok(Restored::Later),
                published => published.map(drop).map_err(DeployError::from),
            },
            Err(error) => Err(error),
        };
        tell(records, &profile, offered.err())?;
    }
    Ok(Restored::All)
}

/// Takes back what a task that was cut off had offered instead of the volume that the records name: a server that
/// finds two disks may boot from either. False when the server uses it already: the task goes on from there.
fn is_alone(
    records: &Records,
    profiles: &Profiles,
    profile: &Stored<ServerProfile>,
) -> Result<bool, DeployError> {
    if profile.body.state == ProfileState::Normal {
        return Ok(true);
    }
    for volume in records.read(|view| view.all::<OsVolume>())? {
        let export = volume.body.export.filter(|export| {
            export.server_profile == profile.id
                && profile.body.os_volume.as_ref() != Some(&volume.id)
        });
        let Some(target) = export.and_then(|export| Iqn::parse(&export.target).ok()) else {
            continue;
        };
        if let Err(ExportError::InUse { .. }) = profiles.exporter.unpublish(&target, Force::No) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Raises the alert about a profile whose volume is not offered, or clears it.
fn tell(
    records: &Records,
    profile: &Stored<ServerProfile>,
    error: Option<DeployError>,
) -> Result<(), DeployError> {
    let name = escape(profile.body.name.as_bytes());
    let alert = error.map(|error| NewAlert {
        severity: Severity::Critical,
        description: format!("the volume of server profile `{name}` is not offered: {error}"),
        corrective_action: "Mend the cause, and start the service anew.".to_owned(),
        resource: Some((Kind::ServerProfiles, profile.id.clone())),
    });
    let about = (Kind::ServerProfiles, profile.id.clone());
    Ok(records.change(&Author::service(), |change| {
        alerts::replace(change, &about, alert)
    })?)
}

/// Removes the targets of ours that no server has to find: those of volumes that are gone, and of volumes that
/// servers had before. One that somebody is logged in to stays, and is told to the log. To be done at the start,
/// and regularly. Returns how many were removed. Blocks.
///
/// # Errors
/// `Records`.
pub fn remove_strays(records: &Records, profiles: &Profiles) -> Result<usize, DeployError> {
    let _turn = profiles.offers.of_all();
    let exporter: &dyn Exporter = profiles.exporter.as_ref();
    // Without a daemon there are no targets.
    let there = exporter.list().unwrap_or_default();
    let prefix = format!("{}:volume-", profiles.rules.iqn_prefix);
    let ours = there
        .iter()
        .filter(|target| target.as_str().starts_with(&prefix));
    let known = records.read(targets)?;
    let mut removed = 0;
    for target in ours.filter(|target| !known.contains(target.as_str())) {
        match exporter.unpublish(target, Force::No) {
            Ok(()) => removed += 1,
            Err(error) => tracing::warn!(%error, "a target that the records do not know is left"),
        }
    }
    Ok(removed)
}

/// The targets that servers find, and those that running tasks are about to make or to take away.
fn targets(view: &mut View<'_>) -> Result<BTreeSet<String>, RecordsError> {
    let profiles = view.all::<ServerProfile>()?;
    let at_rest = profiles
        .iter()
        .filter(|profile| profile.body.state == ProfileState::Normal);
    let earlier = at_rest.flat_map(|profile| &profile.body.earlier_volumes);
    let earlier: BTreeSet<&Id> = earlier.map(|earlier| &earlier.os_volume).collect();
    let volumes = view.all::<OsVolume>()?.into_iter();
    let volumes = volumes.filter(|volume| !earlier.contains(&volume.id));
    let targets = volumes.filter_map(|volume| Some(volume.body.export?.target));
    Ok(targets.collect())
}
