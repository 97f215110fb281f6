//! `Accepted`: the reply to a request that a task carries out.

use super::json::Json;
use crate::resources::tasks::TaskWire;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use mintage_records::model::Task;
use mintage_records::{Kind, Stored};

/// The reply to a request that a task carries out: 202, where the task is, and the task. Its form in
/// the API's document is [`TaskWire`].
#[derive(Debug, Clone)]
pub struct Accepted(pub Stored<Task>);

impl IntoResponse for Accepted {
    fn into_response(self) -> Response {
        let uri = Kind::Tasks.uri(&self.0.id);
        let body = Json(TaskWire::from(self.0));
        let mut response = (StatusCode::ACCEPTED, body).into_response();
        // Clients join it to the service's address, so it is relative.
        if let Ok(uri) = HeaderValue::from_str(&uri) {
            response.headers_mut().insert(header::LOCATION, uri);
        }
        response
    }
}
