//! `Intake`: from a file that arrived to a golden image.

use super::incoming::Received;
use super::rehearsal::rehearse;
use crate::os_volumes::problem::problem;
use crate::os_volumes::{DeployError, capturing};
use crate::{DataFolder, Limits, golden_volume, remove_if_there};
use mintage_plans::bundle::ImageFacts;
use mintage_records::model::{GoldenImage, State, TaskError};
use mintage_records::{Author, Change, Id, Match, Records, Stored};
use mintage_storage::store::{StoreError, VolumeName};
use mintage_storage::{Expansion, FormatError, ImageFormat, Progress, expand, look};
use mintage_volume::escape::escape;
use mintage_worker::Cancellation;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::fs::File;
use std::io;
use std::ops::ControlFlow;

/// What somebody says of the image that they bring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The golden image's name.
    pub name: String,
    /// What is in it.
    pub description: Option<String>,
    /// What the file is.
    pub format: ImageFormat,
    /// The SHA-256 of the file, in hexadecimal digits, when they know it.
    pub sha256: Option<String>,
}

impl Declared {
    /// Checks what can be checked before the file arrives.
    ///
    /// # Errors
    /// `Refused` with everything that is wrong.
    pub fn check(&self) -> Result<(), DeployError> {
        let mut problems = Vec::new();
        if self.name.trim().is_empty() {
            let action = "Give it in the query (`?name=…`) or in a part `name` before the file.";
            problems.push(problem(
                "NAME_MISSING",
                "the golden image has no name",
                action,
            ));
        }
        if self.sha256.as_deref().is_some_and(|sum| !is_sha256(sum)) {
            problems.push(problem(
                "INVALID_CHECKSUM",
                "the declared checksum is no SHA-256: 64 hexadecimal digits",
                "Take what `sha256sum` prints, or leave it out.",
            ));
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(DeployError::Refused(problems)),
        }
    }

    /// Checks the file that arrived as the incoming file of `id`: its directory, its beginning as it is
    /// expanded, its checksum where one is declared. Blocks.
    ///
    /// # Errors
    /// `Refused` with what is wrong with it; `Run` when it cannot be read.
    pub fn check_file(
        &self,
        folder: &DataFolder,
        id: &Id,
        limits: &Limits,
    ) -> Result<(), DeployError> {
        let (path, image) = (folder.incoming(id), limits.image());
        let file = File::open(&path)?;
        let (most, scratch) = (limits.rehearsal, folder.scratch());
        look(&file, self.format, &image)
            .and_then(|()| rehearse(&file, self.format, &image, most, &scratch))
            .map_err(|error| match error.is_of_the_image() {
                true => DeployError::Refused(vec![of_image(&error)]),
                false => from_format(error),
            })?;
        match &self.sha256 {
            None => Ok(()),
            Some(declared) => {
                let found = ImageFacts::read(File::open(&path)?)?.sha256;
                check_sum(declared, &found).map_err(|problem| DeployError::Refused(vec![problem]))
            }
        }
    }

    /// The golden image before there is anything of it.
    pub(super) fn image(&self) -> GoldenImage {
        GoldenImage {
            name: self.name.clone(),
            description: self.description.clone(),
            state: State::Creating,
            size: 0,
            used: 0,
            check_sum: None,
            volume_sum: None,
            format: Some(self.format.name().to_owned()),
            image_capture: false,
            provenance: None,
            imported_from_bundle: false,
            bundle_name: None,
            bundle: None,
            read_only: false,
            inspection: None,
            upload: None,
            boot_test: None,
        }
    }
}

fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn check_sum(declared: &str, found: &str) -> Result<(), TaskError> {
    if declared.eq_ignore_ascii_case(found) {
        return Ok(());
    }
    Err(problem(
        "CHECKSUM_MISMATCH",
        format!("the file has the SHA-256 {found}, not the declared {declared}"),
        "Send the file again, and compare its checksum with that of its origin.",
    ))
}

/// A file that becomes a golden image: what a task needs to go on with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Intake {
    /// The golden image; its file is the incoming one with this id.
    pub golden_image: Id,
    /// What the file is.
    pub format: ImageFormat,
    /// The SHA-256 that the file must have, lower-case hex.
    pub sha256: Option<String>,
}

impl Intake {
    /// Takes the golden image's name for the file `received`, which arrived as the incoming file `id`.
    /// After the change is committed the caller hands the file over.
    ///
    /// # Errors
    /// `Refused`; `Records`, with `NameTaken` too.
    pub fn begin(
        change: &mut Change<'_>,
        id: &Id,
        declared: &Declared,
        _received: &Received,
    ) -> Result<(Stored<GoldenImage>, Self), DeployError> {
        declared.check()?;
        let image = change.insert_as(id.clone(), declared.image())?;
        let intake = Self {
            golden_image: id.clone(),
            format: declared.format,
            sha256: declared.sha256.as_deref().map(str::to_ascii_lowercase),
        };
        Ok((image, intake))
    }

