//! `/rest/golden-images/{id}/files`, `/rest/os-volumes/{id}/files` and `…/compare`: what is inside.

use super::gone::Gone;
use crate::error::{ApiError, Envelope};
use crate::state::{AppState, in_turn};
use crate::wire::{Json, PathId, Query};
use axum::extract::State;
use axum::http::StatusCode;
use mintage_deploy::contents::{self, Content, Entry, Listing};
use mintage_deploy::{golden_volume, os_volume};
use mintage_records::model::{GoldenImage, OsVolume, State as ImageState};
use mintage_records::{Id, Kind};
use mintage_storage::store::VolumeName;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The most of a file that is shown, in bytes.
const CONTENT: u64 = 256 << 10;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(files_of_image))
        .routes(routes!(content_in_image))
        .routes(routes!(files_of_volume))
        .routes(routes!(content_in_volume))
        .routes(routes!(compare))
}

/// What is looked at.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(default)]
struct At {
    /// The path as the server would name it; `/` when it is left out.
    path: String,
}

impl Default for At {
    fn default() -> Self {
        Self {
            path: "/".to_owned(),
        }
    }
}

/// With what is compared.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
struct With {
    /// The id of the other golden image, the newer one of both.
    with: String,
}

/// A directory, or the one file that was asked for.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Files {
    /// Without links in it, escaped.
    path: String,
    /// Sorted by name.
    members: Vec<FileWire>,
    total: usize,
}

/// A file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = File)]
struct FileWire {
    /// Escaped.
    name: String,
    /// Kind and permissions as `ls -l` shows them: `drwxr-xr-x`.
    mode: String,
    uid: u32,
    gid: u32,
    /// In bytes.
    size: u64,
    modified: String,
    /// Where a symbolic link leads, escaped.
    target: Option<String>,
}

/// The beginning of a file.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct FileContent {
    /// Without links in it, escaped.
    path: String,
    /// Null when it is no text in UTF-8.
    text: Option<String>,
    /// Whether there is more: 256 KiB are shown.
    is_cut: bool,
}

impl From<Listing> for Files {
    fn from(listing: Listing) -> Self {
        let members: Vec<FileWire> = listing.entries.into_iter().map(FileWire::from).collect();
        Self {
            path: listing.path,
            total: members.len(),
            members,
        }
    }
}

impl From<Entry> for FileWire {
    fn from(entry: Entry) -> Self {
        Self {
            name: entry.name,
            mode: entry.mode,
            uid: entry.uid,
            gid: entry.gid,
            size: entry.bytes,
            modified: entry.modified,
            target: entry.target,
        }
    }
}

impl From<Content> for FileContent {
    fn from(content: Content) -> Self {
        Self {
            path: content.path,
            text: text(content.bytes, content.is_cut),
            is_cut: content.is_cut,
        }
    }
}

/// The text; a letter that is cut in the middle at the end does not count.
fn text(mut bytes: Vec<u8>, is_cut: bool) -> Option<String> {
    if is_cut
        && let Err(error) = std::str::from_utf8(&bytes)
        && error.error_len().is_none()
    {
        bytes.truncate(error.valid_up_to());
    }
    let text = String::from_utf8(bytes).ok()?;
    (!text.contains('\0')).then_some(text)
}

