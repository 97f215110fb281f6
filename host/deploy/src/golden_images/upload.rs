//! Uploads in pieces: declared first, continued after any interruption, also a restart.
//!
//! The golden image is there from the beginning, in the state `CREATING`, so that its name is taken and
//! nothing of it is lost. How much has arrived is the length of its incoming file.

use super::incoming::{Incoming, Received};
use super::intake::{Declared, Intake};
use crate::os_volumes::DeployError;
use crate::{DataFolder, FileLimit, Limits};
use mintage_records::model::{DeclaredUpload, GoldenImage};
use mintage_records::{Change, Id, Match, RecordsError, Stored, View};

/// Declares an upload of `bytes` bytes. Nothing has arrived then.
///
/// # Errors
/// `Refused`; `Records`, with `NameTaken` too.
pub fn declare(
    change: &mut Change<'_>,
    declared: &Declared,
    bytes: u64,
    limits: &Limits,
) -> Result<Stored<GoldenImage>, DeployError> {
    declared.check()?;
    let limit = limits.image_upload;
    if bytes == 0 || bytes > limit {
        return Err(DeployError::refused(
            "UPLOAD_TOO_LONG",
            format!("the file has {bytes} bytes; it may have 1 to {limit}"),
            "Send a smaller image, or raise `limits.image-upload` in the configuration.",
        ));
    }
    let sha256 = declared.sha256.as_deref().map(str::to_ascii_lowercase);
    Ok(change.insert(GoldenImage {
        upload: Some(DeclaredUpload { bytes, sha256 }),
        ..declared.image()
    })?)
}

/// The upload of a golden image that is not complete.
///
/// # Errors
/// `NotFound`, also for an image that no upload is under way for.
pub fn find(
    view: &mut View<'_>,
    id: &Id,
) -> Result<(Stored<GoldenImage>, DeclaredUpload), RecordsError> {
    let image = view.get::<GoldenImage>(id)?;
    match image.body.upload.clone() {
        Some(upload) => Ok((image, upload)),
        None => Err(RecordsError::NotFound {
            kind: mintage_records::Kind::GoldenImages,
            id: format!("{id} with an upload under way"),
        }),
    }
}

/// How much of an upload has arrived, in bytes. Blocks.
///
/// # Errors
/// `Run` when its file cannot be looked at.
pub fn arrived(folder: &DataFolder, id: &Id) -> Result<u64, DeployError> {
    match std::fs::metadata(folder.incoming(id)) {
        Ok(file) => Ok(file.len()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// A piece of an upload while it arrives.
#[derive(Debug)]
pub struct Piece {
    file: Incoming,
    upload: DeclaredUpload,
    /// Where the piece ends, in bytes of the file.
    end: u64,
}

impl Piece {
    /// Begins the piece from byte `start` up to byte `end`. Only one piece of an upload arrives at a
    /// time. Blocks.
    ///
    /// # Errors
    /// `Refused` when the piece is not the next one, goes beyond the declared end, or another one
    /// arrives.
    pub fn begin(
        folder: &DataFolder,
        id: &Id,
        upload: DeclaredUpload,
        start: u64,
        end: u64,
    ) -> Result<Self, DeployError> {
        let arrived = arrived(folder, id)?;
        if start != arrived {
            return Err(DeployError::refused(
                "WRONG_OFFSET",
                format!("{arrived} bytes have arrived; the next piece does not begin at {start}"),
                "Get the upload, and go on at its `offset`.",
            ));
        }
        if end > upload.bytes || end < start {
            let whole = upload.bytes;
            return Err(DeployError::refused(
                "WRONG_RANGE",
                format!("the piece ends at byte {end}, the declared file at {whole}"),
                "Send what was declared, or declare another upload.",
            ));
        }
        Ok(Self {
            file: Incoming::reopen(
                folder,
                id,
                arrived,
                FileLimit {
                    bytes: end,
                    setting: "limits.image-upload",
                },
            )?,
            upload,
            end,
        })
    }

    /// Appends what arrived. Blocks.
    ///
    /// # Errors
    /// `Refused` for more than the piece has; `Run` when it cannot be written.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), DeployError> {
        self.file.append(bytes)
    }

    /// Ends the piece, also one that was cut off: what arrived of it counts. Gives the whole file when
    /// nothing is missing any more. Blocks.
    ///
    /// # Errors
    /// `Run` when the file cannot be put on stable storage.
    pub fn end(self) -> Result<Option<Received>, DeployError> {
        self.file.sync()?;
        match self.file.len() == self.upload.bytes {
            true => self.file.complete().map(Some),
            false => Ok(None),
        }
    }

    /// Whether all of the piece has arrived.
    pub fn is_whole(&self) -> bool {
        self.file.len() == self.end
    }
}

/// What was declared of an upload.
///
/// # Errors
/// `Run` when the image's format is none.
pub fn declared(image: &GoldenImage, upload: &DeclaredUpload) -> Result<Declared, DeployError> {
    let format = image.format.as_deref().unwrap_or_default();
    Ok(Declared {
        name: image.name.clone(),
        description: image.description.clone(),
        format: format
            .parse()
            .map_err(|error| DeployError::storage(&error))?,
        sha256: upload.sha256.clone(),
    })
}

/// Says that everything has arrived, and what is to be done with it.
///
/// # Errors
/// `Records`; `Run` when the image's format is none.
pub fn complete(change: &mut Change<'_>, id: &Id) -> Result<Intake, DeployError> {
    let (image, upload) = find(change, id)?;
    let Declared { format, sha256, .. } = declared(&image.body, &upload)?;
    let body = GoldenImage {
        upload: None,
        ..image.body
    };
    change.update(id, &Match::Any, body)?;
    Ok(Intake {
        golden_image: id.clone(),
        format,
        sha256,
    })
}
