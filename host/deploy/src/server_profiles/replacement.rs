//! `Replacement`: a profile between what it was and what it will be, as a task carries it out.
//!
//! Until [`Replacement::switch`] the server is offered what it was offered before, and the profile says so;
//! after it, the new. Each part can be done again after a crash. [`Replacement::switch_back`],
//! [`Replacement::take_back`] and [`Replacement::restore`] undo what was done, whatever of it was done.

use super::Profiles;
use super::fill::give_back;
use crate::os_volume;
use crate::os_volumes::{DeployError, Making, making};
use mintage_records::model::{OsVolume, ProfileState, ServerProfile};
use mintage_records::{Author, Change, Id, Match, Records, RecordsError};
use mintage_storage::export::Force;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a task does to a profile. Secrets in it are sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Replacement {
    /// The profile.
    pub profile: Id,
    /// How it was; none when the task makes it.
    pub before: Option<ServerProfile>,
    /// How it will be; none when the task deletes it.
    pub after: Option<ServerProfile>,
    /// The volume that has to be made for that.
    pub making: Option<Making>,
    /// Whether live sessions are ended.
    pub force: bool,
}

impl Replacement {
    /// The volume that the server has from now on, when that is another one than before.
    fn new_volume(&self) -> Option<(&Id, &ServerProfile)> {
        let after = self.after.as_ref()?;
        let volume = after.os_volume.as_ref()?;
        (self.old_id() != Some(volume)).then_some((volume, after))
    }

    /// The volume that the server had, when it has that no more.
    fn old_volume(&self) -> Option<(&Id, &ServerProfile)> {
        let before = self.before.as_ref()?;
        let volume = before.os_volume.as_ref()?;
        let after = self.after.as_ref();
        let kept = after.and_then(|after| after.os_volume.as_ref());
        (kept != Some(volume)).then_some((volume, before))
    }

    fn old_id(&self) -> Option<&Id> {
        self.before.as_ref()?.os_volume.as_ref()
    }

    /// The volumes that nobody needs any more.
    fn dropped(&self) -> Vec<&Id> {
        let after = self.after.iter().flat_map(ServerProfile::volumes);
        let kept: BTreeSet<&Id> = after.collect();
        let before = self.before.iter().flat_map(ServerProfile::volumes);
        before.filter(|volume| !kept.contains(volume)).collect()
    }

    /// Offers the new volume. Where the server has another one until the switch, it is only seen that this can
    /// be done: a server that finds two disks may boot from either.
    pub(super) fn export(&self, profiles: &Profiles, records: &Records) -> Result<(), DeployError> {
        match (self.new_volume(), self.old_volume()) {
            (Some((volume, after)), None) => profiles.publish(records, volume, &after.identity),
            (Some((volume, after)), Some(_)) => {
                profiles.can_publish(records, volume, &after.identity)
            }
            (None, _) => Ok(()),
        }
    }

