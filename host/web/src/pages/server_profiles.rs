//! Server profiles: deploy from a form, preview, change, redeploy, roll back, delete.

use super::confirm::Confirm;
use super::edit::{self, name_of};
use super::profile_form::{filled, form, preview as previewed};
use crate::api::{Api, Backend, Page};
use crate::fields::{Fields, Query};
use crate::path::{Segment, query, quoted};
use crate::refusal::Refusal;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};
use serde_json::{Value as Json, json};

const LIST: &str = "/ui/server-profiles";
const FORCE: &str = "While the server uses its volume this is refused. Tick the box to cut it off.";

pub(super) fn routes() -> Router<Backend> {
    Router::new()
        .route("/ui/server-profiles/new", get(new).post(create))
        .route("/ui/server-profiles/preview", post(preview))
        .route("/ui/server-profiles/{id}", get(detail))
        .route("/ui/server-profiles/{id}/boot", get(boot))
        .route("/ui/server-profiles/{id}/edit", get(edit_form).post(change))
        .route(
            "/ui/server-profiles/{id}/redeploy",
            get(ask_redeploy).post(redeploy),
        )
        .route(
            "/ui/server-profiles/{id}/roll-back",
            get(ask_roll_back).post(roll_back),
        )
        .route(
            "/ui/server-profiles/{id}/delete",
            get(ask_delete).post(delete),
        )
}

fn uri(id: &Segment) -> String {
    format!("/rest/server-profiles/{id}")
}

async fn new(api: Api, Query(asked): Query) -> Page {
    form(&api, StatusCode::OK, &json!({}), &asked, Json::Null).await
}

async fn create(api: Api, fields: Fields) -> Page {
    let profile = json!({"type": "ServerProfileV9"});
    let done = match filled(&api, &profile, &fields).await {
        Ok(profile) => api.post("/rest/server-profiles", &profile).await,
        Err(refusal) => Err(refusal),
    };
    let again = async |status, refused| form(&api, status, &json!({}), &fields, refused).await;
    edit::finish(done, again).await
}

async fn edit_form(api: Api, id: Segment, Query(asked): Query) -> Page {
    let profile = api.get(&uri(&id)).await?;
    form(&api, StatusCode::OK, &profile, &asked, Json::Null).await
}

async fn change(api: Api, id: Segment, fields: Fields) -> Page {
    let profile = api.get(&uri(&id)).await?;
    let mut wanted = filled(&api, &profile, &fields).await?;
    wanted["eTag"] = json!(fields.get("eTag"));
    let force = if fields.has("force") {
        "?force=true"
    } else {
        ""
    };
    let done = api.put(&format!("{}{force}", uri(&id)), &wanted).await;
    let again = async |status, refused| form(&api, status, &profile, &fields, refused).await;
    edit::finish(done, again).await
}

/// What the volume would be, before it is made: a page, whose content the form's script takes.
async fn preview(api: Api, fields: Fields) -> Page {
    let asked = previewed(&api, &fields).await?;
    match api.post("/rest/os-volumes/preview", &asked).await {
        Ok(reply) => {
            let content = json!({
                "title": "Preview", "outcome": reply.body["outcome"],
                "timings": reply.body["timings"], "name": fields.get("name"),
            });
            api.page("preview.html", content)
        }
        Err(refusal) => {
            let (status, refused) = refusal.beside_form()?;
            let content = json!({"title": "Preview", "refused": refused});
            api.page_with(status, "preview.html", content)
        }
    }
}

async fn detail(api: Api, id: Segment) -> Page {
    let profile = api.get(&uri(&id)).await?;
    let plan = profile["osDeploymentSettings"]["osDeploymentPlanUri"].as_str();
    let plan = match plan {
        Some(uri) => api.get(uri).await?,
        None => Json::Null,
    };
    let hardware = match profile["serverHardwareUri"].as_str() {
        Some(uri) => api.get(uri).await?,
        None => Json::Null,
    };
    let volume = match profile["osDeploymentSettings"]["osVolumeUri"].as_str() {
        Some(uri) => api.get(uri).await?,
        None => Json::Null,
    };
    let name = quoted(&name_of(&profile));
    let filter = query(&format!(
        "resourceName='{name}' and verb like 'server-profile.%'"
    ));
    let tasks = format!("/rest/tasks?count=10&sort=created:descending&filter={filter}");
    let tasks = api.get(&tasks).await?;
    let content = json!({
        "title": profile["name"], "profile": profile, "plan": plan, "hardware": hardware,
        "volume": volume, "tasks": tasks["members"],
    });
    api.page("server-profile.html", content)
}

