//! Space for volumes: an alert before there is none left, and a refusal before a copy is begun that cannot
//! be finished.

use crate::DataFolder;
use crate::alerts::{self, NewAlert};
use crate::os_volumes::DeployError;
use mintage_records::model::Severity;
use mintage_records::{Author, Records};
use mintage_storage::store::{Capacity, ImageStore, StoreError, StoreErrorKind, VolumeName};

/// Raises an alert when the store has less free space than `least`, in bytes, and clears it when it has
/// that again; another one tells that the store cannot be asked. Blocks.
///
/// # Errors
/// `Records`.
pub fn note(records: &Records, folder: &DataFolder, least: u64) -> Result<(), DeployError> {
    let store = folder.store();
    let label = store.label();
    let full = format!("there is little space left for volumes in {label}");
    let lost = format!("the store of volumes cannot be used: {label}");
    let (scarce, broken) = match store.capacity() {
        Ok(capacity) => ((capacity.free < least).then_some(capacity), None),
        Err(error) => (None, Some(error)),
    };
    records.change(&Author::service(), |change| {
        match (scarce, &broken) {
            (Some(capacity), _) => alerts::raise(change, low(full, capacity)).map(drop),
            // Nobody knows: what was told stays.
            (None, Some(_)) => Ok(()),
            (None, None) => alerts::clear_described(change, &full).map(drop),
        }?;
        match broken {
            Some(error) => alerts::raise(change, unusable(lost, &error)).map(drop),
            None => alerts::clear_described(change, &lost).map(drop),
        }?;
        Ok(())
    })
}

fn low(description: String, capacity: Capacity) -> NewAlert {
    let Capacity { free, total, .. } = capacity;
    NewAlert {
        severity: Severity::Warning,
        description,
        corrective_action: format!(
            "{free} of {total} bytes were free, less than `health.store-space`. Delete OS volumes, \
             golden images or backups that nobody needs, shorten `retention.old-volumes`, or make the \
             store larger."
        ),
        resource: None,
    }
}

fn unusable(description: String, error: &StoreError) -> NewAlert {
    NewAlert {
        severity: Severity::Critical,
        description,
        corrective_action: format!("{} The reason was: {error}.", error.advice()),
        resource: None,
    }
}

/// Whether the store has the space that a clone of `source` takes. Others may take it meanwhile: then the
/// clone fails for the same reason, and leaves nothing.
///
/// # Errors
/// `Run` with `STORE_FULL`, or why the store cannot be asked.
pub(crate) fn check_room(store: &dyn ImageStore, source: &VolumeName) -> Result<(), DeployError> {
    let (capacity, used) = (store.capacity()?, store.used_bytes(source)?);
    match missing(capacity, used) {
        None => Ok(()),
        Some(why) => {
            let what = format!("make a clone of the {source}");
            Err(StoreError::new(StoreErrorKind::Full, what, store.label(), why).into())
        }
    }
}

/// Why a clone of a volume that takes `used` bytes cannot be; none when it can.
fn missing(capacity: Capacity, used: u64) -> Option<String> {
    let Capacity {
        free, clones_share, ..
    } = capacity;
    let needed = match clones_share {
        // What the plan changes; how much that is nobody knows yet.
        true => 1,
        false => used,
    };
    (free < needed).then(|| format!("it takes {needed} bytes, and {free} are free"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mintage_records::model::Alert;
    use mintage_records::{DatabaseUrl, Query};

    #[test]
    fn a_clone_takes_space_where_it_shares_none() {
        for (free, clones_share, used, fits) in [
            (0, true, 100, false),
            (1, true, 100, true),
            (99, false, 100, false),
            (100, false, 100, true),
        ] {
            let capacity = Capacity {
                total: 1000,
                free,
                clones_share,
            };
            assert_eq!(missing(capacity, used).is_none(), fits, "{capacity:?}");
        }
    }

    #[test]
    fn alerts_last_as_long_as_what_they_tell() {
        let place = tempfile::tempdir().unwrap();
        let folder = DataFolder::open(&place.path().join("data")).unwrap();
        let url = DatabaseUrl::Sqlite(place.path().join("records.db"));
        let records = Records::open(&url, "here").unwrap();
        let active = || -> Vec<String> {
            let all = records.read(|view| view.list::<Alert>(&Query::default()));
            let all = all.unwrap().members.into_iter().map(|alert| alert.body);
            let active = all.filter(|alert| alert.alert_state == alerts::ACTIVE);
            active.map(|alert| alert.description).collect()
        };
        note(&records, &folder, 0).unwrap();
        assert!(active().is_empty());
        for _ in 0..2 {
            note(&records, &folder, u64::MAX).unwrap();
            assert_eq!(
                active(),
                ["there is little space left for volumes in the data folder"]
            );
        }
        note(&records, &folder, 0).unwrap();
        assert!(active().is_empty());
        std::fs::remove_dir_all(place.path().join("data")).unwrap();
        note(&records, &folder, 0).unwrap();
        assert_eq!(
            active(),
            ["the store of volumes cannot be used: the data folder"]
        );
    }
}
