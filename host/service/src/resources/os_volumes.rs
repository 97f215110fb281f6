//! `/rest/os-volumes`: the wire's reading, and what it has no words for: deploying, previewing,
//! deleting.

mod log;
mod storage;
mod wire;

use super::gone::Gone;
use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::resources::tasks::TaskWire;
use crate::state::{AppState, blocking, in_turn};
use crate::wire::{Accepted, Collection, Json, ListQuery, Path, PathId, Tagged, expected, page};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use mintage_deploy::os_volumes::{self, DeployError, Deployment};
use mintage_deploy::{os_volume, task};
use mintage_records::model::{OsVolume, State as VolumeState, Task, TaskError};
use mintage_records::{Id, Kind, Stored, View};
use mintage_storage::store::{StoreError, StoreErrorKind};
use std::collections::BTreeMap;
use std::sync::Arc;
use storage::Storage;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{CONSTANTS, Input, Wire};

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, deploy))
        .routes(routes!(get, delete))
        .routes(routes!(storage))
        .routes(routes!(diff))
        .routes(routes!(preview))
        .routes(routes!(archive))
}

/// All OS volumes.
#[utoipa::path(
    get,
    path = "/rest/os-volumes",
    tag = "os-volumes",
    operation_id = "listOsVolumes",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(ListQuery),
    responses(
        (status = 200, description = "Those that fit.", body = Collection<Wire>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(
    State(state): State<AppState>,
    query: ListQuery,
) -> Result<Json<Collection<Wire>>, ApiError> {
    let wanted = query.to_query_with(&CONSTANTS)?;
    let portals = state.profiles.exporter.portals();
    let found = state.read(move |view| {
        let found = view.list::<OsVolume>(&wanted)?;
        let servers = servers(view, &found.members)?;
        let wires = found.members.into_iter();
        let wires = wires.map(|stored| Wire::new(stored, &servers, &portals));
        let wires = wires.collect();
        Ok((wires, found.total))
    });
    let (members, total) = found.await?;
    let kind = Kind::OsVolumes;
    Ok(Json(page("OSVolumeList", kind, &query, members, total)))
}

/// Makes an OS volume of a deployment plan.
#[utoipa::path(
    post,
    path = "/rest/os-volumes",
    tag = "os-volumes",
    operation_id = "createOsVolume",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    request_body = Input,
    responses(
        (status = 202, description = "The task that makes it.", body = TaskWire),
        (status = "4XX", description = "Refused, with everything that is wrong.", body = Envelope)
    )
)]
async fn deploy(
    State(state): State<AppState>,
    caller: Caller,
    Json(input): Json<Input>,
) -> Result<Accepted, ApiError> {
    let request = input.request()?;
    let sealer = Arc::clone(&state.sealer);
    let begun = state.change(caller.author(), move |change| {
        let (volume, making) = Deployment::begin(change, request, &sealer)?;
        let new = task::NewTask::<os_volumes::Deploy> {
            name: "Create",
            input: &making,
            resource: Some((Kind::OsVolumes, volume.id.clone())),
            resource_name: Some(&volume.body.name),
        };
        Ok(task::begin(change, new)?)
    });
    let task: Stored<Task> = begun.await?;
    Ok(Accepted(task))
}

/// Shows what a deployment would change, and makes nothing.
#[utoipa::path(
    post,
    path = "/rest/os-volumes/preview",
    tag = "os-volumes",
    operation_id = "previewOsVolume",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    request_body = Input,
    responses(
        (status = 200, description = "What the run did: diff, transcript, log.", body = Object),
        (status = "4XX", description = "Refused, with everything that is wrong.", body = Envelope)
    )
)]
async fn preview(
    State(state): State<AppState>,
    Json(input): Json<Input>,
) -> Result<Json<serde_json::Value>, ApiError> {
    let request = input.request()?;
    let gone = Gone::default();
    let is_gone = gone.question();
    let (records, sealer, folder) = (state.records, state.sealer, state.folder);
    let record = in_turn(&state.workers, move || {
        let (plan, settings) = (&request.deployment_plan, &request.settings);
        let seed = request.seed;
        let record =
            os_volumes::preview(&records, &sealer, &folder, plan, settings, seed, is_gone)?;
        Ok(record.to_json()?)
    });
    Ok(Json(record.await?))
}

/// One OS volume.
#[utoipa::path(
    get,
    path = "/rest/os-volumes/{id}",
    tag = "os-volumes",
    operation_id = "getOsVolume",
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
    let portals = state.profiles.exporter.portals();
    let found = state.read(move |view| {
        let stored = view.get::<OsVolume>(&id)?;
        let servers = servers(view, std::slice::from_ref(&stored))?;
        let version = stored.version;
        Ok(Tagged(version, Json(Wire::new(stored, &servers, &portals))))
    });
    found.await
}

