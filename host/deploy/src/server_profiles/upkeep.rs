//! Volumes that servers had before are removed when their time is over.

use super::Profiles;
use super::fill::give_back;
use crate::os_volume;
use crate::os_volumes::DeployError;
use mintage_records::model::{OsVolume, ProfileState, ServerProfile};
use mintage_records::{Author, Change, Id, Match, Records, RecordsError, Time};
use mintage_storage::export::Force;

impl Profiles {
    /// Removes the volumes of which the time is over; how many they were. Profiles that a task works at, and
    /// volumes that somebody uses, are left to the next time, and so is what fails: it is told to the log.
    /// Blocks.
    ///
    /// # Errors
    /// `Records` when the profiles cannot be read.
    pub fn remove_expired(&self, records: &Records) -> Result<usize, DeployError> {
        let mut removed = 0;
        for profile in records.read(|view| view.all::<ServerProfile>())? {
            match self.remove_expired_of(records, &profile.id) {
                Ok(count) => removed += count,
                Err(error) => {
                    let profile = profile.id.as_str();
                    tracing::warn!(profile, %error, "its old volumes are not removed");
                }
            }
        }
        Ok(removed)
    }

    fn remove_expired_of(&self, records: &Records, profile: &Id) -> Result<usize, DeployError> {
        let _turn = self.offers.of_one();
        let mut unused = Vec::new();
        for volume in
            records.read(|view| expired(view.find::<ServerProfile>(profile)?, Time::now()))?
        {
            match self.unpublish(records, &volume, Force::No) {
                Ok(()) => unused.push(volume),
                Err(error) => {
                    let volume = volume.as_str();
                    tracing::warn!(volume, %error, "an old volume may be in use: it stays");
                }
            }
        }
        let forgotten = records.change(&Author::service(), |change| {
            forget(change, profile, &unused)
        })?;
        for volume in &forgotten {
            self.folder.store().remove(&os_volume(volume))?;
        }
        Ok(forgotten.len())
    }
}

/// The volumes of a profile of which the time is over; none of one that a task works at.
fn expired(
    profile: Option<mintage_records::Stored<ServerProfile>>,
    now: Time,
) -> Result<Vec<Id>, RecordsError> {
    let profile = profile.filter(|profile| profile.body.state == ProfileState::Normal);
    let earlier = profile.map_or_else(Vec::new, |profile| profile.body.earlier_volumes);
    let over = earlier.into_iter().filter(|earlier| earlier.until <= now);
    Ok(over.map(|earlier| earlier.os_volume).collect())
}

/// Forgets those of `unused` that the profile still has as expired ones; which they were.
fn forget(change: &mut Change<'_>, id: &Id, unused: &[Id]) -> Result<Vec<Id>, RecordsError> {
    let stored = change.find::<ServerProfile>(id)?;
    let mut forgotten = expired(stored.clone(), change.at())?;
    forgotten.retain(|volume| unused.contains(volume));
    let Some(stored) = stored.filter(|_| !forgotten.is_empty()) else {
        return Ok(Vec::new());
    };
    let mut body = stored.body;
    body.earlier_volumes
        .retain(|earlier| !forgotten.contains(&earlier.os_volume));
    give_back(change, id, Some(&body))?;
    change.update(id, &Match::Any, body)?;
    for volume in &forgotten {
        change.delete::<OsVolume>(volume, &Match::Any)?;
    }
    Ok(forgotten)
}
