//! Volumes that servers had before are removed when their time is over.

use super::Profiles;
use super::fill::give_back;
use crate::os_volume;
use crate::os_volumes::DeployError;
use mintage_records::model::{OsVolume, ProfileState, ServerProfile};
use mintage_records::{Author, Id, Match, Records, RecordsError};

impl Profiles {
    /// Removes the volumes of which the time is over; how many they were. Profiles that a task works at
    /// are left to the next time. Blocks.
    ///
    /// # Errors
    /// `Records`, `Run` when a file cannot be removed.
    pub fn remove_expired(&self, records: &Records) -> Result<usize, DeployError> {
        let author = Author::service();
        let mut removed = 0;
        for profile in records.read(|view| view.all::<ServerProfile>())? {
            let expired = records.change(&author, |change| {
                let Some(stored) = change.find::<ServerProfile>(&profile.id)? else {
                    return Ok(Vec::new());
                };
                let mut body = stored.body;
                let now = change.at();
                let expired = body
                    .earlier_volumes
                    .extract_if(.., |earlier| earlier.until <= now);
                let expired: Vec<Id> = expired.map(|earlier| earlier.os_volume).collect();
                if expired.is_empty() || body.state != ProfileState::Normal {
                    return Ok(Vec::new());
                }
                give_back(change, &profile.id, Some(&body))?;
                change.update(&profile.id, &Match::Any, body)?;
                for volume in &expired {
                    change.delete::<OsVolume>(volume, &Match::Any)?;
                }
                Ok::<_, RecordsError>(expired)
            })?;
            for volume in &expired {
                self.folder.store().remove(&os_volume(volume))?;
            }
            removed += expired.len();
        }
        Ok(removed)
    }
}
