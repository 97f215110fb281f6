//! `/rest/artifact-bundles`: made here or uploaded, extracted, downloaded; and backups of the service.

mod backups;
mod create;
mod wire;

use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::files::{Parts, download, receive};
use crate::form::Form;
use crate::resources::tasks::TaskWire;
use crate::state::{AppState, blocking, in_turn};
use crate::wire::{
    Accepted, Collection, Json, ListQuery, PathId, Query, Tagged, expected, is_form, page,
};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use mintage_deploy::bundles::{
    AddBundle, AddBundleInput, Archives, ExtractBundle, ExtractBundleInput, open_upload,
};
use mintage_deploy::remove_if_there;
use mintage_deploy::task::{NewTask, begin};
use mintage_records::model::{ArtifactBundle, State as Life, Task};
use mintage_records::{Id, Kind, Stored};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::Wire;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, post))
        .routes(routes!(get, put, delete))
        .routes(routes!(download_one))
        .routes(routes!(stop))
        .merge(backups::routes())
        // Uploads are streamed, and have a limit of their own.
        .layer(DefaultBodyLimit::disable())
}

/// The archives of the service.
fn archives(state: &AppState) -> Archives {
    Archives::new(
        state.folder.clone(),
        state.sealer.clone(),
        state.limits.clone(),
    )
}

