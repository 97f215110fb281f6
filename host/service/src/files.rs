//! Files that come and go: the part `file` of a multipart body onto the disk, a file of the data
//! folder as a reply. Neither is ever held in memory.

mod writer;

pub use writer::{Refused, Writer};

use crate::error::ApiError;
use crate::form::{Form, Part};
use crate::state::{AppState, blocking};
use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use mintage_deploy::FileLimit;
use mintage_deploy::golden_images::{Incoming, Received};
use mintage_deploy::os_volumes::DeployError;
use mintage_deploy::task::TaskFailure;
use mintage_records::Id;
use serde::Deserialize;
use std::io;
use std::path::Path;
use tokio_util::io::ReaderStream;

/// What is said of a file: in the query, or in text parts before or after it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Parts {
    /// What it is to be called.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// A deployment group.
    #[serde(rename = "deploymentGrpUri")]
    pub deployment_grp_uri: Option<String>,
}

impl Parts {
    fn set(&mut self, part: &str, text: String) {
        let place = match part {
            "name" => &mut self.name,
            "description" => &mut self.description,
            "deploymentGrpUri" => &mut self.deployment_grp_uri,
            // Clients send parts that mean nothing here.
            _ => return,
        };
        // The query counts more.
        place.get_or_insert(text);
    }
}

/// Writes the part `file` to the incoming file of `id`, of at most `limit`. What came is gone
/// when this fails, or the answer is dropped.
///
/// # Errors
/// 400 for a body that is no multipart or has no file, 413 for a file that is too long.
pub async fn receive(
    state: &AppState,
    id: &Id,
    limit: FileLimit,
    mut parts: Parts,
    mut form: Form,
) -> Result<(Received, Parts), ApiError> {
    let mut received = None;
    while let Some(part) = form.next().await? {
        let name = part.name();
        match (name.as_str(), &received) {
            ("file", None) => received = Some(take_in(state, id, limit, part, refused).await?),
            ("file", Some(_)) => return Err(second_file()),
            _ => parts.set(&name, part.text().await?),
        }
    }
    let received = received.ok_or_else(|| {
        ApiError::bad_request("FILE_MISSING", "the body has no part `file`")
            .action("Send the file as the part `file` of multipart/form-data.")
    })?;
    Ok((received, parts))
}

/// Streams one part to the incoming file of `id`, of at most `limit`. What came is gone when this
/// fails, or the answer is dropped.
///
/// # Errors
/// What `refused` makes of a file that is too long or cannot be written; 400 when the body ends early.
pub async fn take_in(
    state: &AppState,
    id: &Id,
    limit: FileLimit,
    mut part: Part<'_>,
    refused: Refused,
) -> Result<Received, ApiError> {
    let (folder, of) = (state.folder.clone(), id.clone());
    let created = blocking(move || Incoming::create(&folder, &of, limit).map_err(refused));
    let mut writer = Writer::new(created.await?, refused);
    while let Some(bytes) = part.chunk().await? {
        writer.write(&bytes).await?;
    }
    let incoming = writer.finish().await?;
    blocking(move || incoming.complete().map_err(refused)).await
}

/// A form has one file: which of two is meant nobody can tell.
pub fn second_file() -> ApiError {
    ApiError::bad_request(
        "INVALID_MULTIPART",
        "the form has more than one part `file`",
    )
    .source("file")
    .action("Send one file with each request.")
}

fn refused(error: DeployError) -> ApiError {
    TaskFailure::from(error.problems()).into()
}

/// A file as a reply; `name` is what the client may call it.
///
/// # Errors
/// 404 when it is not there.
pub async fn download(path: &Path, name: &str) -> Result<Response, ApiError> {
    let file = match tokio::fs::File::open(path).await {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(ApiError::not_found("there is no such file"));
        }
        Err(error) => return Err(ApiError::internal(&error)),
    };
    let length = file
        .metadata()
        .await
        .map_err(|error| ApiError::internal(&error))?
        .len();
    let body = Body::from_stream(ReaderStream::with_capacity(file, 256 << 10));
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    let kind = HeaderValue::from_static("application/octet-stream");
    headers.insert(header::CONTENT_TYPE, kind);
    headers.insert(header::CONTENT_DISPOSITION, attachment(name)?);
    Ok(response)
}

/// Tells the client to keep the reply as the file `name`, of which only what no reader of the header
/// can misread is kept.
///
/// # Errors
/// 500; not for any name.
pub fn attachment(name: &str) -> Result<HeaderValue, ApiError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    let name: String = name
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    HeaderValue::from_str(&format!("attachment; filename=\"{name}\""))
        .map_err(|error| ApiError::internal(&error))
}
