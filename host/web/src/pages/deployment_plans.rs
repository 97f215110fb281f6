//! Deployment plans: a golden image with a build plan, and what of it may be set for each server.

use super::attributes;
use super::edit;
use crate::api::{Api, Backend, Page};
use crate::fields::{Fields, Query};
use crate::path::{Segment, query};
use crate::refusal::Refusal;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value as Json, json};

const LIST: &str = "/ui/deployment-plans";
const DELETED: [&str; 1] =
    ["The deployment plan and all its versions are removed; its image and its build plan stay."];

pub(super) fn routes() -> Router<Backend> {
    Router::new()
        .route("/ui/deployment-plans/new", get(new).post(create))
        .route("/ui/deployment-plans/{id}", get(detail))
        .route(
            "/ui/deployment-plans/{id}/edit",
            get(edit_form).post(change),
        )
        .route(
            "/ui/deployment-plans/{id}/delete",
            get(ask_delete).post(delete),
        )
}

fn uri(id: &Segment) -> String {
    format!("/rest/deployment-plans/{id}")
}

async fn detail(api: Api, id: Segment) -> Page {
    let plan = api.get(&uri(&id)).await?;
    let image = named(&api, &plan["goldenImageURI"]).await?;
    let build_plan = named(&api, &plan["oeBuildPlanURI"]).await?;
    let content = json!({
        "title": plan["name"], "plan": plan, "image": image, "build_plan": build_plan,
        "attributes": attributes::inputs(&plan, |_| None),
    });
    api.page("deployment-plan.html", content)
}

/// What a URI names; null where there is none.
async fn named(api: &Api, uri: &Json) -> Result<Json, Refusal> {
    match uri.as_str() {
        Some(uri) => api.get(uri).await,
        None => Ok(Json::Null),
    }
}

async fn new(api: Api, Query(asked): Query) -> Page {
    let mut plan = json!({"oeBuildPlanURI": asked.get("build_plan")});
    if let Some(build_plan) = asked.given("build_plan") {
        plan["customAttributes"] = api.get(&known(build_plan)?).await?["customAttributes"].take();
    }
    form(&api, StatusCode::OK, &plan, Json::Null).await
}

/// The URI of a build plan, and of nothing else.
fn known(uri: &str) -> Result<String, Refusal> {
    let is_plan = uri.strip_prefix("/rest/build-plans/");
    let is_plan =
        is_plan.is_some_and(|id| id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    is_plan.then(|| uri.to_owned()).ok_or_else(Refusal::no_page)
}

async fn edit_form(api: Api, id: Segment) -> Page {
    let plan = api.get(&uri(&id)).await?;
    form(&api, StatusCode::OK, &plan, Json::Null).await
}

async fn form(api: &Api, status: StatusCode, plan: &Json, refused: Json) -> Page {
    let images = api
        .members("/rest/golden-images", "sort=name:ascending")
        .await?;
    let filter = query("oeBuildPlanType='deploy'");
    let query = format!("sort=name:ascending&filter={filter}");
    let build_plans = api.members("/rest/build-plans", &query).await?;
    let title = match plan["uri"].is_string() {
        true => "Edit the deployment plan",
        false => "New deployment plan",
    };
    let content = json!({
        "title": title, "plan": plan, "refused": refused,
        "images": edit::options(&images), "build_plans": edit::options(&build_plans),
        "attributes": attributes::inputs(plan, |_| None),
    });
    api.page_with(status, "deployment-plan-edit.html", content)
}

fn take(mut plan: Json, fields: &Fields) -> Json {
    plan["name"] = json!(fields.get("name"));
    plan["description"] = json!(fields.text("description"));
    plan["goldenImageURI"] = edit::nullable(fields.get("goldenImageURI"));
    let all = plan["customAttributes"].as_array_mut();
    for attribute in all.into_iter().flatten() {
        let name = attribute["name"].as_str().unwrap_or_default().to_owned();
        attribute["visible"] = json!(fields.has(&format!("visible:{name}")));
        attribute["editable"] = json!(fields.has(&format!("editable:{name}")));
        let is_kept = fields.has(&format!("kept:{name}"));
        match fields.given(&format!("v:{name}")) {
            Some(value) => attribute["value"] = json!(value.replace("\r\n", "\n")),
            None if is_kept => attribute["value"] = json!(attributes::MASK),
            None if attribute["type"] == "nic" => {}
            None => attribute["value"] = json!(""),
        }
    }
    plan
}

async fn create(api: Api, fields: Fields) -> Page {
    let build_plan = api.get(&known(fields.get("oeBuildPlanURI"))?).await?;
    let plan = json!({
        "type": "OEDeploymentPlanV5", "oeBuildPlanURI": build_plan["uri"],
        "customAttributes": build_plan["customAttributes"],
    });
    let plan = take(plan, &fields);
    let done = api.post("/rest/deployment-plans", &plan).await;
    edit::finish(done, |status, refused| form(&api, status, &plan, refused)).await
}

async fn change(api: Api, id: Segment, fields: Fields) -> Page {
    let mut plan = take(api.get(&uri(&id)).await?, &fields);
    plan["eTag"] = json!(fields.get("eTag"));
    let done = api.put(&uri(&id), &plan).await;
    edit::finish(done, |status, refused| form(&api, status, &plan, refused)).await
}

async fn ask_delete(api: Api, id: Segment) -> Page {
    edit::ask_delete(&api, &uri(&id), &DELETED).await
}

async fn delete(api: Api, id: Segment) -> Page {
    edit::delete(&api, &uri(&id), &DELETED, LIST).await
}
