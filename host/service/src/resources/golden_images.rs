//! `/rest/golden-images`: upload, capture, read, rename, download and delete golden images.

mod arrive;
mod download;
mod uploads;
mod wire;

use super::artifact::{self, Flag, reference, writable};
use super::tasks::TaskWire;
use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::state::{AppState, blocking};
use crate::wire::{
    Accepted, Collection, Json, ListQuery, PathId, Query, Tagged, expected, is_form, page,
};
use arrive::{Arrived, Said};
use axum::extract::{DefaultBodyLimit, FromRequest as _, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use mintage_deploy::golden_images::{self as verbs, Intake, TakeIn};
use mintage_deploy::os_volumes::{Capture, CaptureRequest, CaptureVolume, DeployError};
use mintage_deploy::task::{NewTask, begin};
use mintage_records::model::GoldenImage;
use mintage_records::{Change, Id, Kind, Stored};
use serde::Deserialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::Wire;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(download_image))
        .routes(routes!(archive))
        .merge(uploads::routes())
        // Bodies are streamed to disk and have limits of their own.
        .layer(DefaultBodyLimit::disable())
}

/// What a capture or a change asks for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GoldenImageInput)]
struct Input {
    name: Option<String>,
    #[serde(default, deserialize_with = "artifact::nullable")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    e_tag: Option<String>,
    /// True, for a capture.
    #[schema(value_type = Option<bool>)]
    image_capture: Option<Flag>,
    #[serde(rename = "osVolumeURI", alias = "osVolumeUri")]
    os_volume_uri: Option<String>,
    #[serde(alias = "buildPlanURI")]
    build_plan_uri: Option<String>,
    /// Whether a captured image is booted then, in a task of its own.
    #[schema(value_type = Option<bool>)]
    boot_test: Option<Flag>,
}

/// All golden images.
#[utoipa::path(
    get,
    path = "/rest/golden-images",
    tag = "golden-images",
    operation_id = "listGoldenImages",
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
    let mut wanted = query.to_query()?;
    let filters = wanted.filters.into_iter();
    wanted.filters = filters.map(wire::without_status).collect();
    let listed = state.read(move |view| {
        let found = view.list::<GoldenImage>(&wanted)?;
        let ids: Vec<Id> = found.members.iter().map(|one| one.id.clone()).collect();
        let mut users = view.uses_of(Kind::GoldenImages, &ids)?;
        let members = found.members.into_iter().map(|stored| {
            let users = users.remove(&stored.id).unwrap_or_default();
            Wire::new(stored, users)
        });
        Ok((members.collect(), found.total))
    });
    let (members, total) = listed.await?;
    let kind = Kind::GoldenImages;
    Ok(Json(page("GoldenImageList", kind, &query, members, total)))
}

/// Takes in an image: a form (multipart/form-data) with the part `file` uploads one, JSON captures an
/// OS volume.
#[utoipa::path(
    post,
    path = "/rest/golden-images",
    tag = "golden-images",
    operation_id = "createGoldenImage",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
    params(Said),
    request_body(content(
        (Input = "application/json"),
        (Vec<u8> = "multipart/form-data")
    )),
    responses(
        (status = 202, description = "The task that makes it.", body = TaskWire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Query(said): Query<Said>,
    request: Request,
) -> Result<Accepted, ApiError> {
    if !is_form(request.headers()) {
        let Json(input) = Json::<Input>::from_request(request, &state).await?;
        return capture(&state, &caller, input).await;
    }
    let Arrived {
        id,
        declared,
        received,
    } = arrive::arrive(&state, said, request).await?;
    let name = artifact::name(Some(declared.name.clone()), None)?;
    let begun = state.change(caller.author(), move |change| {
        let (_, intake) = Intake::begin(change, &id, &declared, &received).map_err(refused)?;
        Ok((begin_intake(change, &intake, &name)?, received))
    });
    let (task, received) = begun.await?;
    received.hand_over();
    Ok(task)
}

async fn capture(state: &AppState, caller: &Caller, input: Input) -> Result<Accepted, ApiError> {
    if input.image_capture == Some(Flag(false)) {
        let message = "a golden image is captured (`imageCapture` true) or uploaded as a form";
        return Err(ApiError::bad_request("INVALID_REQUEST", message).source("imageCapture"));
    }
    let uri = |member: &str, uri: Option<&String>, kind: Kind| {
        let uri = uri.ok_or_else(|| artifact::missing(member))?;
        reference(member, kind, uri)
    };
    let request = CaptureRequest {
        os_volume: uri("osVolumeURI", input.os_volume_uri.as_ref(), Kind::OsVolumes)?,
        build_plan: uri(
            "buildPlanUri",
            input.build_plan_uri.as_ref(),
            Kind::BuildPlans,
        )?,
        name: artifact::name(input.name, None)?,
        description: input.description.flatten(),
        boot_test: input.boot_test == Some(Flag(true)),
    };
    let sealer = state.sealer.clone();
    let begun = state.change(caller.author(), move |change| {
        let (image, capturing) = Capture::begin(change, request, &sealer).map_err(refused)?;
        let task = NewTask::<CaptureVolume> {
            name: "Create",
            input: &capturing,
            resource: Some((Kind::GoldenImages, image.id)),
            resource_name: Some(&image.body.name),
        };
        Ok(Accepted(begin(change, task)?))
    });
    begun.await
}

/// Stores the task that goes on with a file that arrived.
fn begin_intake(
    change: &mut Change<'_>,
    intake: &Intake,
    name: &str,
) -> Result<Accepted, ApiError> {
    let task = NewTask::<TakeIn> {
        name: "Add",
        input: intake,
        resource: Some((Kind::GoldenImages, intake.golden_image.clone())),
        resource_name: Some(name),
    };
    Ok(Accepted(begin(change, task)?))
}

/// One golden image.
#[utoipa::path(
    get,
    path = "/rest/golden-images/{id}",
    tag = "golden-images",
    operation_id = "getGoldenImage",
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
    let found = state.read(move |view| {
        let stored = view.get::<GoldenImage>(&id)?;
        let users = view.used_by(Kind::GoldenImages, &id)?;
        Ok(shown(stored, users))
    });
    found.await
}

