//! `/rest/artifact-bundles/backups`: all artifacts of the service in one archive, and back.

use super::wire::Wire;
use super::{archives, refuse_incomplete};
use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::files::{Parts, download, receive};
use crate::form::Form;
use crate::resources::tasks::TaskWire;
use crate::state::{AppState, in_turn};
use crate::wire::{Accepted, Collection, Json, ListQuery, PathId, Query, Tagged, page};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use mintage_deploy::bundles::{CreateBackup, CreateBackupInput, RestoreBackup, RestoreBackupInput};
use mintage_deploy::task::{NewTask, begin};
use mintage_records::model::{Backup, DeploymentGroup, State as Life};
use mintage_records::{Change, Id, Kind, Stored};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, restore))
        .routes(routes!(upload))
        .routes(routes!(download_one))
}

/// The deployment group whose service it is about.
#[derive(Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default)]
#[schema(as = BackupRequest)]
struct Group {
    #[serde(rename = "deploymentGroupURI")]
    deployment_group_uri: Option<String>,
}

/// The backup of the service: one, or none.
#[utoipa::path(
    get,
    path = "/rest/artifact-bundles/backups",
    tag = "artifact-bundles",
    security(("session" = ["read"]), ("token" = ["read"])),
    responses(
        (status = 200, description = "It.", body = Collection<Wire>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(
    State(state): State<AppState>,
    query: ListQuery,
) -> Result<Json<Collection<Wire>>, ApiError> {
    let wanted = query.to_query()?;
    let found = state
        .read(move |view| Ok(view.list::<Backup>(&wanted)?))
        .await?;
    let members = found.members.into_iter().map(Wire::from).collect();
    Ok(Json(page(
        "ArtifactsBundleList",
        Kind::Backups,
        &query,
        members,
        found.total,
    )))
}

/// One backup.
#[utoipa::path(
    get,
    path = "/rest/artifact-bundles/backups/{id}",
    tag = "artifact-bundles",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn get(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let stored = state.read(move |view| Ok(view.get::<Backup>(&id)?)).await?;
    Ok(Tagged(stored.version, Json(stored.into())))
}

/// Makes a backup of all artifacts; it takes the place of the one before.
#[utoipa::path(
    post,
    path = "/rest/artifact-bundles/backups",
    tag = "artifact-bundles",
    security(("session" = ["administer"]), ("token" = ["administer"])),
    request_body = Group,
    responses(
        (status = 202, description = "A task does it.", body = TaskWire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Json(body): Json<Group>,
) -> Result<Accepted, ApiError> {
    let key_id = state.sealer.key_id().to_owned();
    let task = state.change(caller.author(), move |change| {
        let group = group(change, body.deployment_group_uri.as_deref())?;
        refuse_second(change)?;
        let name = format!("ci-{}backup{}", group.id, change.at());
        let backup = change.insert(backup(name, key_id))?.id;
        let input = CreateBackupInput { backup };
        Ok(begin::<CreateBackup>(
            change,
            NewTask {
                name: "Backup",
                input: &input,
                resource: Some((Kind::DeploymentGroups, group.id)),
                resource_name: Some(&group.body.name),
            },
        )?)
    });
    Ok(Accepted(task.await?))
}

fn backup(name: String, key_id: String) -> Backup {
    Backup {
        name,
        state: Life::Creating,
        size: 0,
        checksum: None,
        key_id,
    }
}

/// Restores a backup: all artifacts that are there go, those of the backup come, all or nothing.
/// Refused where OS volumes need what would go.
#[utoipa::path(
    put,
    path = "/rest/artifact-bundles/backups/{id}",
    tag = "artifact-bundles",
    security(("session" = ["administer"]), ("token" = ["administer"])),
    params(("id" = String, Path, description = "Its id.")),
    request_body = Group,
    responses(
        (status = 202, description = "A task does it.", body = TaskWire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn restore(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Json(body): Json<Group>,
) -> Result<Accepted, ApiError> {
    let task = state.change(caller.author(), move |change| {
        let group = group(change, body.deployment_group_uri.as_deref())?;
        refuse_incomplete(change.get::<Backup>(&id)?.body.state)?;
        begin_restore(change, id, false, &group)
    });
    Ok(Accepted(task.await?))
}

fn begin_restore(
    change: &mut Change<'_>,
    backup: Id,
    uploaded: bool,
    group: &Stored<DeploymentGroup>,
) -> Result<Stored<mintage_records::model::Task>, ApiError> {
    let input = RestoreBackupInput { backup, uploaded };
    Ok(begin::<RestoreBackup>(
        change,
        NewTask {
            name: "Restore",
            input: &input,
            resource: Some((Kind::DeploymentGroups, group.id.clone())),
            resource_name: Some(&group.body.name),
        },
    )?)
}

/// Takes a backup that was downloaded before, and restores it.
#[utoipa::path(
    post,
    path = "/rest/artifact-bundles/backups/archive",
    tag = "artifact-bundles",
    security(("session" = ["administer"]), ("token" = ["administer"])),
    params(("deploymentGrpUri" = Option<String>, Query, description = "The deployment group.")),
    request_body(content = Vec<u8>, content_type = "multipart/form-data"),
    responses(
        (status = 202, description = "A task does it.", body = TaskWire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn upload(
    State(state): State<AppState>,
    caller: Caller,
    Query(parts): Query<Parts>,
    request: Request,
) -> Result<Accepted, ApiError> {
    let form = Form::open(request, &state).await?;
    let id = Id::generate();
    let limit = state.limits.bundle_file();
    let (received, parts) = receive(&state, &id, limit, parts, form).await?;
    let (archives, arrived) = (archives(&state), id.clone());
    let opened = in_turn(&state.workers, move || {
        Ok(archives.open_uploaded_backup(&arrived)?)
    });
    let name = opened.await?;
    let key_id = state.sealer.key_id().to_owned();
    let task = state.change(caller.author(), move |change| {
        let group = group(change, parts.deployment_grp_uri.as_deref())?;
        refuse_second(change)?;
        // The one that it was downloaded from may still be there.
        let name = match change.find_by_name::<Backup>(&name)? {
            Some(_) => format!("{name} (uploaded {})", change.at()),
            None => name,
        };
        change.insert_as(id.clone(), backup(name, key_id))?;
        begin_restore(change, id, true, &group)
    });
    let task = task.await?;
    received.hand_over();
    Ok(Accepted(task))
}

/// The zip file of a backup.
#[utoipa::path(
    get,
    path = "/rest/artifact-bundles/backups/archive/{id}",
    tag = "artifact-bundles",
    security(("session" = ["administer"]), ("token" = ["administer"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The file.", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn download_one(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Response, ApiError> {
    let path = state.folder.backup(&id);
    let stored = state.read(move |view| Ok(view.get::<Backup>(&id)?)).await?;
    refuse_incomplete(stored.body.state)?;
    let time = stored.created.to_string().replace(':', "_");
    download(&path, &format!("ci-backup{time}.zip")).await
}

/// One is made or restored at a time.
fn refuse_second(change: &mut Change<'_>) -> Result<(), ApiError> {
    let all = change.all::<Backup>()?;
    match all.iter().any(|backup| backup.body.state == Life::Creating) {
        false => Ok(()),
        true => Err(ApiError::new(
            StatusCode::CONFLICT,
            "BACKUP_RUNNING",
            "a backup is being made or restored",
        )
        .action("Wait for its task.")),
    }
}

/// The deployment group that is named, or the first one.
fn group(
    change: &mut Change<'_>,
    named: Option<&str>,
) -> Result<Stored<DeploymentGroup>, ApiError> {
    let named = named
        .map(|uri| uri.trim_end_matches('/'))
        .filter(|uri| !uri.is_empty());
    let groups = change.all::<DeploymentGroup>()?;
    let is_named = |group: &Stored<DeploymentGroup>| match named {
        None => true,
        Some(uri) => uri == Kind::DeploymentGroups.uri(&group.id) || uri == group.id.as_str(),
    };
    let found = groups.into_iter().find(is_named);
    found.ok_or_else(|| {
        ApiError::bad_request("REFERENCE_NOT_FOUND", "there is no such deployment group")
            .source("deploymentGroupURI")
            .action("GET /rest/deployment-groups lists them.")
    })
}
