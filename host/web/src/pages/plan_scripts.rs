//! Plan scripts: the editor, what the checker says of a text, and the script with its attributes.

use super::edit;
use crate::api::{Api, Backend, Page};
use crate::fields::Fields;
use crate::path::Segment;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde_json::{Value as Json, json};

const LIST: &str = "/ui/plan-scripts";
const DELETED: [&str; 1] = ["The script and all its versions are removed."];

pub(super) fn routes() -> Router<Backend> {
    Router::new()
        .route("/ui/plan-scripts/new", get(new).post(create))
        .route("/ui/plan-scripts/check", post(check))
        .route("/ui/plan-scripts/{id}", get(detail))
        .route("/ui/plan-scripts/{id}/edit", get(edit_form).post(change))
        .route("/ui/plan-scripts/{id}/delete", get(ask_delete).post(delete))
}

fn uri(id: &Segment) -> String {
    format!("/rest/plan-scripts/{id}")
}

async fn detail(api: Api, id: Segment) -> Page {
    let script = api.get(&uri(&id)).await?;
    // A text with JSON, as the wire has it.
    let asked = script["customAttributes"].as_str().unwrap_or("[]");
    let asked: Json = serde_json::from_str(asked).unwrap_or_default();
    let content = json!({"title": script["name"], "script": script, "attributes": asked});
    api.page("plan-script.html", content)
}

async fn new(api: Api) -> Page {
    let script = json!({"planType": "deploy", "language": "rhai", "content": ""});
    form(&api, StatusCode::OK, &script, Json::Null)
}

async fn edit_form(api: Api, id: Segment) -> Page {
    let script = api.get(&uri(&id)).await?;
    form(&api, StatusCode::OK, &script, Json::Null)
}

fn form(api: &Api, status: StatusCode, script: &Json, refused: Json) -> Page {
    let title = match script["uri"].is_string() {
        true => "Edit the plan script",
        false => "New plan script",
    };
    let content = json!({"title": title, "script": script, "refused": refused});
    api.page_with(status, "plan-script-edit.html", content)
}

/// Puts what the form says into `script`.
fn take(script: &mut Json, fields: &Fields) {
    for name in ["name", "planType", "language"] {
        script[name] = json!(fields.get(name));
    }
    script["description"] = json!(fields.text("description"));
    script["content"] = json!(fields.text("content"));
}

async fn create(api: Api, fields: Fields) -> Page {
    let mut script = json!({"type": "PlanScript"});
    take(&mut script, &fields);
    let done = api
        .post(&validated("/rest/plan-scripts", &fields), &script)
        .await;
    edit::finish(done, async |status, refused| {
        form(&api, status, &script, refused)
    })
    .await
}

async fn change(api: Api, id: Segment, fields: Fields) -> Page {
    let mut script = api.get(&uri(&id)).await?;
    take(&mut script, &fields);
    script["eTag"] = json!(fields.get("eTag"));
    let done = api.put(&validated(&uri(&id), &fields), &script).await;
    edit::finish(done, async |status, refused| {
        form(&api, status, &script, refused)
    })
    .await
}

/// A script with errors is stored only when the form says so.
fn validated(uri: &str, fields: &Fields) -> String {
    match fields.has("unchecked") {
        true => format!("{uri}?validate=false"),
        false => uri.to_owned(),
    }
}

/// What the checker says of a text that is being written.
async fn check(api: Api, fields: Fields) -> Page {
    let body = json!({"content": fields.text("content"), "language": fields.get("language")});
    let checked = api.post("/rest/plan-scripts/check", &body).await?;
    api.page("plan-script-faults.html", json!({"checked": checked.body}))
}

async fn ask_delete(api: Api, id: Segment) -> Page {
    edit::ask_delete(&api, &uri(&id), &DELETED).await
}

async fn delete(api: Api, id: Segment) -> Page {
    edit::delete(&api, &uri(&id), &DELETED, LIST).await
}
