//! `DiskId`: who an exported disk is, by whatever path it is reached.

use super::error::{ExportError, Result};
use std::fmt;

/// The longest one, in bytes: what targets keep of a serial number (a UUID as text).
const LONGEST: usize = 36;

/// Serial number and identifier of an exported disk; multipath joins paths by it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DiskId(String);

impl DiskId {
    /// Takes `text`, as the OS volume's id.
    ///
    /// # Errors
    /// `Invalid` for a text that is empty, longer than 36 bytes, or has other characters than letters,
    /// digits and `-`.
    pub fn parse(text: &str) -> Result<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let why = if !(1..=LONGEST).contains(&text.len()) {
            "it must have 1 to 36 characters"
        } else if !text.bytes().all(allowed) {
            "it may only have letters, digits and `-`"
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(ExportError::Invalid {
            what: format!("disk id `{}`", text.escape_debug()),
            why,
        })
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DiskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_short_and_plain() {
        let uuid = "0b0e5a0e-6a52-4c3e-9d52-0a8c3f0c2f11";
        assert_eq!(DiskId::parse(uuid).unwrap().as_str(), uuid);
        for bad in ["", "a,b", "a b", "a=b", &format!("{uuid}0")] {
            assert!(DiskId::parse(bad).is_err(), "{bad}");
        }
    }
}
