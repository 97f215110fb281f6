//! Artifact bundles: import, export by ticking, what is in one.

use super::edit;
use super::{downloads, upload};
use crate::api::{Api, Backend, Page};
use crate::fields::{Fields, Query};
use crate::path::{Segment, query, quoted};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde_json::{Map, Value as Json, json};

const LIST: &str = "/ui/artifact-bundles";
const DELETED: [&str; 1] = ["The bundle's file is removed; artifacts that came of it stay."];
/// How many artifacts of a kind are offered at once.
const SHOWN: u64 = 100;
/// What a bundle carries: the member of the request, the collection, and what it is called.
const CARRIED: [(&str, &str, &str); 4] = [
    ("deploymentPlans", "deployment-plans", "Deployment plans"),
    ("goldenImages", "golden-images", "Golden images"),
    ("buildPlans", "build-plans", "Build plans"),
    ("planScripts", "plan-scripts", "Plan scripts"),
];

pub(super) fn routes() -> Router<Backend> {
    Router::new()
        .route("/ui/artifact-bundles/import", get(import_form).post(import))
        .route("/ui/artifact-bundles/new", get(new).post(create))
        .route("/ui/artifact-bundles/{id}", get(detail))
        .route("/ui/artifact-bundles/{id}/extract", post(extract))
        .route("/ui/artifact-bundles/{id}/download", get(download))
        .route(
            "/ui/artifact-bundles/{id}/delete",
            get(ask_delete).post(delete),
        )
}

fn uri(id: &Segment) -> String {
    format!("/rest/artifact-bundles/{id}")
}

async fn import_form(api: Api) -> Page {
    import_page(api, StatusCode::OK, Json::Null).await
}

async fn import_page(api: Api, status: StatusCode, refused: Json) -> Page {
    let content = json!({"title": "Import an artifact bundle", "refused": refused});
    api.page_with(status, "artifact-bundle-import.html", content)
}

async fn import(api: Api, request: Request) -> Page {
    let again = |status, refused| import_page(api.clone(), status, refused);
    upload::pass_on(&api, "/rest/artifact-bundles", request, again).await
}

async fn detail(api: Api, id: Segment) -> Page {
    shown(&api, &id, StatusCode::OK, Json::Null).await
}

async fn shown(api: &Api, id: &Segment, status: StatusCode, refused: Json) -> Page {
    let bundle = api.get(&uri(id)).await?;
    let content = json!({"title": bundle["name"], "bundle": bundle, "refused": refused});
    api.page_with(status, "artifact-bundle.html", content)
}

/// Makes the artifacts of a bundle; what has a name that is taken is told, or replaced by force.
async fn extract(api: Api, id: Segment, fields: Fields) -> Page {
    let force = fields.has("force");
    let to = format!("{}?extract=true&forceImport={force}", uri(&id));
    let done = api.put(&to, &json!({})).await;
    edit::finish(done, |status, refused| shown(&api, &id, status, refused)).await
}

async fn new(api: Api, Query(asked): Query) -> Page {
    form(
        &api,
        StatusCode::OK,
        &asked,
        asked.get("contains"),
        Json::Null,
    )
    .await
}

async fn form(api: &Api, status: StatusCode, fields: &Fields, asked: &str, refused: Json) -> Page {
    let filter = match asked {
        "" => String::new(),
        text => format!(
            "&filter={}",
            query(&format!("name matches '%{}%'", quoted(text)))
        ),
    };
    let mut groups = Vec::new();
    for (member, list, label) in CARRIED {
        let uri = format!("/rest/{list}?count={SHOWN}&sort=name:ascending{filter}");
        let all = api.get(&uri).await?;
        let more = all["total"].as_u64().unwrap_or(0).saturating_sub(SHOWN);
        let all = all["members"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let items = all.iter().map(|one| {
            let ticked = fields.all(member).any(|uri| one["uri"] == uri);
            json!({"uri": one["uri"], "name": one["name"], "ticked": ticked})
        });
        let items: Vec<Json> = items.collect();
        groups.push(json!({"member": member, "label": label, "artifacts": items, "more": more}));
    }
    let content = json!({
        "title": "New artifact bundle", "groups": groups, "refused": refused,
        "fields": fields.object(&["name", "description"]), "asked": asked,
    });
    api.page_with(status, "artifact-bundle-new.html", content)
}

async fn create(api: Api, fields: Fields) -> Page {
    let mut body = Map::new();
    body.insert("name".to_owned(), json!(fields.get("name")));
    body.insert("description".to_owned(), json!(fields.text("description")));
    let read_only = fields.has("readOnly");
    for (member, _, _) in CARRIED {
        let chosen = fields.all(member);
        let chosen = chosen.map(|uri| json!({"resourceUri": uri, "readOnly": read_only}));
        body.insert(member.to_owned(), chosen.collect());
    }
    let done = api
        .post("/rest/artifact-bundles", &Json::Object(body))
        .await;
    edit::finish(done, |status, refused| {
        form(&api, status, &fields, "", refused)
    })
    .await
}

async fn download(api: Api, id: Segment) -> Page {
    downloads::download(&api, &format!("/rest/artifact-bundles/download/{id}")).await
}

async fn ask_delete(api: Api, id: Segment) -> Page {
    edit::ask_delete(&api, &uri(&id), &DELETED).await
}

async fn delete(api: Api, id: Segment) -> Page {
    edit::delete(&api, &uri(&id), &DELETED, LIST).await
}
