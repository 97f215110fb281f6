//! The formats in which images travel, and the two ways between them and a golden volume.
//!
//! [`expand`] makes a golden volume of an image in a declared format; [`WirePack`] makes the wire
//! format of a golden volume. Both stream, with memory that no input can make grow.

mod appearance;
mod digest;
mod disk;
mod error;
mod expand;
mod limits;
mod look;
mod pack;
mod qcow2;
mod source;
mod streams;
mod watch;
mod zipped;

pub use digest::volume_sum;
pub use error::{FormatError, Result};
pub use expand::{Expansion, expand};
pub use limits::ImageLimits;
pub use look::look;
pub use pack::WirePack;
pub use watch::Progress;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What an image file is, as whoever brings it declares. It is never guessed: a raw disk may begin
/// with any bytes that its system likes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ImageFormat {
    /// A zip file with exactly one entry, a raw disk: the wire format.
    Zip,
    /// The disk, byte for byte.
    Raw,
    /// A raw disk, compressed with Zstandard.
    Zstd,
    /// A raw disk, compressed with gzip.
    Gzip,
    /// A raw disk, compressed with xz.
    Xz,
    /// QEMU's image format, versions 2 and 3.
    Qcow2,
}

impl ImageFormat {
    /// Every format.
    pub const ALL: [Self; 6] = [
        Self::Zip,
        Self::Raw,
        Self::Zstd,
        Self::Gzip,
        Self::Xz,
        Self::Qcow2,
    ];

    /// Its name, as it is declared.
    pub fn name(self) -> &'static str {
        match self {
            Self::Zip => "zip",
            Self::Raw => "raw",
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Qcow2 => "qcow2",
        }
    }
}

impl fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no format has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no image format `{0}`; the formats are zip, raw, zstd, gzip, xz, qcow2")]
pub struct UnknownFormat(String);

impl FromStr for ImageFormat {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let named = Self::ALL.into_iter().find(|format| format.name() == name);
        named.ok_or_else(|| UnknownFormat(name.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_the_name_that_it_is_declared_by() {
        for format in ImageFormat::ALL {
            assert_eq!(format.name().parse(), Ok(format));
            assert_eq!(
                serde_json::to_string(&format).unwrap(),
                format!("\"{format}\"")
            );
        }
        let error = "vmdk".parse::<ImageFormat>().unwrap_err().to_string();
        assert!(error.contains("`vmdk`"), "{error}");
        for format in ImageFormat::ALL {
            assert!(error.contains(format.name()), "{error}");
        }
    }
}
