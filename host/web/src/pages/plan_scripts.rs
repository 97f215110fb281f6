//! Plan scripts: the editor, what the checker says of a text, and the script with its attributes.
//!
//! Templates are added and removed by buttons of the form, which shows itself again as it is then;
//! nothing is stored until it is saved.

use super::edit;
use crate::api::{Api, Backend, Page};
use crate::fields::Fields;
use crate::path::Segment;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

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
    let texts = fields
        .all("templateText")
        .map(|text| text.replace("\r\n", "\n"));
    let mut templates: BTreeMap<_, _> = fields.all("templateName").zip(texts).collect();
    if let Some(name) = fields.given("newTemplate") {
        templates.entry(name.trim()).or_default();
    }
    if let Some(name) = fields.given("drop") {
        templates.remove(name);
    }
    script["templates"] = json!(templates);
}

/// Whether a button was pressed that only changes what the form has.
fn goes_on(fields: &Fields) -> bool {
    fields.has("add") || fields.has("drop")
}

async fn create(api: Api, fields: Fields) -> Page {
    let mut script = json!({"type": "PlanScript"});
    take(&mut script, &fields);
    if goes_on(&fields) {
        return form(&api, StatusCode::OK, &script, Json::Null);
    }
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
    if goes_on(&fields) {
        return form(&api, StatusCode::OK, &script, Json::Null);
    }
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
    let mut draft = json!({});
    take(&mut draft, &fields);
    let checked = api.post("/rest/plan-scripts/check", &draft).await?;
    api.page("plan-script-faults.html", json!({"checked": checked.body}))
}

async fn ask_delete(api: Api, id: Segment) -> Page {
    edit::ask_delete(&api, &uri(&id), &DELETED).await
}

async fn delete(api: Api, id: Segment) -> Page {
    edit::delete(&api, &uri(&id), &DELETED, LIST).await
}
