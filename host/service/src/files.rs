//! Files that come and go: the part `file` of a multipart body onto the disk, a file of the data
//! folder as a reply. Neither is ever held in memory.

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
use tokio::sync::mpsc;
use tokio_util::io::ReaderStream;

/// How many pieces may wait for the disk.
const WAITING: usize = 16;

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
        if name == "file" && received.is_none() {
            received = Some(file(state, id, limit, part).await?);
        } else {
            parts.set(&name, part.text().await?);
        }
    }
    let received = received.ok_or_else(|| {
        ApiError::bad_request("FILE_MISSING", "the body has no part `file`")
            .action("Send the file as the part `file` of multipart/form-data.")
    })?;
    Ok((received, parts))
}

/// Streams one part to the disk: this thread takes from the network, another one writes.
async fn file(
    state: &AppState,
    id: &Id,
    limit: FileLimit,
    mut part: Part<'_>,
) -> Result<Received, ApiError> {
    let (sender, mut pieces) = mpsc::channel::<axum::body::Bytes>(WAITING);
    let (folder, id) = (state.folder.clone(), id.clone());
    let writing = tokio::spawn(blocking(move || {
        let mut incoming = Incoming::create(&folder, &id, limit).map_err(refused)?;
        while let Some(piece) = pieces.blocking_recv() {
            // An empty piece is the end; without it, the client went away.
            if piece.is_empty() {
                return incoming.complete().map_err(refused);
            }
            incoming.append(&piece).map_err(refused)?;
        }
        Err(ApiError::bad_request(
            "BODY_CUT_OFF",
            "the file did not arrive whole",
        ))
    }));
    let mut broken = None;
    loop {
        let piece = match part.chunk().await {
            Ok(Some(piece)) if piece.is_empty() => continue,
            Ok(Some(piece)) => piece,
            Ok(None) => {
                // Where it is not taken any more, the writer says why.
                let _ = sender.send(axum::body::Bytes::new()).await;
                break;
            }
            Err(error) => {
                broken = Some(error);
                break;
            }
        };
        if sender.send(piece).await.is_err() {
            break;
        }
    }
    drop(sender);
    let written = writing.await.map_err(|error| ApiError::internal(&error))?;
    match broken {
        Some(broken) => Err(broken),
        None => written,
    }
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
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ' ');
    let plain: String = name
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    Ok(response)
}

/// Removes a file that may not be there.
///
/// # Errors
/// 500 when the system does not let it go.
pub fn remove(path: &Path) -> Result<(), ApiError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(ApiError::internal(&error)),
        _ => Ok(()),
    }
}
