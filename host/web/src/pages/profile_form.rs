//! The form of a server profile, generated from the attributes of its deployment plan, and what it says.

use super::attributes;
use super::edit;
use crate::api::{Api, Page};
use crate::fields::Fields;
use crate::refusal::Refusal;
use axum::http::StatusCode;
use serde_json::{Value as Json, json};

/// Shows the form of `profile`, with the values that the user typed where there are some.
///
/// # Errors
/// What the API refuses.
pub(super) async fn form(
    api: &Api,
    status: StatusCode,
    profile: &Json,
    fields: &Fields,
    refused: Json,
) -> Page {
    let plans = api
        .members("/rest/deployment-plans", "sort=name:ascending")
        .await?;
    let networks = api
        .members("/rest/ethernet-networks", "sort=name:ascending")
        .await?;
    let plan = chosen_plan(profile, fields);
    let plan = match plan.is_empty() {
        true => Json::Null,
        false => api.get(&format!("/rest/deployment-plans/{plan}")).await?,
    };
    let title = match profile["uri"].is_string() {
        true => format!("Edit {}", edit::name_of(profile)),
        false => "Deploy a server".to_owned(),
    };
    let content = json!({
        "title": title, "profile": typed(profile, fields), "plan": plan, "refused": refused,
        "plans": plans.iter().map(|one| json!({"value": one["id"], "label": one["name"]})).collect::<Vec<_>>(),
        "hardware": hardware(api, profile).await?, "networks": edit::options(&networks),
        "attributes": attributes::inputs(&plan, |name| value_of(profile, fields, name)),
    });
    api.page_with(status, "server-profile-edit.html", content)
}

/// The id of the deployment plan: what the form says, or else the profile's.
fn chosen_plan(profile: &Json, fields: &Fields) -> String {
    let own = profile["osDeploymentSettings"]["osDeploymentPlanUri"].as_str();
    let own = own
        .and_then(|uri| uri.rsplit('/').next())
        .unwrap_or_default();
    let id = fields.given("plan").unwrap_or(own);
    let is_id = id
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if is_id { id.to_owned() } else { String::new() }
}

/// The profile as it was typed.
fn typed(profile: &Json, fields: &Fields) -> Json {
    let mut typed = profile.clone();
    for name in ["name", "description", "serverHardwareUri"] {
        if fields.has(name) {
            typed[name] = json!(fields.get(name));
        }
    }
    typed
}

/// What was typed for an attribute, or else what the profile has.
fn value_of(profile: &Json, fields: &Fields, name: &str) -> Option<String> {
    let field = format!("v:{name}");
    if fields.has(&field) {
        return Some(fields.get(&field).to_owned());
    }
    let values = profile["osDeploymentSettings"]["osCustomAttributes"].as_array()?;
    let found = values.iter().find(|value| value["name"] == name)?;
    found["value"].as_str().map(str::to_owned)
}

/// The hardware that can be chosen: what is free, and what the profile has.
async fn hardware(api: &Api, profile: &Json) -> Result<Json, Refusal> {
    let mut all = api
        .members("/rest/server-hardware", "sort=name:ascending")
        .await?;
    all.retain(|one| {
        let owner = &one["serverProfileUri"];
        owner.is_null() || *owner == profile["uri"]
    });
    Ok(edit::options(&all))
}

/// What the form makes of `profile`.
///
/// # Errors
/// What the API refuses.
pub(super) async fn filled(api: &Api, profile: &Json, fields: &Fields) -> Result<Json, Refusal> {
    let mut filled = profile.clone();
    filled["name"] = json!(fields.get("name"));
    filled["description"] = json!(fields.text("description"));
    filled["serverHardwareUri"] = edit::nullable(fields.get("serverHardwareUri"));
    let id = chosen_plan(profile, fields);
    if id.is_empty() {
        return Ok(filled);
    }
    let plan = api.get(&format!("/rest/deployment-plans/{id}")).await?;
    let mut settings = profile["osDeploymentSettings"].clone();
    settings["osDeploymentPlanUri"] = json!(format!("/rest/os-deployment-plans/{id}"));
    settings["osCustomAttributes"] = json!(attributes::given(&plan, fields));
    filled["osDeploymentSettings"] = settings;
    Ok(filled)
}

/// What a preview of the form asks for. The address of a pool is only taken when a server is deployed:
/// the preview shows one that is set aside for documentation.
///
/// # Errors
/// What the API refuses.
pub(super) async fn preview(api: &Api, fields: &Fields) -> Result<Json, Refusal> {
    let id = chosen_plan(&Json::Null, fields);
    if id.is_empty() {
        return Err(Refusal::no_page());
    }
    let plan = api.get(&format!("/rest/deployment-plans/{id}")).await?;
    let given = attributes::given(&plan, fields);
    let mut values = Vec::new();
    for value in given
        .iter()
        .filter(|value| value["value"] != attributes::MASK)
    {
        let name = value["name"].as_str().unwrap_or_default();
        match name.rsplit_once('.') {
            Some((nic, "constraint")) if value["value"] == "auto" => {
                values.push(json!({"name": format!("{nic}.ipaddress"), "value": "192.0.2.1"}));
                values.push(json!({"name": format!("{nic}.netmask"), "value": "255.255.255.0"}));
            }
            Some((_, "constraint" | "networkuri")) => {}
            _ => values.push(value.clone()),
        }
    }
    Ok(json!({
        "name": edit::nullable(fields.get("name")),
        "deploymentPlanUri": format!("/rest/deployment-plans/{id}"), "osCustomAttributes": values,
    }))
}