    /// Takes the old volume from the server, and gives it the new one. `done` records that in the
    /// transaction that makes it so.
    pub(super) fn switch(
        &self,
        profiles: &Profiles,
        records: &Records,
        author: &Author,
        done: impl FnOnce(&mut Change<'_>) -> Result<(), RecordsError>,
    ) -> Result<(), DeployError> {
        let _turn = profiles.offers.of_one();
        self.unexport(profiles, records)?;
        if let Some((volume, _)) = self.moved() {
            // Who is logged in from the old hardware must be off before the new one can come.
            profiles.unpublish(records, volume, self.wish())?;
        }
        if let Some((volume, after)) = self.new_volume().or_else(|| self.moved()) {
            profiles.publish(records, volume, &after.identity)?;
        }
        records.change(author, |change| {
            if let Some(after) = &self.after {
                if let Some(making) = &self.making {
                    making.publish(change)?;
                }
                let state = match self.before {
                    Some(_) => ProfileState::Updating,
                    None => ProfileState::Creating,
                };
                let after = after.clone();
                write(change, &self.profile, ServerProfile { state, ..after })?;
            }
            Ok::<_, DeployError>(done(change)?)
        })
    }

    /// The volume that stays with the profile while its hardware becomes another.
    fn moved(&self) -> Option<(&Id, &ServerProfile)> {
        let (before, after) = (self.before.as_ref()?, self.after.as_ref()?);
        let is_moved = before.server_hardware != after.server_hardware;
        let volume = after.os_volume.as_ref()?;
        (is_moved && self.old_id() == Some(volume)).then_some((volume, after))
    }

    /// Takes back the offer of the old volume.
    fn unexport(&self, profiles: &Profiles, records: &Records) -> Result<(), DeployError> {
        let Some((volume, _)) = self.old_volume() else {
            return Ok(());
        };
        profiles.unpublish(records, volume, self.wish())
    }

    /// Whether live sessions are ended.
    fn wish(&self) -> Force {
        match self.force {
            true => Force::Yes,
            false => Force::No,
        }
    }

    /// Removes what nobody needs any more, and says that the profile is as it was wished.
    pub(super) fn finish(
        &self,
        profiles: &Profiles,
        records: &Records,
        author: &Author,
    ) -> Result<(), DeployError> {
        let _turn = profiles.offers.of_one();
        // Once more: a service that was started anew offers what the profile has until it is gone.
        self.unexport(profiles, records)?;
        records.change(author, |change| {
            match &self.after {
                Some(after) => write(change, &self.profile, after.clone())?,
                None => remove(change, &self.profile)?,
            }
            for volume in self.dropped() {
                if change.find::<OsVolume>(volume)?.is_some() {
                    change.delete::<OsVolume>(volume, &Match::Any)?;
                }
            }
            give_back(change, &self.profile, self.after.as_ref())?;
            Ok::<_, RecordsError>(())
        })?;
        for volume in self.dropped() {
            profiles.folder.store().remove(&os_volume(volume))?;
        }
        Ok(())
    }

    /// Gives the server its old volume again.
    pub(super) fn switch_back(
        &self,
        profiles: &Profiles,
        records: &Records,
        author: &Author,
    ) -> Result<(), DeployError> {
        let _turn = profiles.offers.of_one();
        let is_back = records.change(author, |change| self.write_before(change))?;
        match self.old_volume().or_else(|| self.moved()) {
            Some((volume, before)) if is_back => {
                profiles.publish(records, volume, &before.identity)
            }
            _ => Ok(()),
        }
    }

    /// Takes back the offer of the new volume.
    pub(super) fn take_back(
        &self,
        profiles: &Profiles,
        records: &Records,
    ) -> Result<(), DeployError> {
        match self.new_volume() {
            Some((volume, _)) if !self.is_used(records, volume)? => {
                profiles.unpublish(records, volume, self.wish())
            }
            _ => Ok(()),
        }
    }

    /// Whether the profile has a volume, and keeps it: everything was done before it was to be undone.
    fn is_used(&self, records: &Records, volume: &Id) -> Result<bool, RecordsError> {
        let profile = records.read(|view| view.find::<ServerProfile>(&self.profile))?;
        Ok(profile.is_some_and(|profile| profile.body.os_volume.as_ref() == Some(volume)))
    }

    /// Removes the new volume, and says that the profile is as it was; one that this task made is gone.
    pub(super) fn restore(
        &self,
        profiles: &Profiles,
        records: &Records,
        author: &Author,
    ) -> Result<(), DeployError> {
        records.change(author, |change| {
            match &self.before {
                Some(before) if self.write_before(change)? => {
                    write(change, &self.profile, before.clone())?;
                }
                Some(_) => return Ok(()),
                None => remove(change, &self.profile)?,
            }
            give_back(change, &self.profile, self.before.as_ref())
        })?;
        match &self.making {
            Some(making) if !self.is_used(records, &making.os_volume)? => {
                let (folder, volume) = (&profiles.folder, &making.os_volume);
                // Nobody loses a disk that they have logged in to, however that came to be.
                let live = profiles.sessions(records, volume).unwrap_or_default();
                if !live.is_empty() {
                    profiles.check_idle(records, volume)?;
                }
                making::delete(records, folder, author, volume, &Match::Any)
            }
            _ => Ok(()),
        }
    }

    /// Makes the profile say what it said before; false when that cannot be, because its volumes are
    /// removed already: then the task has done everything but say so.
    fn write_before(&self, change: &mut Change<'_>) -> Result<bool, RecordsError> {
        let Some(stored) = change.find::<ServerProfile>(&self.profile)? else {
            return Ok(false);
        };
        for volume in self.dropped() {
            if change.find::<OsVolume>(volume)?.is_none() {
                return Ok(false);
            }
        }
        let before = match &self.before {
            Some(before) => before.clone(),
            None => ServerProfile {
                os_volume: None,
                ..stored.body.clone()
            },
        };
        let state = stored.body.state;
        let busy = ServerProfile { state, ..before };
        write(change, &self.profile, busy)?;
        Ok(true)
    }
}

/// Stores a profile, where that changes anything.
fn write(change: &mut Change<'_>, id: &Id, body: ServerProfile) -> Result<(), RecordsError> {
    let stored = change.get::<ServerProfile>(id)?;
    match stored.body == body {
        true => Ok(()),
        false => change.update(id, &Match::Any, body).map(drop),
    }
}

/// Deletes a profile that may not be there.
fn remove(change: &mut Change<'_>, id: &Id) -> Result<(), RecordsError> {
    match change.find::<ServerProfile>(id)? {
        Some(_) => change.delete::<ServerProfile>(id, &Match::Any).map(drop),
        None => Ok(()),
    }
}