/// How the server boots without a BMC, with its secrets: only on a page of its own, when asked for.
async fn boot(api: Api, id: Segment) -> Page {
    let profile = api.get(&uri(&id)).await?;
    let boot = api.get(&format!("{}/boot", uri(&id))).await?;
    let content = json!({"title": "Boot by hand", "profile": profile, "boot": boot});
    api.page("server-profile-boot.html", content)
}

/// An action at a profile that may cut off its server.
struct Action {
    verb: &'static str,
    title: &'static str,
    effects: &'static [&'static str],
    danger: bool,
    /// A box beside that for the force.
    box_of: Option<(&'static str, &'static str, &'static str)>,
}

const REDEPLOY: Action = Action {
    verb: "redeploy",
    title: "Redeploy",
    effects: &[
        "A new volume is made of the plan and the image as they are now, with the same values, beside the old one.",
        "The server gets the new volume at the end, and boots from it. If anything fails before, it keeps the old one.",
        "What was changed on the server since it was deployed is not in the new volume. The old one is kept for a while: roll back to it.",
        "The server stays the same host: its machine-id, its SSH host keys and its names do not change.",
    ],
    danger: true,
    box_of: Some((
        "newIdentity",
        "Make it another host",
        "A new machine-id, new SSH host keys, a new initiator name.",
    )),
};
const ROLL_BACK: Action = Action {
    verb: "roll-back",
    title: "Roll back",
    effects: &[
        "The server gets the volume that it had before, with the settings, addresses and identity of that time.",
        "The volume that it has now is kept in its place.",
    ],
    danger: true,
    box_of: None,
};

async fn confirm(api: &Api, id: &Segment, action: &Action) -> Result<Confirm, Refusal> {
    let profile = api.get(&uri(id)).await?;
    let mut fields = Vec::new();
    if let Some((name, label, hint)) = action.box_of {
        fields.push(json!({"kind": "tick", "name": name, "label": label, "hint": hint}));
    }
    fields.push(force());
    Ok(Confirm {
        title: format!("{} {}", action.title, name_of(&profile)),
        name: name_of(&profile),
        effects: action
            .effects
            .iter()
            .map(|line| (*line).to_owned())
            .collect(),
        label: action.title,
        danger: action.danger,
        fields,
        back: format!("{LIST}/{id}"),
    })
}

fn force() -> Json {
    json!({"kind": "tick", "name": "force", "label": "Even if the server is running", "hint": FORCE})
}

async fn act(api: &Api, id: &Segment, action: &Action, fields: &Fields) -> Page {
    let mut body = json!({"force": fields.has("force")});
    if let Some((name, _, _)) = action.box_of {
        body[name] = json!(fields.has(name));
    }
    let done = api
        .post(&format!("{}/{}", uri(id), action.verb), &body)
        .await;
    let again = async |status, refused| {
        confirm(api, id, action)
            .await?
            .refused(api, status, refused)
    };
    edit::finish(done, again).await
}

async fn ask_redeploy(api: Api, id: Segment) -> Page {
    confirm(&api, &id, &REDEPLOY).await?.ask(&api)
}

async fn redeploy(api: Api, id: Segment, fields: Fields) -> Page {
    act(&api, &id, &REDEPLOY, &fields).await
}

async fn ask_roll_back(api: Api, id: Segment) -> Page {
    confirm(&api, &id, &ROLL_BACK).await?.ask(&api)
}

async fn roll_back(api: Api, id: Segment, fields: Fields) -> Page {
    act(&api, &id, &ROLL_BACK, &fields).await
}

async fn deletion(api: &Api, id: &Segment) -> Result<Confirm, Refusal> {
    let profile = api.get(&uri(id)).await?;
    Ok(Confirm {
        title: format!("Delete {}", name_of(&profile)),
        name: name_of(&profile),
        effects: vec![
            "The server's volume and the earlier ones are removed with all that is on them.".into(),
            "Its addresses are given back, and its identity is forgotten.".into(),
        ],
        label: "Delete the server profile",
        danger: true,
        fields: vec![force()],
        back: format!("{LIST}/{id}"),
    })
}

async fn ask_delete(api: Api, id: Segment) -> Page {
    deletion(&api, &id).await?.ask(&api)
}

async fn delete(api: Api, id: Segment, fields: Fields) -> Page {
    let force = fields.has("force");
    match api.delete(&format!("{}?force={force}", uri(&id))).await {
        Ok(reply) => Ok(reply.leads_to(LIST)),
        Err(refusal) => {
            let (status, refused) = refusal.beside_form()?;
            deletion(&api, &id).await?.refused(&api, status, refused)
        }
    }
}
