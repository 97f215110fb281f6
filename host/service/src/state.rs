//! `AppState`: what handlers work with.

use crate::access::Access;
use crate::error::ApiError;
use crate::metrics::Metrics;
use crate::serve::Stop;
use crate::settings;
use mintage_deploy::server_profiles::Profiles;
use mintage_deploy::task::{Feed, Tasks};
use mintage_deploy::{DataFolder, Limits, ScriptCheck};
use mintage_records::{Author, Change, Records, Sealer, View};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;

/// What handlers work with; cheap to clone.
#[derive(Debug, Clone)]
pub struct AppState {
    /// The metadata store.
    pub records: Arc<Records>,
    /// Seals secrets before they are stored.
    pub sealer: Arc<Sealer>,
    /// Where files are.
    pub folder: Arc<DataFolder>,
    /// How much a request may bring.
    pub limits: Arc<Limits>,
    /// What server profiles are worked at with.
    pub profiles: Arc<Profiles>,
    /// Carries out tasks.
    pub tasks: Arc<Tasks>,
    /// What is committed.
    pub feed: Feed,
    /// What guards logins.
    pub access: Access,
    /// Places for those who preview a deployment or check a script: each takes a worker.
    pub workers: Arc<Semaphore>,
    /// Comes when the service stops.
    pub stop: Stop,
    /// What Prometheus is told.
    pub metrics: Arc<Metrics>,
    /// Every setting, and where it was said.
    pub configuration: Arc<[settings::Value]>,
    /// The service is not ready when the data folder has less free space, in bytes.
    pub free_space: u64,
    /// Where firmware gets iPXE scripts by plain HTTP; none where only HTTPS is served.
    pub boot: Option<SocketAddr>,
    /// Finds what is wrong with a plan script before it is stored.
    pub script_check: Arc<dyn ScriptCheck>,
}

impl AppState {
    /// Reads the store, on a thread that may block.
    ///
    /// # Errors
    /// Those of `act`.
    pub async fn read<T: Send + 'static>(
        &self,
        act: impl FnOnce(&mut View<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (records, metrics) = (Arc::clone(&self.records), Arc::clone(&self.metrics));
        blocking(move || {
            let start = Instant::now();
            let result = records.read(act);
            metrics.transaction("read", start.elapsed());
            result
        })
        .await
    }

    /// Changes the store, on a thread that may block.
    ///
    /// # Errors
    /// Those of `act`; then nothing was changed.
    pub async fn change<T: Send + 'static>(
        &self,
        author: Author,
        act: impl FnOnce(&mut Change<'_>) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (records, metrics) = (Arc::clone(&self.records), Arc::clone(&self.metrics));
        blocking(move || {
            let start = Instant::now();
            let result = records.change(&author, act);
            metrics.transaction("change", start.elapsed());
            result
        })
        .await
    }
}

/// Runs what blocks (files, the store, hashing) away from the threads that serve connections.
///
/// # Errors
/// Those of `act`; `internal` when it panicked.
pub async fn blocking<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    // Its log lines have the id of the request.
    let span = tracing::Span::current();
    match tokio::task::spawn_blocking(move || span.in_scope(act)).await {
        Ok(result) => result,
        Err(failed) => Err(ApiError::internal(&failed)),
    }
}

/// As [`blocking()`], in one of so many `places`: waits for one first.
///
/// # Errors
/// Those of `act`; `internal` when it panicked.
pub async fn in_turn<T: Send + 'static>(
    places: &Arc<Semaphore>,
    act: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let place = Arc::clone(places).acquire_owned().await;
    let place = place.map_err(|error| ApiError::internal(&error))?;
    blocking(move || {
        // Given back when the work is done, even if nobody waits for it any more.
        let _place = place;
        act()
    })
    .await
}
