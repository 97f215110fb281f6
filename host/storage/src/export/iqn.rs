//! `Iqn`: the name of a target or initiator.

use super::error::{ExportError, Result};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest name, in bytes (RFC 3720, 3.2.6.1).
const LONGEST: usize = 223;

/// The name of a target or initiator: `iqn.2026-11.com.example:web01`, `eui.02004567A425678D`,
/// `naa.52004567BA64678D`.
///
/// Names are compared byte by byte, so the letters of an `iqn` name are small, as RFC 3722 has them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Iqn(String);

impl Iqn {
    /// Takes `text` for a name.
    ///
    /// # Errors
    /// `Invalid`.
    pub fn parse(text: &str) -> Result<Self> {
        match problem(text) {
            None => Ok(Self(text.to_owned())),
            Some(why) => Err(ExportError::Invalid {
                what: format!("iSCSI name `{}`", text.escape_debug()),
                why,
            }),
        }
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn problem(text: &str) -> Option<&'static str> {
    let is_hex = |digits: &str, lengths: &[usize]| {
        lengths.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    };
    if text.len() > LONGEST {
        return Some("it is longer than 223 bytes");
    }
    match text.split_once('.') {
        Some(("iqn", rest)) => iqn_problem(rest),
        Some(("eui", digits)) if is_hex(digits, &[16]) => None,
        Some(("eui", _)) => Some("after `eui.` come 16 hexadecimal digits"),
        Some(("naa", digits)) if is_hex(digits, &[16, 32]) => None,
        Some(("naa", _)) => Some("after `naa.` come 16 or 32 hexadecimal digits"),
        _ => Some("a name begins with `iqn.`, `eui.` or `naa.`"),
    }
}

/// What is wrong with what follows `iqn.`: a month, a domain reversed, and anything after a colon.
fn iqn_problem(rest: &str) -> Option<&'static str> {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:".contains(&byte);
    if !rest.bytes().all(allowed) {
        return Some("it may only have small letters, digits, `-`, `.` and `:`");
    }
    let Some((month, name)) = rest.split_once('.') else {
        return Some("after the month comes a `.` and a domain");
    };
    if !is_month(month) {
        return Some("after `iqn.` comes a month as `2026-11`");
    }
    let domain = name.split(':').next().unwrap_or_default();
    let is_label = |label: &str| !label.is_empty() && !label.starts_with('-');
    match domain.split('.').all(is_label) {
        true => None,
        false => Some("after the month comes a domain, reversed: `com.example`"),
    }
}

fn is_month(text: &str) -> bool {
    let Some((year, month)) = text.split_once('-') else {
        return false;
    };
    let number = |text: &str, digits: usize| match text.len() == digits {
        true => text.parse::<u16>().ok(),
        false => None,
    };
    number(year, 4).is_some() && matches!(number(month, 2), Some(1..=12))
}

impl fmt::Display for Iqn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Iqn {
    type Error = ExportError;

    fn try_from(text: String) -> Result<Self> {
        Self::parse(&text)
    }
}

impl From<Iqn> for String {
    fn from(name: Iqn) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_the_rfc_says() {
        let longest = format!("iqn.2026-11.com.example:{}", "a".repeat(223 - 24));
        let good = [
            "iqn.2026-11.com.example",
            "iqn.2026-11.com.example:web01",
            "iqn.2026-11.com.example:a:b.c-d",
            "iqn.1990-01.com.hp:virtual-0000",
            "eui.02004567A425678D",
            "naa.52004567BA64678D",
            "naa.62004567BA64678D0123456789ABCDEF",
            &longest,
        ];
        for text in good {
            assert_eq!(Iqn::parse(text).unwrap().as_str(), text);
        }
        let too_long = format!("{longest}a");
        let bad = [
            "",
            "web01",
            "iqn",
            "iqn.",
            "iqn.2026-11",
            "iqn.2026-11.",
            "iqn.2026-13.com.example",
            "iqn.26-11.com.example",
            "iqn.2026-11.com..example",
            "iqn.2026-11.-com",
            "iqn.2026-11.com.example:Web01",
            "iqn.2026-11.com.example:web 01",
            "iqn.2026-11.com.example:web,01",
            "iqn.2026-11.com.example:web\n01",
            "iqn.2026-11.com.example:wéb",
            "eui.02004567A425678",
            "eui.02004567A425678G",
            "naa.52004567BA64678D0",
            &too_long,
        ];
        for text in bad {
            let error = Iqn::parse(text).unwrap_err();
            assert!(matches!(error, ExportError::Invalid { .. }), "{text}");
            assert!(!error.to_string().contains('\n'), "{error}");
        }
    }
}
