//! Disks that are compressed as one stream: gzip, xz, zstd. Each may consist of several streams
//! in a row, as their tools make and read them; nothing else may follow.

use super::disk::DiskWriter;
use super::source::Source;
use super::{FormatError, ImageLimits, Result};
use flate2::bufread::GzDecoder;
use lzma_rust2::XzReader;
use ruzstd::decoding::errors::{FrameDecoderError, FrameHeaderError, ReadFrameHeaderError};
use ruzstd::decoding::{FrameDecoder, StreamingDecoder};
use std::io;

/// RFC 1952, section 2.3.1.
const GZIP: &[u8] = b"\x1f\x8b";
/// The .xz file format, section 2.1.1.1.
const XZ: &[u8] = b"\xfd7zXZ\0";
/// RFC 8878, section 3.1.1.
const ZSTD: &[u8] = b"\x28\xb5\x2f\xfd";
/// RFC 8878, section 3.1.2: the bytes behind the first of a frame that is to be skipped.
const ZSTD_SKIPPABLE: &[u8] = b"\x2a\x4d\x18";
/// What an xz decoder needs besides its dictionary, in bytes; generous.
const XZ_OVERHEAD: u64 = 1 << 20;

/// Expands a gzip file.
pub(super) fn expand_gzip(source: &mut Source<'_>, disk: &mut DiskWriter<'_>) -> Result<()> {
    loop {
        let copied = disk.copy(&mut GzDecoder::new(&mut *source));
        copied.map_err(|e| source.explain_copy(e))?;
        let next = source.peek::<2>()?;
        if !another_follows(source, &next, next.starts_with(GZIP))? {
            return Ok(());
        }
    }
}

/// Expands an xz file.
pub(super) fn expand_xz(
    source: &mut Source<'_>,
    limits: &ImageLimits,
    disk: &mut DiskWriter<'_>,
) -> Result<()> {
    let memory = (limits.window_bytes.saturating_add(XZ_OVERHEAD)) >> 10;
    let memory = u32::try_from(memory).unwrap_or(u32::MAX - 1);
    loop {
        let copied = disk.copy(&mut XzReader::new_mem_limit(&mut *source, false, memory));
        copied.map_err(|error| match error {
            super::disk::CopyError::Decoder(e) if e.kind() == io::ErrorKind::OutOfMemory => {
                FormatError::Window {
                    limit: limits.window_bytes,
                }
            }
            error => source.explain_copy(error),
        })?;
        // Section 2.2: padding between streams, a multiple of four zeros.
        while source.peek::<4>()? == [0; 4] {
            source.skip(4)?;
        }
        let next = source.peek::<6>()?;
        if !another_follows(source, &next, next.starts_with(XZ))? {
            return Ok(());
        }
    }
}

/// Expands a zstd file.
pub(super) fn expand_zstd(
    source: &mut Source<'_>,
    limits: &ImageLimits,
    disk: &mut DiskWriter<'_>,
) -> Result<()> {
    let mut decoder = FrameDecoder::new();
    decoder.set_max_window_size(limits.window_bytes);
    loop {
        expand_frame(source, limits, &mut decoder, disk)?;
        let next = source.peek::<4>()?;
        let frame = next.starts_with(ZSTD) || next[next.len().min(1)..] == *ZSTD_SKIPPABLE;
        if !another_follows(source, &next, frame)? {
            return Ok(());
        }
    }
}

fn expand_frame(
    source: &mut Source<'_>,
    limits: &ImageLimits,
    decoder: &mut FrameDecoder,
    disk: &mut DiskWriter<'_>,
) -> Result<()> {
    let copied = match StreamingDecoder::new_with_decoder(&mut *source, &mut *decoder) {
        Ok(mut frame) => disk.copy(&mut frame),
        Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
            length,
            ..
        })) => return source.skip(length.into()),
        Err(error) => return Err(explain_header(source, limits, error)),
    };
    let copied = copied.map_err(|e| source.explain_copy(e))?;
    // The decoder reads both and compares neither.
    if decoder
        .get_checksum_from_data()
        .is_some_and(|sum| decoder.get_calculated_checksum() != Some(sum))
    {
        let what = "the checksum of a zstd frame".into();
        return Err(FormatError::Checksum { what });
    }
    match decoder.content_size() {
        0 => Ok(()),
        size if size == copied => Ok(()),
        size => Err(FormatError::Damaged {
            why: format!("a zstd frame declares {size} bytes and has {copied}"),
        }),
    }
}

fn explain_header(
    source: &mut Source<'_>,
    limits: &ImageLimits,
    error: FrameDecoderError,
) -> FormatError {
    match error {
        FrameDecoderError::WindowSizeTooBig { .. }
        | FrameDecoderError::FrameHeaderError(FrameHeaderError::WindowTooBig { .. }) => {
            FormatError::Window {
                limit: limits.window_bytes,
            }
        }
        FrameDecoderError::DictNotProvided { dict_id } => FormatError::Unsupported {
            what: format!("the external dictionary {dict_id}"),
        },
        error => source.explain(io::Error::other(error)),
    }
}

/// Whether another stream follows one that ended; false at the end of the file.
fn another_follows(source: &Source<'_>, next: &[u8], begins_one: bool) -> Result<bool> {
    match (next.is_empty(), begins_one) {
        (true, _) => Ok(false),
        (false, true) => Ok(true),
        (false, false) => Err(FormatError::TrailingGarbage {
            at: source.position(),
        }),
    }
}
