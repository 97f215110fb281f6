//! Making a bundle of artifacts of the service.

use super::wire::name;
use crate::access::Caller;
use crate::error::ApiError;
use crate::state::AppState;
use mintage_deploy::bundles::{Contents, CreateBundle, CreateBundleInput, Wanted};
use mintage_deploy::task::{NewTask, begin};
use mintage_records::model::{ArtifactBundle, State, Task};
use mintage_records::{Id, Kind, Stored};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What is to be in a bundle. What an artifact needs comes along. Lists that no artifact of this
/// service can be in (`deploymentGroups`, `oeVolumes`, …) are taken and do not count.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, rename_all = "camelCase")]
#[schema(as = ArtifactBundleCreate)]
pub(super) struct CreateBody {
    name: Option<String>,
    description: Option<String>,
    plan_scripts: Option<Vec<Item>>,
    build_plans: Option<Vec<Item>>,
    deployment_plans: Option<Vec<Item>>,
    golden_images: Option<Vec<Item>>,
}

/// An artifact that is to be in a bundle.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ArtifactBundleItem)]
struct Item {
    /// Its URI, or its id.
    resource_uri: String,
    /// Whether it is read-only where the bundle is extracted: true, false, or one of these as a text.
    #[serde(default)]
    #[schema(value_type = Object)]
    read_only: Json,
}

/// Begins to make it.
pub(super) async fn create(
    state: &AppState,
    caller: Caller,
    body: CreateBody,
) -> Result<Stored<Task>, ApiError> {
    let missing = || ApiError::bad_request("MISSING_MEMBER", "`name` must be given").source("name");
    let name = name(body.name.ok_or_else(missing)?)?;
    let wanted = Wanted {
        plan_scripts: items(Kind::PlanScripts, "planScripts", body.plan_scripts)?,
        build_plans: items(Kind::BuildPlans, "buildPlans", body.build_plans)?,
        deployment_plans: items(
            Kind::DeploymentPlans,
            "deploymentPlans",
            body.deployment_plans,
        )?,
        golden_images: items(Kind::GoldenImages, "goldenImages", body.golden_images)?,
    };
    if wanted == Wanted::default() {
        return Err(ApiError::bad_request("NOTHING_WANTED", "the bundle would be empty")
            .action("Name artifacts in `planScripts`, `buildPlans`, `deploymentPlans` or `goldenImages`."));
    }
    let row = ArtifactBundle {
        name: name.clone(),
        description: body.description,
        state: State::Creating,
        size: 0,
        checksum: None,
        importbundle: false,
        read_only: false,
        plan_scripts: Vec::new(),
        build_plans: Vec::new(),
        deployment_plans: Vec::new(),
        golden_images: Vec::new(),
    };
    let task = state.change(caller.author(), move |change| {
        // Everything must be there and complete, and the caller hears of it at once.
        let contents = Contents::of(change, &wanted)?;
        if let Some(image) = contents.incomplete().next() {
            let message = format!("golden image `{}` is not complete", image.body.name);
            return Err(ApiError::new(
                axum::http::StatusCode::CONFLICT,
                "IMAGE_NOT_READY",
                message,
            )
            .action("Wait until it is, or leave it out."));
        }
        let bundle = change.insert(row)?.id;
        let input = CreateBundleInput {
            bundle: bundle.clone(),
            wanted,
        };
        Ok(begin::<CreateBundle>(
            change,
            NewTask {
                name: "Create",
                input: &input,
                resource: Some((Kind::ArtifactBundles, bundle)),
                resource_name: Some(&name),
            },
        )?)
    });
    task.await
}

fn items(
    kind: Kind,
    member: &str,
    given: Option<Vec<Item>>,
) -> Result<BTreeMap<Id, bool>, ApiError> {
    let mut items = BTreeMap::new();
    for item in given.unwrap_or_default() {
        let uri = item.resource_uri.trim_end_matches('/');
        let base = format!("{}/", kind.collection_uri());
        let id = Id::parse(uri.strip_prefix(&base).unwrap_or(uri));
        let id = id.ok_or_else(|| {
            let message = format!("`resourceUri` names no {}", kind.singular());
            ApiError::bad_request("INVALID_URI", message).source(member)
        })?;
        items.insert(id, flag(&item.read_only, member)?);
    }
    Ok(items)
}

/// `true`, `false`, or one of these as a text, as some clients send it.
fn flag(value: &Json, member: &str) -> Result<bool, ApiError> {
    match value {
        Json::Null => Ok(false),
        Json::Bool(flag) => Ok(*flag),
        Json::String(text) if text.eq_ignore_ascii_case("true") => Ok(true),
        Json::String(text) if text.is_empty() || text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(
            ApiError::bad_request("INVALID_JSON", "`readOnly` must be true or false")
                .source(member),
        ),
    }
}