/// Deletes an OS volume with its blocks.
#[utoipa::path(
    delete,
    path = "/rest/os-volumes/{id}",
    tag = "os-volumes",
    operation_id = "deleteOsVolume",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let expected = expected(&headers, None)?;
    let stored = find(&state, id.clone()).await?;
    if stored.body.state == VolumeState::Creating {
        let message = format!("OS volume `{}` is being made", stored.body.name);
        let refusal = ApiError::new(StatusCode::CONFLICT, "IN_USE", message);
        return Err(refusal.action("Wait for the task that makes it, or cancel that."));
    }
    let (records, folder) = (state.records, state.folder);
    let author = caller.author();
    let deleted = blocking(move || {
        let deleted = os_volumes::making::delete(&records, &folder, &author, &id, &expected);
        Ok(deleted?)
    });
    deleted.await.map(|()| StatusCode::NO_CONTENT)
}

/// How much space an OS volume takes, where it is offered, and who uses it.
#[utoipa::path(
    get,
    path = "/rest/os-volumes/{id}/storage",
    tag = "os-volumes",
    operation_id = "getOsVolumeStorage",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "Its space, portals and sessions.", body = Storage),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn storage(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<Storage>, ApiError> {
    let stored = find(&state, id).await?;
    let folder = state.folder.clone();
    let exporter = Arc::clone(&state.profiles.exporter);
    let storage = blocking(move || {
        let allocated = match folder.store().used_bytes(&os_volume(&stored.id)) {
            // One that is being made takes none yet.
            Err(error) if error.kind() == StoreErrorKind::NotFound => 0,
            found => found?,
        };
        Ok(Storage::new(&stored.body, allocated, exporter.as_ref()))
    });
    Ok(Json(storage.await?))
}

/// What differs between an OS volume and its golden image, file by file, as it was deployed.
#[utoipa::path(
    get,
    path = "/rest/os-volumes/{id}/diff",
    tag = "os-volumes",
    operation_id = "getOsVolumeDiff",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The diff.", body = Object),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn diff(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<serde_json::Value>, ApiError> {
    let mut stored = find(&state, id).await?;
    let diff = stored.body.outcome.as_mut();
    let diff = diff.and_then(|record| record.pointer_mut("/outcome/diff"));
    match diff {
        Some(diff) => Ok(Json(diff.take())),
        None => {
            let message = format!("OS volume `{}` is not complete", stored.body.name);
            Err(ApiError::not_found(message).action("Wait for the task that makes it."))
        }
    }
}

/// The deployment log of an OS volume.
#[utoipa::path(
    get,
    path = "/rest/os-volumes/archive/{id}",
    tag = "os-volumes",
    operation_id = "getOsVolumeLog",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id or its name.")),
    responses(
        (status = 200, description = "The log.", body = String, content_type = "text/plain"),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn archive(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<String, ApiError> {
    let found = state.read(move |view| {
        by_id_or_name(view, &name)?
            .ok_or_else(|| ApiError::not_found("there is no OS volume with this id or name"))
    });
    Ok(log::text(&found.await?.body))
}

/// The names of the server profiles that volumes belong to.
fn servers(
    view: &mut View<'_>,
    volumes: &[Stored<OsVolume>],
) -> Result<BTreeMap<Id, String>, ApiError> {
    let exports = volumes
        .iter()
        .filter_map(|volume| volume.body.export.as_ref());
    let ids = exports.map(|export| &export.server_profile).collect();
    Ok(view.names(Kind::ServerProfiles, &ids)?)
}

async fn find(state: &AppState, id: Id) -> Result<Stored<OsVolume>, ApiError> {
    state.read(move |view| Ok(view.get::<OsVolume>(&id)?)).await
}

fn by_id_or_name(view: &mut View<'_>, text: &str) -> Result<Option<Stored<OsVolume>>, ApiError> {
    if let Some(id) = Id::parse(text)
        && let Some(found) = view.find::<OsVolume>(&id)?
    {
        return Ok(Some(found));
    }
    Ok(view.find_by_name::<OsVolume>(text)?)
}

impl From<DeployError> for ApiError {
    fn from(error: DeployError) -> Self {
        match error {
            DeployError::Records(error) => error.into(),
            DeployError::Refused(problems) => {
                let each = problems.into_iter().map(refusal).collect();
                Self::all("DEPLOYMENT_REFUSED", "problems", each)
            }
            DeployError::Conflict(problem) => {
                let mut refused = refusal(*problem);
                refused.status = StatusCode::CONFLICT;
                refused
            }
            DeployError::Cancelled => Self::internal(&"cancelled"),
            DeployError::Run(failed) | DeployError::Plan(failed, _) => {
                let mut refused = refusal(*failed);
                refused.status = match refused.envelope.error_code.as_str() {
                    "STORE_FULL" => StatusCode::INSUFFICIENT_STORAGE,
                    "STORE_UNAVAILABLE" | "STORE_POOL_MISSING" => StatusCode::SERVICE_UNAVAILABLE,
                    _ => StatusCode::INTERNAL_SERVER_ERROR,
                };
                refused
            }
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        DeployError::from(error).into()
    }
}

fn refusal(problem: TaskError) -> ApiError {
    let mut refused = ApiError::bad_request(&problem.error_code, problem.message);
    refused.envelope.details = problem.details;
    refused.envelope.recommended_actions = problem.recommended_actions;
    refused
}
