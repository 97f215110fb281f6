//! An alert: what it is about, and what to do.

use crate::api::{Api, Backend, Page};
use crate::path::Segment;
use axum::Router;
use axum::routing::get;
use serde_json::json;

pub(super) fn routes() -> Router<Backend> {
    Router::new().route("/ui/alerts/{id}", get(detail))
}

async fn detail(api: Api, id: Segment) -> Page {
    let alert = api.get(&format!("/rest/alerts/{id}")).await?;
    api.page("alert.html", json!({"title": "Alert", "alert": alert}))
}