/// The files in a directory of a golden image.
#[utoipa::path(
    get,
    path = "/rest/golden-images/{id}/files",
    tag = "golden-images",
    operation_id = "listFilesOfGoldenImage",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id."), At),
    responses(
        (status = 200, description = "The directory.", body = Files),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn files_of_image(
    State(state): State<AppState>,
    PathId(id): PathId,
    Query(at): Query<At>,
) -> Result<Json<Files>, ApiError> {
    let volume = image(&state, id).await?;
    list(&state, volume, at).await
}

/// The beginning of a file in a golden image.
#[utoipa::path(
    get,
    path = "/rest/golden-images/{id}/files/content",
    tag = "golden-images",
    operation_id = "readFileOfGoldenImage",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id."), At),
    responses(
        (status = 200, description = "Its text.", body = FileContent),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn content_in_image(
    State(state): State<AppState>,
    PathId(id): PathId,
    Query(at): Query<At>,
) -> Result<Json<FileContent>, ApiError> {
    let volume = image(&state, id).await?;
    Ok(Json(read(&state, volume, at).await?.into()))
}

/// The files in a directory of an OS volume.
#[utoipa::path(
    get,
    path = "/rest/os-volumes/{id}/files",
    tag = "os-volumes",
    operation_id = "listFilesOfOsVolume",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(("id" = String, Path, description = "Its id."), At),
    responses(
        (status = 200, description = "The directory.", body = Files),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn files_of_volume(
    State(state): State<AppState>,
    PathId(id): PathId,
    Query(at): Query<At>,
) -> Result<Json<Files>, ApiError> {
    let (volume, _) = volume(&state, id).await?;
    list(&state, volume, at).await
}

/// The beginning of a file in an OS volume; not of one into which its deployment wrote a secret.
#[utoipa::path(
    get,
    path = "/rest/os-volumes/{id}/files/content",
    tag = "os-volumes",
    operation_id = "readFileOfOsVolume",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(("id" = String, Path, description = "Its id."), At),
    responses(
        (status = 200, description = "Its text.", body = FileContent),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn content_in_volume(
    State(state): State<AppState>,
    PathId(id): PathId,
    Query(at): Query<At>,
) -> Result<Json<FileContent>, ApiError> {
    let (volume, secret) = volume(&state, id).await?;
    let content = read(&state, volume, at).await?;
    match secret.contains(&content.path) {
        true => Err(holds_secret(&content.path)),
        false => Ok(Json(content.into())),
    }
}

/// How the disk of another golden image differs from that of this one, file by file.
#[utoipa::path(
    get,
    path = "/rest/golden-images/{id}/compare",
    tag = "golden-images",
    operation_id = "compareGoldenImages",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id."), With),
    responses(
        (status = 200, description = "The differences, as in the report of a run.", body = Object),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn compare(
    State(state): State<AppState>,
    PathId(id): PathId,
    Query(With { with }): Query<With>,
) -> Result<Json<serde_json::Value>, ApiError> {
    let with = Id::parse(&with);
    let with =
        with.ok_or_else(|| ApiError::not_found("there is no such golden image").source("with"))?;
    let (before, after) = (image(&state, id).await?, image(&state, with).await?);
    let folder = state.folder.clone();
    let gone = Gone::default();
    let wanted = gone.question();
    let compared = in_turn(&state.workers, move || {
        Ok(contents::compare(&folder, &before, &after, wanted)?)
    });
    Ok(Json(compared.await?))
}

/// The golden volume of an image that is complete.
async fn image(state: &AppState, id: Id) -> Result<VolumeName, ApiError> {
    let found = state.read(move |view| Ok(view.get::<GoldenImage>(&id)?));
    let found = found.await?;
    match found.body.state == ImageState::Ok {
        true => Ok(golden_volume(&found.id)),
        false => Err(incomplete(Kind::GoldenImages, &found.body.name)),
    }
}

/// The volume, if it is complete, and the paths of the files that hold a secret of its deployment.
async fn volume(state: &AppState, id: Id) -> Result<(VolumeName, Vec<String>), ApiError> {
    let found = state.read(move |view| Ok(view.get::<OsVolume>(&id)?));
    let found = found.await?;
    let entries = found.body.outcome.as_ref();
    let entries = entries.and_then(|record| record.pointer("/outcome/diff/entries"));
    let Some(entries) = entries.and_then(serde_json::Value::as_array) else {
        return Err(incomplete(Kind::OsVolumes, &found.body.name));
    };
    let secret = entries
        .iter()
        .filter(|entry| entry["content"]["kind"] == "secret");
    let paths = secret.filter_map(|entry| entry["path"].as_str().map(str::to_owned));
    Ok((os_volume(&found.id), paths.collect()))
}

async fn list(state: &AppState, volume: VolumeName, at: At) -> Result<Json<Files>, ApiError> {
    let folder = state.folder.clone();
    let gone = Gone::default();
    let wanted = gone.question();
    let listed = in_turn(&state.workers, move || {
        Ok(contents::list(&folder, &volume, &at.path, wanted)?)
    });
    Ok(Json(listed.await?.into()))
}

async fn read(state: &AppState, volume: VolumeName, at: At) -> Result<Content, ApiError> {
    let folder = state.folder.clone();
    let gone = Gone::default();
    let wanted = gone.question();
    let read = in_turn(&state.workers, move || {
        Ok(contents::content(
            &folder, &volume, &at.path, CONTENT, wanted,
        )?)
    });
    read.await
}

fn incomplete(kind: Kind, name: &str) -> ApiError {
    let message = format!("`{name}` of {} is not complete", kind.as_str());
    ApiError::new(StatusCode::CONFLICT, "NOT_COMPLETE", message)
        .action("Wait for the task that makes it.")
}

fn holds_secret(path: &str) -> ApiError {
    let message = format!("{path} holds a secret of its server");
    ApiError::new(StatusCode::FORBIDDEN, "SECRET_FILE", message)
        .action("Look at it on the server itself.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_that_is_cut_does_not_make_a_text_binary() {
        assert_eq!(text(b"gr\xc3".to_vec(), true).as_deref(), Some("gr"));
        assert_eq!(text(b"gr\xc3".to_vec(), false), None);
        assert_eq!(text(b"a\0b".to_vec(), false), None);
        assert_eq!(text("grün".into(), false).as_deref(), Some("grün"));
    }
}
