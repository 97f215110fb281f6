//! `AppState`: what handlers work with.

use crate::error::ApiError;
use crate::serve::Stop;
use mintage_deploy::{DataFolder, Limits};
use mintage_records::{Author, Change, Records, Sealer, View};
use std::sync::Arc;

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
    /// Comes when the service stops.
    pub stop: Stop,
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
        let records = Arc::clone(&self.records);
        blocking(move || records.read(act)).await
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
        let records = Arc::clone(&self.records);
        blocking(move || records.change(&author, act)).await
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
