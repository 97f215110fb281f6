//! OS volumes: target, paths, sessions, what differs from the golden image, capture, boot test.

use super::confirm::Confirm;
use super::downloads;
use super::edit::{self, name_of};
use crate::api::{Api, Backend, Page};
use crate::fields::Fields;
use crate::path::{Segment, query};
use crate::refusal::Refusal;
use axum::Router;
use axum::routing::get;
use serde_json::{Value as Json, json};

const LIST: &str = "/ui/os-volumes";
const DELETED: [&str; 1] =
    ["The volume and all that is on it are removed. Nothing brings it back."];

pub(super) fn routes() -> Router<Backend> {
    Router::new()
        .route("/ui/os-volumes/{id}", get(detail))
        .route("/ui/os-volumes/{id}/log", get(log))
        .route(
            "/ui/os-volumes/{id}/capture",
            get(ask_capture).post(capture),
        )
        .route("/ui/os-volumes/{id}/delete", get(ask_delete).post(delete))
}

fn uri(id: &Segment) -> String {
    format!("/rest/os-volumes/{id}")
}

async fn detail(api: Api, id: Segment) -> Page {
    let volume = api.get(&uri(&id)).await?;
    let storage = or_none(api.get(&format!("{}/storage", uri(&id))).await)?;
    let diff = or_none(api.get(&format!("{}/diff", uri(&id))).await)?;
    let content = json!({
        "title": volume["name"], "volume": volume, "storage": storage, "diff": diff,
    });
    api.page("os-volume.html", content)
}

/// What a volume that is not complete has not yet.
fn or_none(found: Result<Json, Refusal>) -> Result<Json, Refusal> {
    match found {
        Err(refusal) if refusal.is_not_found() => Ok(Json::Null),
        other => other,
    }
}

async fn log(api: Api, id: Segment) -> Page {
    downloads::download(&api, &format!("/rest/os-volumes/archive/{id}")).await
}

async fn confirm(api: &Api, id: &Segment, fields: &Fields) -> Result<Confirm, Refusal> {
    let volume = api.get(&uri(id)).await?;
    let filter = query("oeBuildPlanType='capture'");
    let query = format!("sort=name:ascending&filter={filter}");
    let plans = edit::options(&api.members("/rest/build-plans", &query).await?);
    Ok(Confirm {
        title: format!("Capture {}", name_of(&volume)),
        name: name_of(&volume),
        effects: vec![
            "A clone of the volume is generalized by a build plan, and becomes a new golden image.".into(),
            "The volume itself is only read. Of a server that runs, the clone is as after a power failure.".into(),
            "If anything of the server's own is found in the clone, there is no image, and the task says what was found.".into(),
        ],
        label: "Capture",
        danger: false,
        fields: vec![
            json!({"kind": "text", "name": "name", "label": "Name of the golden image", "required": true,
                "value": fields.get("name")}),
            json!({"kind": "select", "name": "buildPlanUri", "label": "Capture plan", "options": plans,
                "value": fields.get("buildPlanUri")}),
            json!({"kind": "tick", "name": "bootTest", "label": "Boot the image in an emulator then"}),
        ],
        back: format!("{LIST}/{id}"),
    })
}

async fn ask_capture(api: Api, id: Segment) -> Page {
    confirm(&api, &id, &Fields::default()).await?.ask(&api)
}

async fn capture(api: Api, id: Segment, fields: Fields) -> Page {
    let body = json!({
        "name": fields.get("name"), "imageCapture": true, "osVolumeURI": uri(&id),
        "buildPlanUri": edit::nullable(fields.get("buildPlanUri")), "bootTest": fields.has("bootTest"),
    });
    let done = api.post("/rest/golden-images", &body).await;
    let again = async |status, refused| {
        confirm(&api, &id, &fields)
            .await?
            .refused(&api, status, refused)
    };
    edit::finish(done, again).await
}

async fn ask_delete(api: Api, id: Segment) -> Page {
    edit::ask_delete(&api, &uri(&id), &DELETED).await
}

async fn delete(api: Api, id: Segment) -> Page {
    edit::delete(&api, &uri(&id), &DELETED, LIST).await
}
