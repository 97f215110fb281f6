//! Tasks: steps with their times, the log, why one failed and what to do; cancel.

use super::confirm::Confirm;
use super::edit::{self, name_of};
use crate::api::{Api, Backend, Page};
use crate::path::Segment;
use crate::refusal::Refusal;
use axum::Router;
use axum::routing::get;
use serde_json::json;

pub(super) fn routes() -> Router<Backend> {
    Router::new()
        .route("/ui/tasks/{id}", get(detail))
        .route("/ui/tasks/{id}/cancel", get(ask_cancel).post(cancel))
}

async fn detail(api: Api, id: Segment) -> Page {
    let task = api.get(&format!("/rest/tasks/{id}")).await?;
    api.page("task.html", json!({"title": task["name"], "task": task}))
}

async fn confirm(api: &Api, id: &Segment) -> Result<Confirm, Refusal> {
    let task = api.get(&format!("/rest/tasks/{id}")).await?;
    Ok(Confirm {
        title: format!("Cancel {}", name_of(&task)),
        name: name_of(&task),
        effects: vec!["What it has done so far is undone; nothing half-done stays.".into()],
        label: "Cancel the task",
        danger: true,
        fields: Vec::new(),
        back: format!("/ui/tasks/{id}"),
    })
}

async fn ask_cancel(api: Api, id: Segment) -> Page {
    confirm(&api, &id).await?.ask(&api)
}

async fn cancel(api: Api, id: Segment) -> Page {
    let done = api
        .post(&format!("/rest/tasks/{id}/cancel"), &json!({}))
        .await;
    let again = async |status, refused| confirm(&api, &id).await?.refused(&api, status, refused);
    edit::finish(done, again).await
}
