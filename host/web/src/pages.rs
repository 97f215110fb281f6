//! The pages: a file per resource, with its handlers. They read fields, call the API, and fill templates.

mod confirm;
mod dashboard;
mod events;
mod login;

use crate::api::Backend;
use axum::Router;
use axum::response::Redirect;
use axum::routing::get;

pub(crate) fn routes() -> Router<Backend> {
    Router::new()
        .route("/", get(async || Redirect::temporary("/ui")))
        .merge(login::routes())
        .merge(dashboard::routes())
        .merge(events::routes())
}
