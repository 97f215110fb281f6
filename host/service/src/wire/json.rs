//! `Json`: a body, read with an error that names the member, or written.

use super::body::{is_form, read_whole};
use crate::error::ApiError;
use crate::state::AppState;
use axum::extract::{FromRequest, Request};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// A JSON body. The content type of a request does not count, as clients send all kinds; only a form is
/// none.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, ApiError> {
        if is_form(request.headers()) {
            let message = "the body must be a JSON object, not a form";
            return Err(ApiError::bad_request("INVALID_JSON", message));
        }
        let bytes = read_whole(request.into_body(), state.limits.json_body).await?;
        if bytes.trim_ascii().is_empty() {
            let message = "the body is empty, and must be a JSON object";
            return Err(ApiError::bad_request("INVALID_JSON", message));
        }
        let mut reader = serde_json::Deserializer::from_slice(&bytes);
        let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let member = error.path().to_string();
            let details = error.inner().to_string();
            match member.as_str() {
                // The whole, and where the text ends too early.
                "." | "?" => {
                    ApiError::bad_request("INVALID_JSON", "the body is wrong").details(details)
                }
                _ => ApiError::bad_request(
                    "INVALID_JSON",
                    format!("the body is wrong at `{member}`"),
                )
                .details(details)
                .source(member),
            }
        })?;
        reader.end().map_err(|error| {
            ApiError::bad_request("INVALID_JSON", "there is more after the JSON body")
                .details(error.to_string())
        })?;
        Ok(Self(value))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}
