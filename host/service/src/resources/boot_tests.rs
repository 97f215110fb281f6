//! Boot tests of golden images and OS volumes: `…/{id}/boot-test` and its console.

mod wire;

pub(super) use wire::BootTestWire;

use super::tasks::TaskWire;
use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::state::{AppState, blocking};
use crate::wire::{Accepted, Json, PathId};
use axum::extract::State;
use mintage_deploy::boot_tests::begin;
use mintage_records::model::{BootTest, GoldenImage, OsVolume};
use mintage_records::{Id, Kind};
use std::io::ErrorKind;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::Input;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(test_image))
        .routes(routes!(image_console))
        .routes(routes!(test_volume))
        .routes(routes!(volume_console))
}

/// Boots a throw-away clone of a golden image in an emulator. What came of it is in the image's `bootTest`
/// when the task has ended; a task whose system did not boot ends as `Warning`.
#[utoipa::path(
    post,
    path = "/rest/golden-images/{id}/boot-test",
    tag = "golden-images",
    operation_id = "bootGoldenImage",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
    params(("id" = String, Path, description = "Its id.")),
    request_body = Input,
    responses(
        (status = 202, description = "The task that boots it.", body = TaskWire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn test_image(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Json(input): Json<Input>,
) -> Result<Accepted, ApiError> {
    test(&state, &caller, (Kind::GoldenImages, id), input).await
}

/// What the serial console said in the last boot test of a golden image, control characters escaped.
#[utoipa::path(
    get,
    path = "/rest/golden-images/{id}/boot-test/console",
    tag = "golden-images",
    operation_id = "getConsoleOfGoldenImage",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The text.", body = String, content_type = "text/plain"),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn image_console(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<String, ApiError> {
    let found = state.read(move |view| Ok(view.get::<GoldenImage>(&id)?.body.boot_test));
    console(&state, found.await?).await
}

/// Boots a throw-away clone of an OS volume in an emulator; a server that has the volume notices nothing.
/// What came of it is in the volume's `bootTest` when the task has ended; a task whose system did not boot ends
/// as `Warning`.
#[utoipa::path(
    post,
    path = "/rest/os-volumes/{id}/boot-test",
    tag = "os-volumes",
    operation_id = "bootOsVolume",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(("id" = String, Path, description = "Its id.")),
    request_body = Input,
    responses(
        (status = 202, description = "The task that boots it.", body = TaskWire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn test_volume(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Json(input): Json<Input>,
) -> Result<Accepted, ApiError> {
    test(&state, &caller, (Kind::OsVolumes, id), input).await
}

/// What the serial console said in the last boot test of an OS volume, control characters escaped.
#[utoipa::path(
    get,
    path = "/rest/os-volumes/{id}/boot-test/console",
    tag = "os-volumes",
    operation_id = "getConsoleOfOsVolume",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The text.", body = String, content_type = "text/plain"),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn volume_console(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<String, ApiError> {
    let found = state.read(move |view| Ok(view.get::<OsVolume>(&id)?.body.boot_test));
    console(&state, found.await?).await
}

async fn test(
    state: &AppState,
    caller: &Caller,
    about: (Kind, Id),
    input: Input,
) -> Result<Accepted, ApiError> {
    let request = input.request()?;
    let begun = state.change(caller.author(), move |change| {
        // What is not there is told before what cannot be.
        let name = change.name(about.0, &about.1)?;
        name.ok_or_else(|| {
            ApiError::not_found(format!("there is no such {}", about.0.singular()))
        })?;
        request.check()?;
        Ok(Accepted(begin(change, about, request)?))
    });
    begun.await
}

async fn console(state: &AppState, test: Option<BootTest>) -> Result<String, ApiError> {
    let none = || {
        ApiError::not_found("no boot test has left a console here")
            .action("Start a boot test, and wait for its task.")
    };
    let path = state.folder.console(&test.ok_or_else(none)?.task);
    blocking(move || match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(none()),
        Err(error) => Err(ApiError::internal(&error)),
    })
    .await
}
