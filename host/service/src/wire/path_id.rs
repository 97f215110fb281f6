//! `PathId`: the id in a path.

use crate::error::ApiError;
use crate::wire::Path;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use mintage_records::Id;

/// The id in a path; what can be none is not found.
#[derive(Debug, Clone)]
pub struct PathId(pub Id);

impl<S: Send + Sync> FromRequestParts<S> for PathId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let not_found = || ApiError::not_found("there is nothing with this id");
        let path = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = path.map_err(|_| not_found())?;
        Id::parse(&text).map(Self).ok_or_else(not_found)
    }
}
