//! Build plans: their steps in order, and the custom attributes with their constraints.
//!
//! Steps and attributes are added, moved and removed by buttons of the form, which shows itself again
//! as it is then; nothing is stored until it is saved.

use super::attributes::{MASK, TYPES, constraints};
use super::edit;
use crate::api::{Api, Backend, Page};
use crate::fields::Fields;
use crate::path::{Segment, query, quoted};
use crate::refusal::Refusal;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Map, Value as Json, json};

const LIST: &str = "/ui/build-plans";
const DELETED: [&str; 2] = [
    "The build plan and all its versions are removed.",
    "Its plan scripts stay.",
];
/// The members of constraints that the form asks for, and for which types.
const CONSTRAINTS: [(&str, &[&str]); 6] = [
    ("minlen", &["string", "password"]),
    ("maxlen", &["string", "password"]),
    ("minimum", &["number"]),
    ("maximum", &["number"]),
    ("increment", &["number"]),
    ("unit", &["number"]),
];
const NIC_MODES: [&str; 3] = ["ipv4static", "ipv4dhcp", "ipv4disable"];

pub(super) fn routes() -> Router<Backend> {
    Router::new()
        .route("/ui/build-plans/new", get(new).post(create))
        .route("/ui/build-plans/{id}", get(detail))
        .route("/ui/build-plans/{id}/edit", get(edit_form).post(change))
        .route("/ui/build-plans/{id}/delete", get(ask_delete).post(delete))
}

fn uri(id: &Segment) -> String {
    format!("/rest/build-plans/{id}")
}

async fn detail(api: Api, id: Segment) -> Page {
    let plan = api.get(&uri(&id)).await?;
    let attributes = attributes_of(&plan);
    let content = json!({"title": plan["name"], "plan": plan, "attributes": attributes});
    api.page("build-plan.html", content)
}

async fn new(api: Api) -> Page {
    let plan = json!({"oeBuildPlanType": "deploy", "buildStep": [], "customAttributes": []});
    form(&api, StatusCode::OK, &plan, Json::Null).await
}

async fn edit_form(api: Api, id: Segment) -> Page {
    let plan = api.get(&uri(&id)).await?;
    form(&api, StatusCode::OK, &plan, Json::Null).await
}

async fn form(api: &Api, status: StatusCode, plan: &Json, refused: Json) -> Page {
    let scripts = api
        .members("/rest/plan-scripts", "sort=name:ascending")
        .await?;
    let title = match plan["uri"].is_string() {
        true => "Edit the build plan",
        false => "New build plan",
    };
    let content = json!({
        "title": title, "plan": plan, "refused": refused, "types": TYPES,
        "scripts": scripts.iter().map(|script| &script["name"]).collect::<Vec<_>>(),
        "attributes": attributes_of(plan),
    });
    api.page_with(status, "build-plan-edit.html", content)
}

/// The attributes with their constraints as the form shows them.
fn attributes_of(plan: &Json) -> Vec<Json> {
    let attributes = plan["customAttributes"].as_array();
    let attributes = attributes.map(Vec::as_slice).unwrap_or_default();
    let shown = attributes.iter().map(|attribute| {
        let mut shown = attribute.clone();
        let kept = constraints(attribute);
        let options = kept.get("options").and_then(Json::as_array);
        let options = options.map(Vec::as_slice).unwrap_or_default();
        let options: Vec<&str> = options.iter().filter_map(Json::as_str).collect();
        let lower = attribute["type"].as_str().unwrap_or_default();
        shown["type"] = json!(lower.to_ascii_lowercase());
        shown["constraints"] = Json::Object(kept.clone());
        shown["kept"] = json!(Json::Object(kept.clone()).to_string());
        shown["options"] = json!(options.join("\n"));
        shown
    });
    shown.collect()
}

/// The plan that the form describes, over `plan`.
fn take(mut plan: Json, fields: &Fields) -> Json {
    plan["name"] = json!(fields.get("name"));
    plan["description"] = json!(fields.text("description"));
    plan["oeBuildPlanType"] = json!(fields.get("oeBuildPlanType"));
    let parameters: Vec<&str> = fields.all("parameters").collect();
    // By their names: the page suggests some, and takes all.
    let steps = fields.all("step").enumerate().map(|(at, script)| {
        json!({
            "serialNumber": (at + 1).to_string(), "planScriptName": script,
            "parameters": parameters.get(at).copied().unwrap_or_default(),
        })
    });
    plan["buildStep"] = steps.collect();
    let count = fields
        .get("attributes")
        .parse::<usize>()
        .unwrap_or(0)
        .min(1000);
    plan["customAttributes"] = (0..count).map(|at| attribute(fields, at)).collect();
    plan
}

