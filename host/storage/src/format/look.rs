//! What can be said against an image file without expanding it.

use super::appearance::{HEAD, check_header};
use super::source::Source;
use super::watch::Watch;
use super::{FormatError, ImageFormat, ImageLimits, Result, zipped};
use std::fs::File;
use std::ops::ControlFlow;

/// Looks at the beginning of the image file `source`, and of a zip file at its directory: so that most
/// files that are no image are refused in a moment, whatever their length. An image that passes may
/// still be refused by [`expand`](super::expand).
///
/// # Errors
/// Those of [`expand`](super::expand).
pub fn look(source: &File, format: ImageFormat, limits: &ImageLimits) -> Result<()> {
    let len = source.metadata().map_err(FormatError::Read)?.len();
    let report = &mut |_| ControlFlow::Continue(());
    let watch = Watch::new(len, report);
    let mut source = Source::new(source, len, &watch);
    if len == 0 {
        return Err(FormatError::Empty);
    }
    check_header(format, &source.peek::<HEAD>()?)?;
    let bytes = match format {
        ImageFormat::Zip => zipped::disk_bytes(&mut source)?,
        ImageFormat::Raw => len,
        _ => return Ok(()),
    };
    let limit = limits.disk_bytes;
    match bytes <= limit {
        true => Ok(()),
        false => Err(FormatError::TooLarge { limit }),
    }
}
