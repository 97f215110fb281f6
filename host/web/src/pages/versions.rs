//! Versions of artifacts: which there are, how two differ, and going back to one.

use super::confirm::Confirm;
use super::edit::{self, name_of};
use crate::api::{Api, Backend, Page};
use crate::fields::Query;
use crate::path::Segment;
use crate::refusal::Refusal;
use axum::Router;
use axum::routing::get;
use serde_json::json;

/// The artifacts that have pages of their versions.
const KINDS: [&str; 3] = ["plan-scripts", "build-plans", "deployment-plans"];

pub(super) fn routes() -> Router<Backend> {
    KINDS.into_iter().fold(Router::new(), |router, kind| {
        let page =
            async move |api: Api, id: Segment, query: Query| show(api, kind, id, query).await;
        let ask = async move |api: Api, id: Segment, query: Query| ask(api, kind, id, query).await;
        let restore =
            async move |api: Api, id: Segment, query: Query| restore(api, kind, id, query).await;
        router
            .route(&format!("/ui/{kind}/{{id}}/versions"), get(page))
            .route(
                &format!("/ui/{kind}/{{id}}/restore"),
                get(ask).post(restore),
            )
    })
}

async fn show(api: Api, kind: &str, id: Segment, Query(asked): Query) -> Page {
    let uri = format!("/rest/{kind}/{id}");
    let artifact = api.get(&uri).await?;
    let versions = api.get(&format!("{uri}/versions")).await?;
    let known = versions["members"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let numbers: Vec<u64> = known
        .iter()
        .filter_map(|one| one["version"].as_u64())
        .collect();
    let newest = numbers.iter().copied().max().unwrap_or(1);
    let to = asked.get("to").parse().unwrap_or(newest);
    let before = numbers
        .iter()
        .copied()
        .filter(|one| *one < to)
        .max()
        .unwrap_or(to);
    let from: u64 = asked.get("from").parse().unwrap_or(before);
    let differences = match from == to {
        true => json!(null),
        false => {
            api.get(&format!("{uri}/differences?from={from}&to={to}"))
                .await?
        }
    };
    let content = json!({
        "title": format!("Versions of {}", name_of(&artifact)), "artifact": artifact,
        "page": format!("/ui/{kind}/{id}"), "kind": kind,
        "versions": versions["members"], "newest": newest, "from": from, "to": to,
        "differences": differences,
    });
    api.page("versions.html", content)
}

async fn confirm(api: &Api, kind: &str, id: &Segment, version: u64) -> Result<Confirm, Refusal> {
    let artifact = api.get(&format!("/rest/{kind}/{id}")).await?;
    Ok(Confirm {
        title: format!("Go back to version {version} of {}", name_of(&artifact)),
        name: name_of(&artifact),
        effects: vec![
            format!("It becomes as it was in version {version}, as a new version."),
            "Servers that are deployed keep what they were made of.".into(),
        ],
        label: "Go back to it",
        danger: false,
        fields: Vec::new(),
        back: format!("/ui/{kind}/{id}/versions"),
    })
}

fn version(query: &Query) -> Result<u64, Refusal> {
    query
        .0
        .get("version")
        .parse()
        .map_err(|_| Refusal::no_page())
}

async fn ask(api: Api, kind: &str, id: Segment, query: Query) -> Page {
    confirm(&api, kind, &id, version(&query)?).await?.ask(&api)
}

async fn restore(api: Api, kind: &str, id: Segment, query: Query) -> Page {
    let version = version(&query)?;
    let uri = format!("/rest/{kind}/{id}/versions/{version}/restore");
    let done = api.post(&uri, &json!({})).await;
    let again = async |status, refused| {
        confirm(&api, kind, &id, version)
            .await?
            .refused(&api, status, refused)
    };
    edit::finish(done, again).await
}
