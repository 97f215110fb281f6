//! The disk in a golden image of a bundle: a zip file with exactly one entry, a raw disk.

use super::directory::{self, read_entry};
use super::error::{BundleError, Result};
use super::limits::{BundleLimit, BundleLimits};
use mintage_volume::VolumeSum;
use serde::Serialize;
use std::io::{Read, Seek};

/// How zip files begin (APPNOTE 4.3.7): a disk never does.
const ZIP: &[u8] = b"PK\x03\x04";

/// The disk in a golden image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiskEntry {
    /// The name of the entry, a UUID in real ones.
    pub name: String,
    /// The size of the disk in bytes.
    pub size: u64,
}

/// The disk in the golden image `image`, whose zip file is `reader`. Only its directory and its
/// first bytes are read.
///
/// # Errors
/// P5008, P5009 and P5011 when it is not a zip file with one raw disk within the limits.
pub fn disk_of(
    image: &str,
    reader: &mut (impl Read + Seek),
    limits: &BundleLimits,
) -> Result<DiskEntry> {
    // Its own directory is not that of the bundle: the errors say of which image it is.
    let directory = directory::read(reader, limits).map_err(|error| within(image, error))?;
    let count = directory.len();
    let mut entries = directory.into_iter();
    let (Some((name, entry)), 1) = (entries.next(), count) else {
        let why = format!("a golden image is a zip file with one disk, and it has {count} entries");
        return Err(BundleError::forbidden(image, why));
    };
    let size = entry.size();
    if size > limits.disk {
        let why = format!(
            "its disk has {size} bytes, and the limit is {}",
            limits.disk
        );
        return Err(BundleError::entry_too_large(BundleLimit::Disk, image, why));
    }
    let mut start = Vec::new();
    let opened = entry.as_ref().with_reader(reader, Default::default());
    let read = opened.map_err(std::io::Error::from);
    let read = read.and_then(|disk| disk.take(ZIP.len() as u64).read_to_end(&mut start));
    if let Err(error) = read {
        let why = format!("its disk cannot be read: {error}");
        return Err(BundleError::damaged_entry(image, why));
    }
    if start == ZIP {
        let why = "its disk is a zip file again";
        return Err(BundleError::forbidden(image, why));
    }
    Ok(DiskEntry { name, size })
}

/// The sum of the disk in the golden image `image`, a [`VolumeSum`].
///
/// # Errors
/// As [`disk_of`], and P5008 when the disk is damaged.
pub fn volume_sum(
    image: &str,
    reader: &mut (impl Read + Seek),
    limits: &BundleLimits,
) -> Result<String> {
    disk_of(image, reader, limits)?;
    let directory = directory::read(reader, limits).map_err(|error| within(image, error))?;
    let mut sum = VolumeSum::default();
    for (name, entry) in &directory {
        let read = read_entry(reader, name, entry, |piece| {
            sum.data(piece);
            Ok(())
        });
        read.map_err(|error| within(image, error))?;
    }
    Ok(sum.finish())
}

fn within(image: &str, error: BundleError) -> BundleError {
    let message = format!("in the golden image `{image}`: {}", error.message);
    BundleError {
        message: mintage_volume::escape::printable(&message, &[]),
        entry: Some(mintage_volume::escape::escape(image.as_bytes())),
        ..error
    }
}
