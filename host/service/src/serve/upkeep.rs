//! `upkeep`: what the service forgets, at its start and once a day.

use crate::settings::Retention;
use mintage_records::Records;
use std::sync::Arc;
use std::time::Duration;

/// How often.
const EVERY: Duration = Duration::from_secs(24 * 3600);

/// Forgets what is older than `retention` says, again and again, for as long as the service runs.
pub(super) async fn upkeep(records: Arc<Records>, retention: Retention) {
    let mut days = tokio::time::interval(EVERY);
    loop {
        days.tick().await;
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
