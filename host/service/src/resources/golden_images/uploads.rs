//! `/rest/golden-images/uploads`: uploads in pieces, that go on after an interruption. An extension of
//! Mintage: the Image Streamer has none.

use super::{begin_intake, refused};
use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::files::Writer;
use crate::resources::artifact;
use crate::resources::tasks::TaskWire;
use crate::state::{AppState, blocking, in_turn};
use crate::wire::{Json, PathId};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use mintage_deploy::golden_images::upload::{self, Piece};
use mintage_deploy::golden_images::{self, Declared};
use mintage_deploy::os_volumes::DeployError;
use mintage_records::model::{DeclaredUpload, GoldenImage};
use mintage_records::{Id, Kind, Match, Stored};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(declare))
        .routes(routes!(get, put, delete))
}

/// Where an upload is found.
pub(super) fn uri(id: &Id) -> String {
    format!("{}/uploads/{id}", Kind::GoldenImages.collection_uri())
}

/// What is to be uploaded.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeclaredUpload)]
struct Input {
    /// The golden image's name.
    name: Option<String>,
    /// What is in it.
    description: Option<String>,
    /// What the file is: `zip`, `raw`, `zstd`, `gzip`, `xz`, `qcow2`.
    format: String,
    /// Length of the file in bytes.
    size: u64,
    /// Its SHA-256, when it is known: it is checked.
    sha256: Option<String>,
}

/// An upload that is under way.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Upload)]
struct Wire {
    uri: String,
    /// The golden image that comes of it.
    golden_image_uri: String,
    name: String,
    format: Option<String>,
    /// Length of the file in bytes.
    size: u64,
    sha256: Option<String>,
    /// How much has arrived, in bytes: where the next piece begins.
    offset: u64,
}

impl Wire {
    fn new(image: &Stored<GoldenImage>, upload: &DeclaredUpload, offset: u64) -> Self {
        Self {
            uri: uri(&image.id),
            golden_image_uri: Kind::GoldenImages.uri(&image.id),
            name: image.body.name.clone(),
            format: image.body.format.clone(),
            size: upload.bytes,
            sha256: upload.sha256.clone(),
            offset,
        }
    }
}