fn attribute(fields: &Fields, at: usize) -> Json {
    let field = |name: &str| fields.get(&format!("a{at}-{name}")).to_owned();
    let kind = field("type");
    let kept = constraints(&json!({"constraints": field("kept")}));
    // Only what fits the type is kept: the form shows what belongs to the others, too.
    let mut all: Map<String, Json> = kept
        .into_iter()
        .filter(|(key, _)| is_unknown(key))
        .collect();
    for (key, types) in CONSTRAINTS {
        if types.contains(&kind.as_str()) && !field(key).is_empty() {
            all.insert(key.to_owned(), json!(field(key)));
        }
    }
    if kind == "option" {
        let options = field("options");
        let options = options
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty());
        all.insert("options".to_owned(), options.collect());
    }
    if kind == "nic" {
        for mode in NIC_MODES {
            all.insert(mode.to_owned(), json!(fields.has(&format!("a{at}-{mode}"))));
        }
    }
    all.insert(
        "required".to_owned(),
        json!(fields.has(&format!("a{at}-required"))),
    );
    let value = match kind.as_str() {
        "password" if field("value").is_empty() && fields.has(&format!("a{at}-set")) => {
            MASK.to_owned()
        }
        _ => field("value"),
    };
    json!({
        "name": field("name"), "type": kind, "value": value, "description": field("description"),
        "constraints": Json::Object(all).to_string(),
    })
}

fn is_unknown(key: &str) -> bool {
    let is_asked = CONSTRAINTS.iter().any(|(known, _)| *known == key);
    !is_asked && !NIC_MODES.contains(&key) && !matches!(key, "options" | "required")
}

/// What a button of the form does with the plan: `up:1`, `drop-attribute:0`, …; whether it is one.
async fn pressed(api: &Api, plan: &mut Json, button: &str) -> Result<bool, Refusal> {
    let (action, at) = button.split_once(':').unwrap_or((button, "0"));
    let at: usize = at.parse().unwrap_or(0);
    let asked = match action {
        "take-attributes" => asked_for(api, plan).await?,
        _ => Vec::new(),
    };
    let list = match action {
        "add-step" | "up" | "down" | "drop-step" => "buildStep",
        "add-attribute" | "drop-attribute" | "take-attributes" => "customAttributes",
        _ => return Ok(false),
    };
    let Some(items) = plan[list].as_array_mut() else {
        return Ok(true);
    };
    match action {
        "add-step" => items.push(json!({"planScriptName": ""})),
        "add-attribute" => items.push(json!({"type": "string", "constraints": {"required": true}})),
        "take-attributes" => items.extend(asked),
        "up" if at > 0 && at < items.len() => items.swap(at, at - 1),
        "down" if at + 1 < items.len() => items.swap(at, at + 1),
        "drop-step" | "drop-attribute" if at < items.len() => drop(items.remove(at)),
        _ => {}
    }
    Ok(true)
}

/// The attributes that the plan's scripts ask for, and that it does not have.
async fn asked_for(api: &Api, plan: &Json) -> Result<Vec<Json>, Refusal> {
    let names = |list: &Json| -> Vec<String> {
        let each = list
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default()
            .iter();
        each.filter_map(|one| one["name"].as_str().map(str::to_owned))
            .collect()
    };
    let mut known = names(&plan["customAttributes"]);
    let mut asked = Vec::new();
    let steps = plan["buildStep"].as_array();
    let steps = steps.map(Vec::as_slice).unwrap_or_default();
    for name in steps
        .iter()
        .filter_map(|step| step["planScriptName"].as_str())
    {
        let filter = query(&format!("name='{}'", quoted(name)));
        let found = api
            .members("/rest/plan-scripts", &format!("filter={filter}"))
            .await?;
        let Some(script) = found.first() else {
            continue;
        };
        let text = script["customAttributes"].as_str().unwrap_or("[]");
        let all: Json = serde_json::from_str(text).unwrap_or_default();
        for name in names(&all) {
            if !known.contains(&name) {
                known.push(name.clone());
                asked.push(
                    json!({"name": name, "type": "string", "constraints": {"required": true}}),
                );
            }
        }
    }
    Ok(asked)
}

async fn create(api: Api, fields: Fields) -> Page {
    let mut plan = take(json!({"type": "OeBuildPlan"}), &fields);
    if pressed(&api, &mut plan, fields.get("do")).await? {
        return form(&api, StatusCode::OK, &plan, Json::Null).await;
    }
    let done = api.post("/rest/build-plans", &plan).await;
    edit::finish(done, |status, refused| form(&api, status, &plan, refused)).await
}

async fn change(api: Api, id: Segment, fields: Fields) -> Page {
    let mut plan = take(api.get(&uri(&id)).await?, &fields);
    plan["eTag"] = json!(fields.get("eTag"));
    plan["etag"] = plan["eTag"].clone();
    if pressed(&api, &mut plan, fields.get("do")).await? {
        return form(&api, StatusCode::OK, &plan, Json::Null).await;
    }
    let done = api.put(&uri(&id), &plan).await;
    edit::finish(done, |status, refused| form(&api, status, &plan, refused)).await
}

async fn ask_delete(api: Api, id: Segment) -> Page {
    edit::ask_delete(&api, &uri(&id), &DELETED).await
}

async fn delete(api: Api, id: Segment) -> Page {
    edit::delete(&api, &uri(&id), &DELETED, LIST).await
}