/// Changes the name or the description of a golden image; other members are passed over.
#[utoipa::path(
    put,
    path = "/rest/golden-images/{id}",
    tag = "golden-images",
    operation_id = "updateGoldenImage",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
    params(("id" = String, Path, description = "Its id.")),
    request_body = Input,
    responses(
        (status = 200, description = "It, as it is now.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn update(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    headers: HeaderMap,
    Json(input): Json<Input>,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let expected = expected(&headers, input.e_tag.as_deref())?;
    let changed = state.change(caller.author(), move |change| {
        let old = change.get::<GoldenImage>(&id)?.body;
        writable(&old)?;
        let body = GoldenImage {
            name: artifact::name(input.name, Some(&old.name))?,
            description: input.description.unwrap_or_else(|| old.description.clone()),
            ..old
        };
        let stored = change.update(&id, &expected, body)?;
        let users = change.used_by(Kind::GoldenImages, &id)?;
        Ok(shown(stored, users))
    });
    changed.await
}

/// Deletes a golden image that nothing uses, with its files.
#[utoipa::path(
    delete,
    path = "/rest/golden-images/{id}",
    tag = "golden-images",
    operation_id = "deleteGoldenImage",
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
    let expected = expected(&headers, None)?;
    let (records, folder) = (state.records.clone(), state.folder.clone());
    let author = caller.author();
    let deleted = blocking(move || {
        verbs::delete(&records, &folder, &author, &id, &expected).map_err(refused)
    });
    deleted.await.map(|()| StatusCode::NO_CONTENT)
}

/// The image in the wire format: a zip file with one entry, the raw disk.
#[utoipa::path(
    get,
    path = "/rest/golden-images/download/{id}",
    tag = "golden-images",
    operation_id = "downloadGoldenImage",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The zip file.", body = Vec<u8>, content_type = "application/octet-stream"),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn download_image(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Response, ApiError> {
    download::download(&state, id).await
}

/// How the image came to be: the log of its capture or upload, as text.
#[utoipa::path(
    get,
    path = "/rest/golden-images/archive/{id}",
    tag = "golden-images",
    operation_id = "getLogOfGoldenImage",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The text.", body = String, content_type = "text/plain"),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn archive(State(state): State<AppState>, PathId(id): PathId) -> Result<String, ApiError> {
    state.read(move |view| download::archive(view, &id)).await
}

fn shown(stored: Stored<GoldenImage>, users: Vec<mintage_records::Use>) -> Tagged<Json<Wire>> {
    Tagged(stored.version, Json(Wire::new(stored, users)))
}

/// A refusal of the verbs, in the envelope of the wire.
fn refused(error: DeployError) -> ApiError {
    let mut refusal = ApiError::from(error);
    refusal.status = match refusal.envelope.error_code.as_str() {
        "UPLOAD_TOO_LONG" | "IMAGE_TOO_LARGE" => StatusCode::PAYLOAD_TOO_LARGE,
        "IMAGE_NOT_READY" | "VOLUME_NOT_READY" | "WRONG_OFFSET" | "UPLOAD_BUSY" => {
            StatusCode::CONFLICT
        }
        _ => refusal.status,
    };
    refusal
}
