//! Appliances: who serves, and the deployment groups and servers of the wire.

use crate::api::{Api, Backend, Page};
use axum::Router;
use axum::routing::get;
use serde_json::json;

pub(super) fn routes() -> Router<Backend> {
    Router::new().route("/ui/appliances", get(appliances))
}

async fn appliances(api: Api) -> Page {
    let list = "/rest/deployment-servers/image-streamer-appliances";
    let appliances = api.members(list, "").await?;
    let groups = api
        .members("/rest/deployment-groups", "sort=name:ascending")
        .await?;
    let servers = api
        .members("/rest/deployment-servers", "sort=name:ascending")
        .await?;
    let content = json!({
        "title": "Appliances", "appliances": appliances, "groups": groups, "servers": servers,
    });
    api.page("appliances.html", content)
}