/// Declares an upload; the golden image has its name from then on.
#[utoipa::path(
    post,
    path = "/rest/golden-images/uploads",
    tag = "golden-images",
    operation_id = "declareUpload",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
    request_body = Input,
    responses(
        (status = 201, description = "Nothing has arrived yet.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn declare(
    State(state): State<AppState>,
    caller: Caller,
    Json(input): Json<Input>,
) -> Result<Response, ApiError> {
    let declared = Declared {
        name: artifact::name(input.name, None)?,
        description: input.description,
        format: input.format.parse().map_err(|error| {
            ApiError::bad_request("FORMAT_NOT_DECLARED", format!("{error}")).source("format")
        })?,
        sha256: input.sha256,
    };
    let limits = state.limits.clone();
    let made = state.change(caller.author(), move |change| {
        let image = upload::declare(change, &declared, input.size, &limits).map_err(refused)?;
        change.made_at(uri(&image.id));
        Ok(image)
    });
    let image = made.await?;
    let upload = image.body.upload.clone().ok_or_else(gone)?;
    let location = [(header::LOCATION, uri(&image.id))];
    let body = Json(Wire::new(&image, &upload, 0));
    Ok((StatusCode::CREATED, location, body).into_response())
}

/// How much of an upload has arrived.
#[utoipa::path(
    get,
    path = "/rest/golden-images/uploads/{id}",
    tag = "golden-images",
    operation_id = "getUpload",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "The golden image's id.")),
    responses(
        (status = 200, description = "It.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn get(State(state): State<AppState>, PathId(id): PathId) -> Result<Json<Wire>, ApiError> {
    let of = id.clone();
    let (image, upload) = state.read(move |view| Ok(upload::find(view, &of)?)).await?;
    let arrived = arrived(&state, &id).await?;
    Ok(Json(Wire::new(&image, &upload, arrived)))
}

/// Sends the next piece. What of it arrived counts, also when it is cut off. The last one begins the
/// task that makes the golden image.
#[utoipa::path(
    put,
    path = "/rest/golden-images/uploads/{id}",
    tag = "golden-images",
    operation_id = "sendPiece",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
    params(
        ("id" = String, Path, description = "The golden image's id."),
        ("Content-Range" = String, Header, description = "`bytes FIRST-LAST/SIZE`; `bytes */SIZE` with no body when everything has arrived and no task goes on with it")
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "Something is missing still.", body = Wire),
        (status = 202, description = "Everything has arrived: the task that goes on with it.", body = TaskWire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn put(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let range = range(&headers)?;
    let of = id.clone();
    let (image, upload) = state.read(move |view| Ok(upload::find(view, &of)?)).await?;
    // None is the end: everything has arrived, and the service died before it could go on with it.
    let (start, end) = range.unwrap_or((upload.bytes, upload.bytes));
    let (folder, of, declared) = (state.folder.clone(), id.clone(), upload.clone());
    let begun = blocking(move || Piece::begin(&folder, &of, declared, start, end).map_err(refused));
    let mut writer = Writer::new(begun.await?, refused);
    let mut pieces = body.into_data_stream();
    let mut broken = None;
    while let Some(bytes) = pieces.next().await {
        match bytes {
            Ok(bytes) => writer.write(&bytes).await?,
            Err(error) => {
                broken = Some(error);
                break;
            }
        }
    }
    let piece = writer.finish().await?;
    let ended = blocking(move || {
        let whole = piece.is_whole();
        piece
            .end()
            .map(|received| (whole, received))
            .map_err(refused)
    });
    match ended.await? {
        (_, Some(received)) => {
            // What has arrived is the upload's, also when it cannot go on now.
            received.hand_over();
            check(&state, &caller, &image, &upload).await?;
            let task = state.change(caller.author(), move |change| {
                let intake = upload::complete(change, &id).map_err(refused)?;
                begin_intake(change, &intake, &image.body.name)
            });
            Ok(task.await?.into_response())
        }
        (true, None) => {
            let arrived = arrived(&state, &id).await?;
            Ok(Json(Wire::new(&image, &upload, arrived)).into_response())
        }
        (false, None) => {
            let message = "the piece was cut off; what arrived of it is kept";
            Err(ApiError::bad_request("PIECE_CUT_OFF", message)
                .details(broken.map(|error| error.to_string()).unwrap_or_default())
                .action("Get the upload, and go on at its `offset`."))
        }
    }
}

/// Looks into the file that has arrived whole. One that is refused can only be sent anew, so its upload
/// is given up.
async fn check(
    state: &AppState,
    caller: &Caller,
    image: &Stored<GoldenImage>,
    upload: &DeclaredUpload,
) -> Result<(), ApiError> {
    let declared = upload::declared(&image.body, upload).map_err(refused)?;
    let (records, author) = (state.records.clone(), caller.author());
    let (folder, limits) = (state.folder.clone(), state.limits.clone());
    let (id, seen) = (image.id.clone(), Match::Version(image.version));
    let checked = in_turn(&state.workers, move || {
        let checked = declared.check_file(&folder, &id, &limits);
        if let Err(DeployError::Refused(_)) = &checked {
            golden_images::delete(&records, &folder, &author, &id, &seen).map_err(refused)?;
        }
        checked.map_err(refused)
    });
    checked.await
}

/// Gives an upload up: the golden image and what arrived are gone.
#[utoipa::path(
    delete,
    path = "/rest/golden-images/uploads/{id}",
    tag = "golden-images",
    operation_id = "giveUpUpload",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
    params(("id" = String, Path, description = "The golden image's id.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<StatusCode, ApiError> {
    let of = id.clone();
    let found = state.read(move |view| Ok(upload::find(view, &of)?)).await?;
    // Not what has become complete meanwhile.
    let seen = Match::Version(found.0.version);
    let (records, folder) = (state.records.clone(), state.folder.clone());
    let author = caller.author();
    let deleted = blocking(move || {
        golden_images::delete(&records, &folder, &author, &id, &seen).map_err(refused)
    });
    deleted.await.map(|()| StatusCode::NO_CONTENT)
}

async fn arrived(state: &AppState, id: &Id) -> Result<u64, ApiError> {
    let (folder, id) = (state.folder.clone(), id.clone());
    blocking(move || upload::arrived(&folder, &id).map_err(refused)).await
}

/// Where the piece begins and ends (RFC 9110, section 14.4): from the first byte, up to the one behind
/// the last. None for no byte, `bytes */SIZE`.
fn range(headers: &HeaderMap) -> Result<Option<(u64, u64)>, ApiError> {
    let value = headers.get(header::CONTENT_RANGE);
    let parsed = value.and_then(|value| parse_range(value.to_str().ok()?));
    parsed.ok_or_else(|| {
        let message = "the header `Content-Range` must say which piece this is";
        ApiError::bad_request("INVALID_RANGE", message)
            .source("Content-Range")
            .action("Write it like `Content-Range: bytes 0-1048575/4294967296`.")
    })
}

fn parse_range(text: &str) -> Option<Option<(u64, u64)>> {
    let (range, size) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    if range == "*" {
        return size.parse::<u64>().ok().map(|_| None);
    }
    let (first, last) = range.split_once('-')?;
    let (first, last): (u64, u64) = (first.trim().parse().ok()?, last.trim().parse().ok()?);
    let range = (first, last.checked_add(1)?);
    (range.0 < range.1).then_some(Some(range))
}

fn gone() -> ApiError {
    ApiError::internal(&"an upload that was declared is none")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_of_bytes_with_a_first_and_a_last() {
        for (text, expected) in [
            ("bytes 0-99/1000", Some(Some((0, 100)))),
            (" bytes 100-199/*", Some(Some((100, 200)))),
            ("bytes 5-5/6", Some(Some((5, 6)))),
            ("bytes 5-4/6", None),
            ("bytes */6", Some(None)),
            ("bytes */*", None),
            ("bytes 0-99", None),
            ("0-99/100", None),
            ("bytes 0-18446744073709551615/*", None),
        ] {
            assert_eq!(parse_range(text), expected, "{text}");
        }
    }
}
