//! Files of the API, for browsers to keep: images, bundles, logs.

use crate::api::{Api, Page};
use crate::refusal::Refusal;
use axum::body::Body;
use axum::extract::Request;

/// The file at `uri`, as it comes.
///
/// # Errors
/// What the API refuses.
pub(super) async fn download(api: &Api, uri: &str) -> Page {
    let request = Request::builder().uri(uri).body(Body::empty());
    let request = request.map_err(|error| Refusal::internal(&error))?;
    api.send(request).await
}
