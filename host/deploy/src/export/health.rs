//! Alerts about the daemons that serve OS volumes.

use crate::alerts::{self, NewAlert};
use mintage_records::model::Severity;
use mintage_records::{Author, Records, RecordsError};
use mintage_storage::export::tgt::DaemonState;
use std::sync::Arc;

/// Notes in the records what becomes of daemons.
#[derive(Debug, Clone)]
pub struct DaemonHealth(pub Arc<Records>);

impl DaemonHealth {
    /// Raises an alert, or clears it.
    pub fn tell(&self, state: &DaemonState) {
        match &state.down {
            None => tracing::info!(daemon = state.daemon, "exports are served"),
            Some(why) => tracing::warn!(daemon = state.daemon, why, "exports are not served"),
        }
        if let Err(error) = note(&self.0, state) {
            tracing::error!(%error, "the alert about a daemon is not recorded");
        }
    }
}

/// Raises an alert for a daemon that does not serve, and clears it for one that does.
///
/// # Errors
/// Those of the records.
pub fn note(records: &Records, state: &DaemonState) -> Result<(), RecordsError> {
    let description = format!(
        "{} does not serve: servers have one path less to their OS volumes",
        state.daemon
    );
    records.change(&Author::service(), |change| match &state.down {
        None => alerts::clear_described(change, &description).map(drop),
        Some(why) => {
            let alert = NewAlert {
                severity: Severity::Critical,
                description,
                corrective_action: format!(
                    "It is tried again by itself. The reason was: {why}. Look whether the package \
                     `tgt` is installed, whether the settings `export` name addresses of this \
                     machine, and into the daemon's log."
                ),
                resource: None,
            };
            alerts::raise(change, alert).map(drop)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mintage_records::model::Alert;
    use mintage_records::{DatabaseUrl, Query};

    #[test]
    fn an_alert_lasts_as_long_as_its_daemon_is_down() {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(folder.path().join("records.db"));
        let records = Records::open(&url, "here").unwrap();
        let state = |daemon: &str, down: Option<&str>| DaemonState {
            daemon: daemon.to_owned(),
            down: down.map(str::to_owned),
        };
        let states = || -> Vec<String> {
            let all = records.read(|view| view.list::<Alert>(&Query::default()));
            let all = all.unwrap().members.into_iter();
            all.map(|alert| alert.body.alert_state).collect()
        };
        let first = "tgtd 1 at 10.0.0.1:3260";
        note(&records, &state(first, None)).unwrap();
        assert!(states().is_empty());
        note(&records, &state(first, Some("it ended"))).unwrap();
        note(&records, &state(first, Some("it does not run"))).unwrap();
        assert_eq!(states(), [alerts::ACTIVE]);
        note(&records, &state("tgtd 2 at 10.0.1.1:3260", None)).unwrap();
        assert_eq!(states(), [alerts::ACTIVE]);
        note(&records, &state(first, None)).unwrap();
        assert_eq!(states(), [alerts::CLEARED]);
    }
}
