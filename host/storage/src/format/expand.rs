//! Making a golden volume of an image file.

use super::appearance::{HEAD, check_header};
use super::disk::{DiskWriter, WrittenDisk};
use super::source::Source;
use super::watch::{Progress, Watch};
use super::{FormatError, ImageFormat, ImageLimits, Result, digest, qcow2, streams, zipped};
use crate::holes::next_data;
use mintage_volume::block::FileDevice;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

/// What an expansion came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expansion {
    /// The length of the image file in bytes.
    pub source_bytes: u64,
    /// The SHA-256 of the image file, in lower-case hexadecimal digits.
    pub source_sha256: String,
    /// The length of the disk in bytes.
    pub disk_bytes: u64,
    /// The sum of the disk, a [`mintage_volume::VolumeSum`].
    pub volume_sum: String,
    /// How many bytes of the disk are in blocks of 4 KiB that are not all zeros.
    pub data_bytes: u64,
}

/// Expands the image in `source`, which is of the declared `format`, to a sparse raw disk in `output`,
/// a file without content.
///
/// Publishing it is left to the caller: when it knows that the checksums are the expected ones.
/// `report` hears how far the work came, often; when it breaks, the expansion is cancelled.
///
/// # Errors
/// Every [`FormatError`]. A part of the disk is in `output` then.
pub fn expand(
    source: &File,
    format: ImageFormat,
    limits: &ImageLimits,
    output: &File,
    report: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<Expansion> {
    let len = source.metadata().map_err(FormatError::Read)?.len();
    let watch = Watch::new(len, report);
    let mut source = Source::new(source, len, &watch);
    check_header(format, &source.peek::<HEAD>()?)?;
    let stop = AtomicBool::new(false);
    let file = source.file().try_clone().map_err(FormatError::Read)?;
    let file = FileDevice::read_only(file).map_err(|e| FormatError::Read(io::Error::other(e)))?;
    std::thread::scope(|scope| {
        let hashing = scope.spawn(|| digest::of_device(&file, &stop));
        let disk = DiskWriter::new(output, format, *limits, len, &watch);
        let written = fenced(|| write_disk(&mut source, format, limits, disk));
        stop.store(written.is_err(), Ordering::Relaxed);
        let disk = written?;
        let source_sha256 = match hashing.join() {
            Ok(sum) => sum?.ok_or(FormatError::Cancelled)?,
            Err(_) => {
                let died = io::Error::other("the thread that computes the checksum died");
                return Err(FormatError::Read(died));
            }
        };
        Ok(Expansion {
            source_bytes: len,
            source_sha256: digest::hex(&source_sha256),
            disk_bytes: disk.bytes,
            volume_sum: disk.sum,
            data_bytes: disk.data_bytes,
        })
    })
}

fn write_disk<'a>(
    source: &mut Source<'a>,
    format: ImageFormat,
    limits: &ImageLimits,
    mut disk: DiskWriter<'a>,
) -> Result<WrittenDisk> {
    match format {
        ImageFormat::Raw => copy_raw(source, &mut disk),
        ImageFormat::Zip => zipped::expand_zip(source, &mut disk),
        ImageFormat::Gzip => streams::expand_gzip(source, &mut disk),
        ImageFormat::Xz => streams::expand_xz(source, limits, &mut disk),
        ImageFormat::Zstd => streams::expand_zstd(source, limits, &mut disk),
        ImageFormat::Qcow2 => qcow2::expand_qcow2(source, limits, &mut disk),
    }?;
    disk.finish()
}

/// How much of a raw disk is read at once, in bytes.
const STEP: u64 = 256 << 10;

fn copy_raw(source: &mut Source<'_>, disk: &mut DiskWriter<'_>) -> Result<()> {
    let len = source.len();
    let mut buffer = Vec::new();
    let mut at = 0;
    loop {
        let run = next_data(source.file(), at, len).map_err(|e| FormatError::Read(e.into()))?;
        let (start, end) = run.unwrap_or((len, len));
        disk.hole(start - at)?;
        at = start;
        while at < end {
            let step = STEP.min(end - at);
            // At most `STEP`, which fits.
            buffer.resize(usize::try_from(step).unwrap_or_default(), 0);
            source.read_at(&mut buffer, at)?;
            disk.data(&buffer)?;
            at += step;
        }
        if at == len {
            return Ok(());
        }
    }
}

/// Decoders read hostile bytes: one that panics is an error of the image.
fn fenced(work: impl FnOnce() -> Result<WrittenDisk>) -> Result<WrittenDisk> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        Err(FormatError::Damaged {
            why: "its decoder gave up on it".into(),
        })
    })
}
