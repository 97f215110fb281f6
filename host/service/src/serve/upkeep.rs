//! `upkeep`: what the service forgets, at its start and once a day; and the space that it looks at.

use crate::settings::Retention;
use mintage_deploy::export::remove_strays;
use mintage_deploy::server_profiles::Profiles;
use mintage_deploy::{DataFolder, capacity};
use mintage_records::Records;
use std::sync::Arc;
use std::time::Duration;

/// How often.
const EVERY: Duration = Duration::from_secs(24 * 3600);

/// How often the space for volumes is looked at.
const LOOK: Duration = Duration::from_secs(60);

/// Tells by alerts when the store of volumes has less than `least` bytes free, for as long as the service
/// runs.
pub(super) async fn watch_space(records: Arc<Records>, folder: Arc<DataFolder>, least: u64) {
    let mut looks = tokio::time::interval(LOOK);
    loop {
        looks.tick().await;
        let (records, folder) = (Arc::clone(&records), Arc::clone(&folder));
        let noted = tokio::task::spawn_blocking(move || capacity::note(&records, &folder, least));
        match noted.await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the space for volumes is not looked at"),
            Err(error) => tracing::error!(%error, "the space for volumes is not looked at"),
        }
    }
}

/// Forgets what is older than `retention` says, again and again, for as long as the service runs.
pub(super) async fn upkeep(records: Arc<Records>, profiles: Arc<Profiles>, retention: Retention) {
    let mut days = tokio::time::interval(EVERY);
    loop {
        days.tick().await;
        remove_volumes(Arc::clone(&records), Arc::clone(&profiles)).await;
        remove_targets(Arc::clone(&records), Arc::clone(&profiles)).await;
        let records = Arc::clone(&records);
        let kept = mintage_records::Retention {
            events: retention.events,
            tasks: retention.tasks,
        };
        match tokio::task::spawn_blocking(move || records.tidy(kept)).await {
            Ok(Ok(tidied)) if tidied == mintage_records::Tidied::default() => {}
            Ok(Ok(tidied)) => {
                tracing::info!(
                    tasks = tidied.tasks,
                    events = tidied.events,
                    "old ones are forgotten"
                );
            }
            Ok(Err(error)) => tracing::warn!(%error, "old tasks and events are not forgotten"),
            Err(error) => tracing::error!(%error, "old tasks and events are not forgotten"),
        }
    }
}

/// Removes the targets that no server has to find.
async fn remove_targets(records: Arc<Records>, profiles: Arc<Profiles>) {
    let removed = tokio::task::spawn_blocking(move || remove_strays(&records, &profiles));
    match removed.await {
        Ok(Ok(0)) => {}
        Ok(Ok(targets)) => tracing::info!(targets, "those that no server has to find are removed"),
        Ok(Err(error)) => tracing::warn!(%error, "targets are not compared with the records"),
        Err(error) => tracing::error!(%error, "targets are not compared with the records"),
    }
}

/// Removes the volumes that servers had before, when their time is over.
async fn remove_volumes(records: Arc<Records>, profiles: Arc<Profiles>) {
    let removed = tokio::task::spawn_blocking(move || profiles.remove_expired(&records));
    match removed.await {
        Ok(Ok(0)) => {}
        Ok(Ok(volumes)) => tracing::info!(volumes, "old ones of servers are removed"),
        Ok(Err(error)) => tracing::warn!(%error, "old volumes of servers are not removed"),
        Err(error) => tracing::error!(%error, "old volumes of servers are not removed"),
    }
}
