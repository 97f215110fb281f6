//! Why an image was refused.

use super::ImageFormat;
use std::io;

/// The result of everything in this module.
pub type Result<T, E = FormatError> = std::result::Result<T, E>;

/// An image that cannot become a golden volume. Nothing is left of it then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The file does not begin as files of the declared format do.
    #[error("the file is declared as {declared}, but it {}", looks_like(*found))]
    Header {
        /// What it was declared as.
        declared: ImageFormat,
        /// What it looks like, if that is known.
        found: Option<&'static str>,
    },
    /// The disk inside is packed once more.
    #[error("the disk inside the {declared} file is not raw: it looks like {found}")]
    Nested {
        /// What was declared.
        declared: ImageFormat,
        /// What the disk looks like.
        found: &'static str,
    },
    /// The file ends too early.
    #[error("the file is truncated: it ends at byte {at}, before its content does")]
    Truncated {
        /// Its length in bytes.
        at: u64,
    },
    /// The content ends before the file does.
    #[error("there is something behind the content: it ends at byte {at}, the file does not")]
    TrailingGarbage {
        /// Where the content ends, in bytes.
        at: u64,
    },
    /// A checksum inside the file differs from what its content gives.
    #[error("the file is damaged: {what} does not match the content")]
    Checksum {
        /// Which checksum.
        what: String,
    },
    /// The file breaks the rules of its format.
    #[error("the file is damaged: {why}")]
    Damaged {
        /// Which rule.
        why: String,
    },
    /// The file uses something of its format that is not taken.
    #[error("the file has {what}, which is not supported")]
    Unsupported {
        /// What.
        what: String,
    },
    /// The zip file has another number of entries than one.
    #[error("the zip file has {count} entries; it must have exactly one, the raw disk")]
    Entries {
        /// How many.
        count: usize,
    },
    /// There is no disk.
    #[error("the disk is empty")]
    Empty,
    /// The disk does not end with a sector.
    #[error("the disk has {bytes} bytes, which is no whole number of 512-byte sectors")]
    Sectors {
        /// Its length in bytes.
        bytes: u64,
    },
    /// The disk is longer than it may be.
    #[error("the disk is larger than {limit} bytes, the limit")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The disk has more data than a file of this size may give.
    #[error("the file of {source_bytes} bytes expands to more than {limit} times its size in data")]
    Ratio {
        /// The length of the file in bytes.
        source_bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// Decoding wants more memory than it may have.
    #[error("decoding wants to remember more than {limit} bytes, the limit")]
    Window {
        /// The limit in bytes.
        limit: u64,
    },
    /// Whoever watched the progress wanted no more.
    #[error("cancelled")]
    Cancelled,
    /// The file cannot be read.
    #[error("cannot read the image file: {0}")]
    Read(#[source] io::Error),
    /// The disk cannot be written.
    #[error("cannot write the golden volume: {0}")]
    Write(#[source] io::Error),
}

impl FormatError {
    /// Whether the image is at fault, and not the machine or who cancelled.
    pub fn is_of_the_image(&self) -> bool {
        !matches!(self, Self::Cancelled | Self::Read(_) | Self::Write(_))
    }

    /// What whoever brought the image can do.
    pub fn advice(&self) -> &'static str {
        match self {
            Self::Header { .. } => "Declare the format that the file has, or convert it.",
            Self::Nested { .. } => "Pack the raw disk itself, once.",
            Self::Truncated { .. } | Self::Checksum { .. } | Self::Damaged { .. } => {
                "Compare the checksum of the file with that of its origin, and transfer it again."
            }
            Self::TrailingGarbage { .. } => "Remove what is behind the content.",
            Self::Unsupported { .. } => {
                "Convert the image, for example with `qemu-img convert -O raw`."
            }
            Self::Entries { .. } => "Make a zip file that has the raw disk and nothing else.",
            Self::Empty | Self::Sectors { .. } => "Check that the file is an image of a disk.",
            Self::TooLarge { .. } => "Make the disk smaller, or raise the limit.",
            Self::Ratio { .. } => "Bring the image less compressed, or raise the limit.",
            Self::Window { .. } => "Compress with a smaller window (dictionary).",
            Self::Cancelled => "Bring the image again.",
            Self::Read(_) | Self::Write(_) => "Check the disk of the service: space and health.",
        }
    }
}

fn looks_like(found: Option<&'static str>) -> String {
    found.map_or_else(
        || "does not begin as such a file does".to_owned(),
        |found| format!("looks like {found}"),
    )
}
