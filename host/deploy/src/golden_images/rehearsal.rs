//! Rehearsal: the beginning of an image is expanded once and thrown away, so that whoever sends the
//! image is told at once what is wrong inside it, and not by a task that fails later.

use mintage_storage::{
    FormatError, ImageFormat, ImageLimits, Progress, StorageError, expand, scratch_file,
};
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

/// Expands the beginning of `source`, up to `most` bytes of it or of its disk, into a file without a name
/// in the folder `scratch`, which is gone when this returns; says how many bytes that were. Blocks.
///
/// # Errors
/// Those of [`expand`], but for being cancelled. An image that passes may still be refused for what is
/// behind its beginning.
pub(crate) fn rehearse(
    source: &File,
    format: ImageFormat,
    limits: &ImageLimits,
    most: u64,
    scratch: &Path,
) -> Result<u64, FormatError> {
    let mut came = 0;
    let mut report = |progress: Progress| {
        came = progress.read.max(progress.expanded);
        match came > most {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    };
    let output = scratch_file(scratch).map_err(not_written)?;
    match expand(source, format, limits, &output, &mut report) {
        Ok(_) | Err(FormatError::Cancelled) => Ok(came),
        Err(error) => Err(error),
    }
}

fn not_written(error: StorageError) -> FormatError {
    FormatError::Write(io::Error::other(error))
}
