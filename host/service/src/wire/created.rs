//! `Created`: the reply to a request that made a resource.

use super::etag::Tagged;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The reply to a request that made a resource: 201, where it is, its version, and itself.
#[derive(Debug, Clone)]
pub struct Created<R> {
    /// Where it is.
    pub uri: String,
    /// Its version.
    pub version: u64,
    /// It.
    pub body: R,
}

impl<R: IntoResponse> IntoResponse for Created<R> {
    fn into_response(self) -> Response {
        let mut response = (StatusCode::CREATED, Tagged(self.version, self.body)).into_response();
        if let Ok(uri) = HeaderValue::from_str(&self.uri) {
            response.headers_mut().insert(header::LOCATION, uri);
        }
        response
    }
}
