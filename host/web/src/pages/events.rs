//! The stream of what changes: the API's, for the session of the cookie.

use crate::api::{Api, Backend, Page};
use crate::refusal::Refusal;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::routing::get;

pub(super) fn routes() -> Router<Backend> {
    Router::new().route("/ui/events", get(events))
}

async fn events(api: Api, page: Request) -> Page {
    let mut request = Request::builder().uri("/rest/events");
    if let Some(last) = page.headers().get("last-event-id") {
        request = request.header("last-event-id", last);
    }
    let request = request.body(Body::empty());
    api.send(request.map_err(|error| Refusal::internal(&error))?)
        .await
}
