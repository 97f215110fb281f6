//! The multipart form in which an image arrives: one part `file`, and maybe texts beside it.

use super::refused;
use crate::error::ApiError;
use crate::files::{second_file, take_in};
use crate::form::Form;
use crate::state::{AppState, in_turn};
use axum::extract::Request;
use mintage_deploy::golden_images::{Declared, Received};
use mintage_records::Id;
use mintage_records::model::GoldenImage;
use mintage_storage::ImageFormat;
use serde::Deserialize;
use utoipa::IntoParams;

/// What is said of an image beside its file: in the query, or in parts of these names.
#[derive(Debug, Default, Clone, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct Said {
    /// The golden image's name.
    name: Option<String>,
    /// What is in it.
    description: Option<String>,
    /// What the file is: `zip` (when it is left out), `raw`, `zstd`, `gzip`, `xz`, `qcow2`.
    format: Option<String>,
    /// The SHA-256 of the file, when it is known: it is checked.
    checksum: Option<String>,
}

impl Said {
    /// Takes the text of a part; the query counts more.
    fn take(&mut self, part: &str, text: String) {
        let member = match part {
            "name" => &mut self.name,
            "description" => &mut self.description,
            "format" => &mut self.format,
            "checksum" | "checkSum" | "sha256" => &mut self.checksum,
            _ => return,
        };
        member.get_or_insert(text);
    }

    fn declared(self, file_name: &str) -> Result<Declared, ApiError> {
        Ok(Declared {
            name: self.name.unwrap_or_default(),
            description: self.description,
            format: format(self.format.as_deref(), file_name)?,
            sha256: self.checksum.filter(|sum| !sum.is_empty()),
        })
    }
}

/// The declared format. The wire knows one, and its files are called `.zip`.
fn format(declared: Option<&str>, file_name: &str) -> Result<ImageFormat, ApiError> {
    let wrong = |message: String| {
        ApiError::bad_request("FORMAT_NOT_DECLARED", message)
            .source("format")
            .action("Say what the file is: `?format=raw`, `zip`, `zstd`, `gzip`, `xz` or `qcow2`.")
    };
    match declared {
        Some(name) => name.parse().map_err(|error| wrong(format!("{error}"))),
        None if file_name.is_empty() || file_name.to_ascii_lowercase().ends_with(".zip") => {
            Ok(ImageFormat::Zip)
        }
        None => Err(wrong(
            "the file's name does not end with `.zip`, and no other format is declared".to_owned(),
        )),
    }
}

/// An image that arrived whole.
pub(super) struct Arrived {
    pub(super) id: Id,
    pub(super) declared: Declared,
    pub(super) received: Received,
}

/// Takes the form, streaming the file to disk.
pub(super) async fn arrive(
    state: &AppState,
    said: Said,
    request: Request,
) -> Result<Arrived, ApiError> {
    refuse_taken_name(state, said.name.clone()).await?;
    let mut form = Form::open(request, state).await?;
    let arrived = take_parts(state, said, &mut form).await?;
    let (folder, limits) = (state.folder.clone(), state.limits.clone());
    let checked = in_turn(&state.workers, move || {
        let checked = arrived.declared.check_file(&folder, &arrived.id, &limits);
        checked.map_err(refused).map(|()| arrived)
    });
    checked.await
}

async fn take_parts(
    state: &AppState,
    mut said: Said,
    form: &mut Form,
) -> Result<Arrived, ApiError> {
    let mut file: Option<(Id, String, Received)> = None;
    loop {
        let Some(part) = form.next().await? else {
            let (id, file_name, received) = file.ok_or_else(no_file)?;
            let declared = said.declared(&file_name)?;
            declared.check().map_err(refused)?;
            return Ok(Arrived {
                id,
                declared,
                received,
            });
        };
        let name = part.name();
        match (name.as_str(), &file) {
            ("file", None) => {
                let file_name = part.file_name();
                let (id, limit) = (Id::generate(), state.limits.image_file());
                let received = take_in(state, &id, limit, part, refused).await?;
                file = Some((id, file_name, received));
            }
            ("file", Some(_)) => return Err(second_file()),
            _ => said.take(&name, part.text().await?),
        }
    }
}

/// Who sends gigabytes under a name that is taken should hear of it soon.
async fn refuse_taken_name(state: &AppState, name: Option<String>) -> Result<(), ApiError> {
    let Some(name) = name else {
        return Ok(());
    };
    let taken = state.read(move |view| match view.find_by_name::<GoldenImage>(&name)? {
        None => Ok(()),
        Some(_) => Err(mintage_records::RecordsError::NameTaken {
            kind: mintage_records::Kind::GoldenImages,
            name,
        }
        .into()),
    });
    taken.await
}

fn no_file() -> ApiError {
    ApiError::bad_request("INVALID_MULTIPART", "the form has no part `file`")
        .source("file")
        .action("Send the image as the part `file`.")
}
