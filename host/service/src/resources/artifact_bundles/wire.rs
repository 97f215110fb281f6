//! An artifact bundle or backup on the wire.

use crate::error::ApiError;
use mintage_records::model::{ArtifactBundle, Backup, BundleEntry, State};
use mintage_records::{Kind, Stored};
use serde::Serialize;
use utoipa::ToSchema;

/// The longest name, in characters.
const MAX_NAME: usize = 256;

/// An artifact bundle on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ArtifactBundle)]
pub(super) struct Wire {
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    name: String,
    description: Option<String>,
    state: &'static str,
    status: &'static str,
    created: String,
    modified: String,
    e_tag: String,
    #[serde(rename = "artifactsbundleID")]
    artifacts_bundle_id: String,
    artifacts_count: u64,
    backup_service: bool,
    checksum: Option<String>,
    #[serde(rename = "downloadURI")]
    download_uri: String,
    importbundle: bool,
    /// Always null: downloads are not counted.
    last_back_up_download_time: Option<String>,
    read_only: bool,
    recover_bundle: bool,
    size: u64,
    plan_scripts: Vec<PlanScriptEntry>,
    build_plans: Vec<BuildPlanEntry>,
    deployment_plans: Vec<DeploymentPlanEntry>,
    goldenimage: Vec<GoldenImageEntry>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BundledPlanScript)]
struct PlanScriptEntry {
    #[serde(rename = "psID")]
    id: String,
    plan_script_name: String,
    description: Option<String>,
    read_only: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BundledBuildPlan)]
struct BuildPlanEntry {
    #[serde(rename = "bpID")]
    id: String,
    build_plan_name: String,
    /// The names of its scripts, joined by commas.
    plan_script_name: String,
    description: Option<String>,
    read_only: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BundledDeploymentPlan)]
struct DeploymentPlanEntry {
    #[serde(rename = "dpId")]
    id: String,
    #[serde(rename = "deploymentplanName")]
    name: String,
    golden_image_name: Option<String>,
    oebp_name: Option<String>,
    description: Option<String>,
    read_only: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BundledGoldenImage)]
struct GoldenImageEntry {
    #[serde(rename = "giID")]
    id: String,
    #[serde(rename = "goldenimageName")]
    name: String,
    description: Option<String>,
    read_only: bool,
}

impl From<Stored<ArtifactBundle>> for Wire {
    fn from(stored: Stored<ArtifactBundle>) -> Self {
        let body = stored.body;
        let lists = [
            &body.plan_scripts,
            &body.build_plans,
            &body.deployment_plans,
            &body.golden_images,
        ];
        let count: usize = lists.iter().map(|list| list.len()).sum();
        Self {
            type_name: "ArtifactsBundle",
            category: Kind::ArtifactBundles.as_str(),
            uri: Kind::ArtifactBundles.uri(&stored.id),
            name: body.name,
            description: body.description,
            state: state(body.state),
            status: status(body.state),
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            artifacts_bundle_id: stored.id.to_string(),
            artifacts_count: count as u64,
            backup_service: false,
            checksum: body.checksum,
            download_uri: format!("/rest/artifact-bundles/download/{}", stored.id),
            importbundle: body.importbundle,
            last_back_up_download_time: None,
            read_only: body.read_only,
            recover_bundle: false,
            size: body.size,
            plan_scripts: body.plan_scripts.into_iter().map(plan_script).collect(),
            build_plans: body.build_plans.into_iter().map(build_plan).collect(),
            deployment_plans: body
                .deployment_plans
                .into_iter()
                .map(deployment_plan)
                .collect(),
            goldenimage: body.golden_images.into_iter().map(golden_image).collect(),
        }
    }
}

impl From<Stored<Backup>> for Wire {
    fn from(stored: Stored<Backup>) -> Self {
        let body = stored.body;
        Self {
            type_name: "ArtifactsBundle",
            category: Kind::Backups.as_str(),
            uri: Kind::Backups.uri(&stored.id),
            name: body.name,
            description: None,
            state: state(body.state),
            status: status(body.state),
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            artifacts_bundle_id: stored.id.to_string(),
            artifacts_count: 0,
            backup_service: true,
            checksum: body.checksum,
            download_uri: format!("/rest/artifact-bundles/backups/archive/{}", stored.id),
            importbundle: false,
            last_back_up_download_time: None,
            read_only: true,
            recover_bundle: true,
            size: body.size,
            plan_scripts: Vec::new(),
            build_plans: Vec::new(),
            deployment_plans: Vec::new(),
            goldenimage: Vec::new(),
        }
    }
}

fn state(state: State) -> &'static str {
    match state {
        State::Ok => "OK",
        State::Creating => "CREATING",
        State::Error => "ERROR",
    }
}

fn status(state: State) -> &'static str {
    match state {
        State::Ok => "OK",
        State::Creating => "Warning",
        State::Error => "Critical",
    }
}

fn plan_script(entry: BundleEntry) -> PlanScriptEntry {
    PlanScriptEntry {
        id: entry.id.to_string(),
        plan_script_name: entry.name,
        description: entry.description,
        read_only: entry.read_only,
    }
}

fn build_plan(entry: BundleEntry) -> BuildPlanEntry {
    BuildPlanEntry {
        id: entry.id.to_string(),
        build_plan_name: entry.name,
        plan_script_name: entry.needs.join(","),
        description: entry.description,
        read_only: entry.read_only,
    }
}

fn deployment_plan(entry: BundleEntry) -> DeploymentPlanEntry {
    let mut needs = entry
        .needs
        .into_iter()
        .map(|name| Some(name).filter(|name| !name.is_empty()));
    DeploymentPlanEntry {
        id: entry.id.to_string(),
        name: entry.name,
        oebp_name: needs.next().flatten(),
        golden_image_name: needs.next().flatten(),
        description: entry.description,
        read_only: entry.read_only,
    }
}

fn golden_image(entry: BundleEntry) -> GoldenImageEntry {
    GoldenImageEntry {
        id: entry.id.to_string(),
        name: entry.name,
        description: entry.description,
        read_only: entry.read_only,
    }
}

/// A name that a bundle can have.
pub(super) fn name(name: String) -> Result<String, ApiError> {
    let why = if name.trim().is_empty() {
        "the name is empty".to_owned()
    } else if name.chars().count() > MAX_NAME {
        format!("the name is longer than {MAX_NAME} characters")
    } else if name.chars().any(char::is_control) {
        "the name has control characters, like the end of a line".to_owned()
    } else {
        return Ok(name);
    };
    Err(ApiError::bad_request("INVALID_NAME", why).source("name"))
}
