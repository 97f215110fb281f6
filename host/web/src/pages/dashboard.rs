//! The dashboard: what needs attention first.

use crate::api::{Api, Backend, Page};
use crate::path::query;
use crate::refusal::Refusal;
use axum::Router;
use axum::routing::get;
use serde_json::{Value as Json, json};

/// What is counted, with the filter that says which.
const COUNTED: [(&str, &str); 5] = [
    ("server-profiles", "Server profiles"),
    ("os-volumes", "OS volumes"),
    ("deployment-plans", "Deployment plans"),
    ("golden-images", "Golden images"),
    ("plan-scripts", "Plan scripts"),
];

pub(super) fn routes() -> Router<Backend> {
    Router::new().route("/ui", get(dashboard))
}

async fn dashboard(api: Api) -> Page {
    let active = format!(
        "sort=created:descending&filter={}",
        query("alertState='Active'")
    );
    let alerts = top(&api, "alerts", &active).await?;
    let running = query("taskState='Running' or taskState='New' or taskState='Pending'");
    let running = format!("sort=created:descending&filter={running}");
    let running = top(&api, "tasks", &running).await?;
    let of = query("verb like 'server-profile.%'");
    let deployed = format!("sort=created:descending&filter={of}");
    let deployed = top(&api, "tasks", &deployed).await?;
    let mut counts = Vec::new();
    for (name, label) in COUNTED {
        let list = api.get(&format!("/rest/{name}?count=1")).await?;
        counts.push(json!({"name": name, "label": label, "total": list["total"]}));
    }
    let health = health(&api).await?;
    // A store that cannot be asked is told by an alert, and is no reason for no page.
    let capacity = api.get("/rest/capacity").await.unwrap_or_default();
    let content = json!({
        "title": "Dashboard", "alerts": alerts, "running": running, "deployed": deployed,
        "counts": counts, "health": health, "capacity": capacity,
    });
    api.page("dashboard.html", content)
}

/// The first ten of a list.
async fn top(api: &Api, list: &str, query: &str) -> Result<Json, Refusal> {
    api.get(&format!("/rest/{list}?count=10&{query}")).await
}

/// What keeps the service from working, if anything does: then the API answers with 503.
async fn health(api: &Api) -> Result<Json, Refusal> {
    match api.get("/health/ready").await {
        Ok(health) => Ok(health),
        Err(Refusal::Refused { envelope, .. }) if envelope["checks"].is_array() => Ok(*envelope),
        Err(other) => Err(other),
    }
}
