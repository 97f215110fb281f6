//! Offering OS volumes over iSCSI, from the start of the service on.

use super::{Result, failed};
use crate::settings::{Settings, own_folder};
use mintage_deploy::export::{DaemonHealth, Restored, remove_strays, restore};
use mintage_deploy::server_profiles::Profiles;
use mintage_records::Records;
use mintage_storage::export::tgt::{Daemons, retire};
use mintage_storage::export::{Exporter, Off, Tgt};
use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt as _;
use std::sync::Arc;
use std::time::Duration;

/// How often it is tried again to offer everything, as long as nobody is there to serve.
const EVERY: Duration = Duration::from_secs(5);

/// Who offers volumes, as the settings say. Daemons that are not wanted any more end, unless somebody is
/// logged in to them.
pub(super) fn exporter(settings: &Settings, records: &Arc<Records>) -> Result<Arc<dyn Exporter>> {
    let folder = own_folder(&settings.data);
    let daemons = settings.export.daemons(&settings.data)?;
    let own = match &daemons {
        Some(Daemons::Own { portals, .. }) => portals.len(),
        _ => 0,
    };
    if own > 0 {
        let made = DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder);
        made.map_err(|error| failed(format!("cannot make {}: {error}", folder.display())))?;
    }
    match retire(&folder, own) {
        Ok(0) => {}
        Ok(left) => tracing::warn!(left, "daemons that the settings do not want are still used"),
        Err(error) => tracing::warn!(%error, "a daemon that the settings do not want is left"),
    }
    let Some(daemons) = daemons else {
        return Ok(Arc::new(Off));
    };
    let health = DaemonHealth(Arc::clone(records));
    Ok(Arc::new(Tgt::start(daemons, move |state| {
        health.tell(&state)
    })))
}

/// Offers what the records say, and nothing else. To be done before tasks run.
pub(super) fn begin(records: &Records, profiles: &Profiles) -> Result<()> {
    let unreadable = |error| failed(format!("what is exported cannot be read: {error}"));
    let strays = remove_strays(records, profiles).map_err(unreadable)?;
    if strays > 0 {
        tracing::info!(strays, "targets that the records do not know are removed");
    }
    restore(records, profiles).map_err(unreadable)?;
    Ok(())
}

/// Offers what the records say, as soon as somebody is there to serve. After that, the exporter itself looks
/// after daemons that come back.
pub(super) async fn restore_at_last(records: Arc<Records>, profiles: Arc<Profiles>) {
    loop {
        let (records, profiles) = (Arc::clone(&records), Arc::clone(&profiles));
        let done = tokio::task::spawn_blocking(move || restore(&records, &profiles)).await;
        match done {
            Ok(Ok(Restored::Later)) => tokio::time::sleep(EVERY).await,
            Ok(Ok(Restored::All)) => return,
            Ok(Err(error)) => {
                tracing::error!(%error, "volumes are not offered");
                tokio::time::sleep(EVERY).await;
            }
            Err(error) => return tracing::error!(%error, "volumes are not offered"),
        }
    }
}