    /// Makes the golden volume, whole or not at all. What an earlier try left is taken away first.
    /// Blocks.
    ///
    /// # Errors
    /// `Run` with what is wrong with the image, `Cancelled`. There is no golden volume then.
    pub fn expand(
        &self,
        folder: &DataFolder,
        limits: &Limits,
        cancellation: Option<&Cancellation>,
        watch: &mut dyn FnMut(Progress),
    ) -> Result<Expansion, DeployError> {
        let (store, name) = (folder.store(), golden_volume(&self.golden_image));
        store.remove(&name)?;
        let volume = store.create(&name)?;
        let source = File::open(folder.incoming(&self.golden_image))?;
        let mut report = |progress| {
            watch(progress);
            match cancellation.is_some_and(Cancellation::is_cancelled) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        };
        let (limits, output) = (limits.image(), volume.file());
        let expanded = expand(&source, self.format, &limits, output, &mut report);
        let expansion = expanded.map_err(|error| match error {
            FormatError::Write(error) => not_written(&name, store.label(), &error).into(),
            error => from_format(error),
        })?;
        if let Some(declared) = &self.sha256 {
            let checked = check_sum(declared, &expansion.source_sha256);
            checked.map_err(|problem| DeployError::Run(Box::new(problem)))?;
        }
        volume.publish()?;
        Ok(expansion)
    }
}

/// Says that the golden image is complete, and removes the file that it came of. Once that is said,
/// saying it again changes nothing.
///
/// # Errors
/// `Records`; `Run` when the file cannot be removed.
pub fn finish(
    records: &Records,
    folder: &DataFolder,
    author: &Author,
    intake: &Intake,
    expansion: &Expansion,
    inspection: Json,
) -> Result<(), DeployError> {
    let id = &intake.golden_image;
    records.change(author, |change| {
        let image = change.get::<GoldenImage>(id)?;
        if image.body.state == State::Ok {
            return Ok(());
        }
        let body = GoldenImage {
            state: State::Ok,
            size: expansion.disk_bytes,
            used: expansion.data_bytes,
            check_sum: Some(expansion.source_sha256.clone()),
            volume_sum: Some(expansion.volume_sum.clone()),
            inspection: Some(inspection),
            ..image.body
        };
        change.update(id, &Match::Any, body).map(drop)
    })?;
    Ok(remove_if_there(&folder.incoming(id))?)
}

/// Takes back a golden image that is not complete, with its files. Where a deployment plan names it
/// already, it stays as one that can only be deleted.
///
/// # Errors
/// `Records`, `Run` when a file cannot be removed.
pub fn undo(
    records: &Records,
    folder: &DataFolder,
    author: &Author,
    intake: &Intake,
) -> Result<(), DeployError> {
    let id = &intake.golden_image;
    capturing::delete(records, folder, author, id)?;
    Ok(remove_if_there(&folder.incoming(id))?)
}

/// What whoever brought the image can do; a limit is called as the configuration calls it.
fn advice(error: &FormatError) -> String {
    let setting = match error {
        FormatError::TooLarge { .. } => "limits.disk",
        FormatError::Ratio { .. } => "limits.expansion-ratio",
        FormatError::Window { .. } => "limits.image-window",
        _ => return error.advice().to_owned(),
    };
    format!(
        "{} The limit is `{setting}` in the configuration.",
        error.advice()
    )
}

/// Why the disk `name` is not written, as the store that keeps it would tell it.
pub(crate) fn not_written(name: &VolumeName, store: &str, error: &io::Error) -> StoreError {
    StoreError::from_io(format!("make the {name}"), store, error)
}

/// Why an image was not expanded, as tasks tell it.
fn from_format(error: FormatError) -> DeployError {
    match error {
        FormatError::Cancelled => DeployError::Cancelled,
        FormatError::Write(error) => error.into(),
        error if error.is_of_the_image() => DeployError::Run(Box::new(of_image(&error))),
        error => DeployError::storage(&error),
    }
}

/// What is wrong with an image.
fn of_image(error: &FormatError) -> TaskError {
    let code = match error {
        FormatError::Header { .. } => "IMAGE_FORMAT_MISMATCH",
        FormatError::TooLarge { .. } | FormatError::Ratio { .. } | FormatError::Window { .. } => {
            "IMAGE_TOO_LARGE"
        }
        FormatError::Truncated { .. } => "IMAGE_TRUNCATED",
        FormatError::Checksum { .. } | FormatError::Damaged { .. } => "IMAGE_DAMAGED",
        _ => "IMAGE_REFUSED",
    };
    // Its text may quote the file.
    let message = escape(error.to_string().as_bytes());
    problem(code, message, &advice(error))
}