/// All artifact bundles.
#[utoipa::path(
    get,
    path = "/rest/artifact-bundles",
    tag = "artifact-bundles",
    security(("session" = ["read"]), ("token" = ["read"])),
    responses(
        (status = 200, description = "Those that fit.", body = Collection<Wire>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(
    State(state): State<AppState>,
    query: ListQuery,
) -> Result<Json<Collection<Wire>>, ApiError> {
    let wanted = query.to_query()?;
    let found = state.read(move |view| Ok(view.list::<ArtifactBundle>(&wanted)?));
    let found = found.await?;
    let members = found.members.into_iter().map(Wire::from).collect();
    let kind = Kind::ArtifactBundles;
    Ok(Json(page(
        "ArtifactsBundleList",
        kind,
        &query,
        members,
        found.total,
    )))
}

/// One artifact bundle.
#[utoipa::path(
    get,
    path = "/rest/artifact-bundles/{id}",
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
    let stored = state.read(move |view| Ok(view.get::<ArtifactBundle>(&id)?));
    let stored = stored.await?;
    Ok(Tagged(stored.version, Json(stored.into())))
}

/// Makes a bundle of artifacts of the service (JSON), or takes one that was made elsewhere
/// (`multipart/form-data` with a part `file`; `name` and `description` in the query or in parts before
/// it). What an artifact needs comes along. Passwords are left out.
#[utoipa::path(
    post,
    path = "/rest/artifact-bundles",
    tag = "artifact-bundles",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
    params(
        ("name" = Option<String>, Query, description = "Upload: its name, if not that in its manifest."),
        ("description" = Option<String>, Query, description = "Upload: its description.")
    ),
    request_body(content(
        (create::CreateBody = "application/json"),
        (Vec<u8> = "multipart/form-data")
    )),
    responses(
        (status = 202, description = "A task does it.", body = TaskWire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn post(
    State(state): State<AppState>,
    caller: Caller,
    Query(parts): Query<Parts>,
    request: Request,
) -> Result<Response, ApiError> {
    let task = match is_form(request.headers()) {
        true => {
            let form = Form::open(request, &state).await?;
            upload(&state, caller, parts, form).await?
        }
        false => {
            let Json(body) = Json::from_request(request, &state).await?;
            create::create(&state, caller, body).await?
        }
    };
    Ok(Accepted(task).into_response())
}

async fn upload(
    state: &AppState,
    caller: Caller,
    parts: Parts,
    form: Form,
) -> Result<Stored<Task>, ApiError> {
    let id = Id::generate();
    let limit = state.limits.bundle_file();
    let (received, parts) = receive(state, &id, limit, parts, form).await?;
    let (archives, arrived) = (archives(state), id.clone());
    let opened = in_turn(&state.workers, move || {
        Ok(open_upload(&archives, &arrived)?)
    });
    let mut row = opened.await?;
    if let Some(name) = parts.name {
        row.name = wire::name(name)?;
    }
    row.description = parts.description.or(row.description);
    let task = state.change(caller.author(), move |change| {
        let name = row.name.clone();
        change.insert_as(id.clone(), row)?;
        let input = AddBundleInput { bundle: id.clone() };
        Ok(begin::<AddBundle>(
            change,
            NewTask {
                name: "Add",
                input: &input,
                resource: Some((Kind::ArtifactBundles, id)),
                resource_name: Some(&name),
            },
        )?)
    });
    let task = task.await?;
    received.hand_over();
    Ok(task)
}

/// What a change of a bundle is asked for with.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct PutQuery {
    extract: bool,
    force_import: bool,
}

/// What can be changed of a bundle; a full resource is taken too.
#[derive(Debug, Default, Deserialize, Serialize, utoipa::ToSchema)]
#[serde(default, rename_all = "camelCase")]
#[schema(as = ArtifactBundleChange)]
struct Change {
    name: Option<String>,
    description: Option<String>,
    e_tag: Option<String>,
}

/// Renames a bundle; with `extract=true`, takes its artifacts into the service: all of them or none.
/// Artifacts whose names are taken by others are reported, or with `forceImport=true` become new
/// versions of those.
#[utoipa::path(
    put,
    path = "/rest/artifact-bundles/{id}",
    tag = "artifact-bundles",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
    params(
        ("id" = String, Path, description = "Its id."),
        ("extract" = Option<bool>, Query, description = "Extract it; the body does not count."),
        ("forceImport" = Option<bool>, Query, description = "Replace artifacts whose names are taken.")
    ),
    request_body(content((Change = "application/json"), (String = "text/plain"))),
    responses(
        (status = 200, description = "It, renamed.", body = Wire),
        (status = 202, description = "A task extracts it.", body = TaskWire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn put(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Query(query): Query<PutQuery>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, ApiError> {
    if query.extract {
        let task = extract(&state, caller, id, query.force_import).await?;
        return Ok(task.into_response());
    }
    let Json(body): Json<Change> = Json::from_request(request, &state).await?;
    let wanted = expected(&headers, body.e_tag.as_deref())?;
    let name = body.name.map(wire::name).transpose()?;
    let stored = state.change(caller.author(), move |change| {
        let mut row = change.get::<ArtifactBundle>(&id)?.body;
        if row.read_only {
            return Err(ApiError::new(
                StatusCode::FORBIDDEN,
                "READ_ONLY",
                "The artifact bundle is not allowed to be modified",
            )
            .action("Extract it, and change what came of it."));
        }
        row.name = name.unwrap_or(row.name);
        row.description = body.description.or(row.description);
        Ok(change.update(&id, &wanted, row)?)
    });
    let stored = stored.await?;
    Ok(Tagged(stored.version, Json(Wire::from(stored))).into_response())
}

async fn extract(
    state: &AppState,
    caller: Caller,
    id: Id,
    force: bool,
) -> Result<Accepted, ApiError> {
    let task = state.change(caller.author(), move |change| {
        let row = change.get::<ArtifactBundle>(&id)?.body;
        refuse_incomplete(row.state)?;
        let input = ExtractBundleInput {
            bundle: id.clone(),
            force,
        };
        Ok(begin::<ExtractBundle>(
            change,
            NewTask {
                name: "Extract",
                input: &input,
                resource: Some((Kind::ArtifactBundles, id)),
                resource_name: Some(&row.name),
            },
        )?)
    });
    Ok(Accepted(task.await?))
}

/// What a task still makes cannot be used.
fn refuse_incomplete(state: Life) -> Result<(), ApiError> {
    match state {
        Life::Ok => Ok(()),
        Life::Creating | Life::Error => Err(ApiError::new(
            StatusCode::CONFLICT,
            "BUNDLE_NOT_READY",
            "a task is making this archive",
        )
        .action("Wait for the task, or cancel it.")),
    }
}

/// Deletes a bundle; what was extracted from it stays.
#[utoipa::path(
    delete,
    path = "/rest/artifact-bundles/{id}",
    tag = "artifact-bundles",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
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
    let wanted = expected(&headers, None)?;
    let path = state.folder.artifact_bundle(&id);
    let deleted = state.change(caller.author(), move |change| {
        refuse_incomplete(change.get::<ArtifactBundle>(&id)?.body.state)?;
        change.delete::<ArtifactBundle>(&id, &wanted)?;
        Ok(())
    });
    deleted.await?;
    blocking(move || remove_if_there(&path).map_err(|error| ApiError::internal(&error))).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The zip file of a bundle.
#[utoipa::path(
    get,
    path = "/rest/artifact-bundles/download/{id}",
    tag = "artifact-bundles",
    security(("session" = ["read"]), ("token" = ["read"])),
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
    let path = state.folder.artifact_bundle(&id);
    let row = state
        .read(move |view| Ok(view.get::<ArtifactBundle>(&id)?.body))
        .await?;
    refuse_incomplete(row.state)?;
    download(&path, &format!("{}.zip", row.name)).await
}

/// Which task is to be stopped.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StopArtifactCreate)]
struct Stop {
    task_uri: String,
}

/// Stops the task that makes a bundle; what it has done is undone.
#[utoipa::path(
    put,
    path = "/rest/artifact-bundles/{id}/stopArtifactCreate",
    tag = "artifact-bundles",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
    params(("id" = String, Path, description = "Its id.")),
    request_body = Stop,
    responses(
        (status = 200, description = "It is being stopped: what was said to the task.", body = String, content_type = "application/json"),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn stop(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Json(body): Json<Stop>,
) -> Result<Json<String>, ApiError> {
    let text = body.task_uri.trim_end_matches('/');
    let task = Id::parse(text.rsplit('/').next().unwrap_or_default());
    let task = task.ok_or_else(|| {
        ApiError::bad_request("INVALID_URI", "`taskUri` names no task").source("taskUri")
    })?;
    let tasks = state.tasks.clone();
    let (records, author) = (state.records.clone(), caller.author());
    let stopped = blocking(move || {
        let stored = records.read::<_, ApiError>(|view| Ok(view.get::<Task>(&task)?))?;
        if stored.body.resource != Some((Kind::ArtifactBundles, id)) {
            return Err(
                ApiError::bad_request("OTHER_TASK", "the task is about something else")
                    .source("taskUri"),
            );
        }
        Ok(tasks.cancel(&task, &author)?)
    });
    // No task: clients would wait for it, and take its end for a failure of what they asked for.
    Ok(Json(stopped.await?.body.task_status))
}
