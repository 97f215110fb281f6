//! `Chap`: a name and secret by which one side of a login proves itself.

use super::error::{ExportError, Result};
use std::fmt;
use zeroize::Zeroizing;

/// How long a secret may be, in bytes: RFC 3720, 8.2.1 wants 96 bits, Windows takes no more than 16 bytes.
const SECRET_LENGTH: std::ops::RangeInclusive<usize> = 12..=16;
/// The longest name, in bytes: as long as an initiator's.
const LONGEST_NAME: usize = 223;

/// A name and secret by which one side of a login proves itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chap {
    /// The name: letters, digits, and `-._:`.
    pub user: String,
    /// The secret.
    pub secret: ChapSecret,
}

impl Chap {
    /// A name with its secret.
    ///
    /// # Errors
    /// `Invalid` for a name that is empty, longer than 223 bytes, or has other characters than letters,
    /// digits and `-._:`; for a secret as [`ChapSecret::parse`].
    pub fn new(user: &str, secret: &str) -> Result<Self> {
        let why = match user.len() {
            0 => Some("it is empty"),
            length if length > LONGEST_NAME => Some("it is longer than 223 bytes"),
            _ if !only(user, b"-._:") => {
                Some("it may only have letters, digits, `-`, `.`, `_` and `:`")
            }
            _ => None,
        };
        if let Some(why) = why {
            return Err(ExportError::Invalid {
                what: format!("CHAP name `{}`", user.escape_debug()),
                why,
            });
        }
        Ok(Self {
            user: user.to_owned(),
            secret: ChapSecret::parse(secret)?,
        })
    }
}

/// A secret that every initiator takes; it is shown nowhere, and its memory is cleared.
#[derive(Clone, PartialEq, Eq)]
pub struct ChapSecret(Zeroizing<String>);

impl ChapSecret {
    /// Takes `secret`.
    ///
    /// # Errors
    /// `Invalid` for one that is not 12 to 16 bytes long, or has other characters than letters, digits
    /// and `-._:+/=`: firmware, boot scripts and URLs take these everywhere.
    pub fn parse(secret: &str) -> Result<Self> {
        let why = if !SECRET_LENGTH.contains(&secret.len()) {
            "it must have 12 to 16 characters"
        } else if !only(secret, b"-._:+/=") {
            "it may only have letters, digits and `-._:+/=`"
        } else {
            return Ok(Self(Zeroizing::new(secret.to_owned())));
        };
        Err(ExportError::Invalid {
            what: "CHAP secret".to_owned(),
            why,
        })
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ChapSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChapSecret(..)")
    }
}

fn only(text: &str, marks: &[u8]) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || marks.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_as_long_as_every_initiator_takes_and_never_shown() {
        for good in ["abcdefghijkl", "ABC-._:+/=012345"] {
            let chap = Chap::new("iqn.2026-11.com.example:web01", good).unwrap();
            assert_eq!(chap.secret.expose(), good);
            assert!(!format!("{chap:?}").contains(good), "{chap:?}");
        }
        let bad = [
            "",
            "abcdefghijk",
            "abcdefghijklmnopq",
            "abcdefghijkl ",
            "abcdefghijk,l",
            "abcdefghijk%l",
            "abcdefghijk@l",
            "abcdefghijk\n",
            "abcdefghijké",
        ];
        for bad in bad {
            let error = Chap::new("web01", bad).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(matches!(error, ExportError::Invalid { .. }));
            assert!(bad.is_empty() || !shown.contains(bad), "{shown}");
        }
    }

    #[test]
    fn names_have_no_character_that_means_something() {
        let long = "a".repeat(224);
        for bad in ["", "a b", "a,password=b", "a%b", "a@b", "a\nb", &long] {
            assert!(Chap::new(bad, "abcdefghijkl").is_err(), "{bad}");
        }
    }
}
