//! Server hardware: register a machine, its ports and BMC, its power.

use super::confirm::Confirm;
use super::edit::{self, name_of};
use crate::api::{Api, Backend, Page};
use crate::fields::Fields;
use crate::path::Segment;
use crate::refusal::Refusal;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value as Json, json};

const LIST: &str = "/ui/server-hardware";
const DELETED: [&str; 1] = ["The machine is no longer known; nothing is done to it."];
/// Which power states can be asked for, and how: the button, the state, the control.
const POWER: [(&str, &str, &str); 4] = [
    ("Switch on", "On", "MomentaryPress"),
    ("Shut down", "Off", "MomentaryPress"),
    ("Switch off at once", "Off", "PressAndHold"),
    ("Start anew at once", "On", "ColdBoot"),
];

pub(super) fn routes() -> Router<Backend> {
    Router::new()
        .route("/ui/server-hardware/new", get(new).post(create))
        .route("/ui/server-hardware/{id}", get(detail))
        .route("/ui/server-hardware/{id}/edit", get(edit_form).post(change))
        .route("/ui/server-hardware/{id}/power", get(ask_power).post(power))
        .route(
            "/ui/server-hardware/{id}/delete",
            get(ask_delete).post(delete),
        )
}

fn uri(id: &Segment) -> String {
    format!("/rest/server-hardware/{id}")
}

async fn detail(api: Api, id: Segment) -> Page {
    let hardware = api.get(&uri(&id)).await?;
    api.page(
        "server-hardware.html",
        json!({"title": hardware["name"], "hardware": hardware}),
    )
}

async fn new(api: Api) -> Page {
    form(&api, StatusCode::OK, &json!({}), Json::Null)
}

async fn edit_form(api: Api, id: Segment) -> Page {
    let hardware = api.get(&uri(&id)).await?;
    form(&api, StatusCode::OK, &hardware, Json::Null)
}

fn form(api: &Api, status: StatusCode, hardware: &Json, refused: Json) -> Page {
    let title = match hardware["uri"].is_string() {
        true => "Edit the hardware",
        false => "Register hardware",
    };
    let ports = hardware["ports"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let port = |port: &Json| {
        let text = |name: &str| port[name].as_str().unwrap_or_default().to_owned();
        format!("{} {}", text("id"), text("mac"))
    };
    let ports: Vec<String> = ports.iter().map(port).collect();
    let content = json!({
        "title": title, "hardware": hardware, "ports": ports.join("\n"), "refused": refused,
    });
    api.page_with(status, "server-hardware-edit.html", content)
}

/// What the form says. A line of ports is `ID MAC`, or the MAC address alone.
fn taken(fields: &Fields) -> Json {
    let ports = fields.text("ports");
    let ports = ports
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .enumerate();
    let ports = ports.map(|(at, line)| match line.split_once(char::is_whitespace) {
        Some((id, mac)) => json!({"id": id, "mac": mac.trim()}),
        None => json!({"id": (at + 1).to_string(), "mac": line}),
    });
    let mut hardware = json!({"name": fields.get("name"), "ports": ports.collect::<Vec<_>>()});
    for name in [
        "model",
        "serialNumber",
        "position",
        "username",
        "bmcTrust",
        "bootMethod",
    ] {
        hardware[name] = json!(fields.text(name));
    }
    for name in ["initiator", "hostname", "systemPath"] {
        hardware[name] = edit::nullable(fields.get(name));
    }
    if let Some(password) = fields.given("password") {
        hardware["password"] = json!(password);
    }
    // Empty members are left out: what is not known stays unknown.
    if let Some(members) = hardware.as_object_mut() {
        members.retain(|name, value| value != "" || name == "name");
    }
    hardware
}

async fn create(api: Api, fields: Fields) -> Page {
    let hardware = taken(&fields);
    let done = api.post("/rest/server-hardware", &hardware).await;
    edit::finish(done, async |status, refused| {
        form(&api, status, &hardware, refused)
    })
    .await
}

async fn change(api: Api, id: Segment, fields: Fields) -> Page {
    let mut hardware = taken(&fields);
    hardware["eTag"] = json!(fields.get("eTag"));
    let done = api.put(&uri(&id), &hardware).await;
    hardware["uri"] = json!(uri(&id));
    edit::finish(done, async |status, refused| {
        form(&api, status, &hardware, refused)
    })
    .await
}

async fn confirm(api: &Api, id: &Segment) -> Result<Confirm, Refusal> {
    let hardware = api.get(&uri(id)).await?;
    let options = POWER.iter().enumerate();
    let options =
        options.map(|(at, (label, _, _))| json!({"value": at.to_string(), "label": label}));
    Ok(Confirm {
        title: format!("Power of {}", name_of(&hardware)),
        name: name_of(&hardware),
        effects: vec![
            format!(
                "It is {} now.",
                hardware["powerState"].as_str().unwrap_or("unknown")
            ),
            "What is switched off at once loses what it did not write to its disk.".into(),
        ],
        label: "Do it",
        danger: true,
        fields: vec![json!({
            "kind": "select", "name": "power", "label": "What is done",
            "options": options.collect::<Vec<_>>(), "value": "0",
        })],
        back: format!("{LIST}/{id}"),
    })
}

async fn ask_power(api: Api, id: Segment) -> Page {
    confirm(&api, &id).await?.ask(&api)
}

async fn power(api: Api, id: Segment, fields: Fields) -> Page {
    let at: usize = fields
        .get("power")
        .parse()
        .map_err(|_| Refusal::no_page())?;
    let (_, state, control) = POWER.get(at).ok_or_else(Refusal::no_page)?;
    let body = json!({"powerState": state, "powerControl": control});
    let done = api.put(&format!("{}/powerState", uri(&id)), &body).await;
    let again = async |status, refused| confirm(&api, &id).await?.refused(&api, status, refused);
    edit::finish(done, again).await
}

async fn ask_delete(api: Api, id: Segment) -> Page {
    edit::ask_delete(&api, &uri(&id), &DELETED).await
}

async fn delete(api: Api, id: Segment) -> Page {
    edit::delete(&api, &uri(&id), &DELETED, LIST).await
}
