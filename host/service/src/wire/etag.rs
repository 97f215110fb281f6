//! ETags: the version of a resource, in the header and in the body.

use crate::error::ApiError;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use mintage_records::Match;

/// A reply with the `ETag` of a version.
#[derive(Debug, Clone)]
pub struct Tagged<R>(pub u64, pub R);

impl<R: IntoResponse> IntoResponse for Tagged<R> {
    fn into_response(self) -> Response {
        let mut response = self.1.into_response();
        if let Ok(tag) = HeaderValue::from_str(&format!("\"{}\"", self.0)) {
            response.headers_mut().insert(header::ETAG, tag);
        }
        response
    }
}

/// Which version a change is meant for: the header `If-Match` says so, or else the member `eTag` of
/// the body, which the wire's clients send back as they got it.
///
/// # Errors
/// 400 for a header that is none of this service's.
pub fn expected(headers: &HeaderMap, body_tag: Option<&str>) -> Result<Match, ApiError> {
    let header = headers.get(header::IF_MATCH);
    let given = match header {
        Some(value) => value.to_str().ok().map(str::trim),
        None => body_tag.map(str::trim).filter(|tag| !tag.is_empty()),
    };
    match given {
        None if header.is_some() => Err(no_tag()),
        None | Some("*") => Ok(Match::Any),
        Some(tag) => {
            let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
            tag.parse().map(Match::Version).map_err(|_| no_tag())
        }
    }
}

fn no_tag() -> ApiError {
    ApiError::bad_request("INVALID_ETAG", "the ETag is none that this service gave")
        .source("eTag")
        .action("Send the `eTag` that you got with the resource, or none.")
}
