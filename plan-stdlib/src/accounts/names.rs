//! What may be a name of an account, and what may stand in a field.

use crate::values::shorten;
use mintage_engine::{Code, PlanError};

/// The longest name, in bytes: what utmp(5) holds.
const MAX_NAME: usize = 32;

/// Refuses what no distribution takes as the name of a user or group.
///
/// # Errors
/// `P2013`.
pub(crate) fn check(noun: &str, name: &str) -> Result<(), PlanError> {
    let stem = name.strip_suffix('$').unwrap_or(name);
    let is_start = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let is_rest = |byte: u8| is_start(byte) || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
    let is_name = stem.bytes().next().is_some_and(is_start) && stem.bytes().all(is_rest);
    if is_name && name.len() <= MAX_NAME {
        return Ok(());
    }
    let message = format!("`{}` is no name of a {noun}", shorten(name));
    Err(PlanError::new(Code::P2013, message).help(format!(
        "a name has at most {MAX_NAME} of the letters a-z, digits, `_`, `-`, `.`, and starts with a letter or `_`"
    )))
}

/// Refuses what would end a field, or the line.
///
/// # Errors
/// `P2013`.
pub(crate) fn check_field(what: &str, text: &str) -> Result<(), PlanError> {
    if !text.contains(|c: char| c == ':' || c.is_control()) {
        return Ok(());
    }
    let message = format!(
        "the {what} `{}` has a colon or a control character",
        shorten(text)
    );
    Err(PlanError::new(Code::P2013, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_all_distributions() {
        for name in [
            "ops",
            "_apt",
            "systemd-network",
            "Ops.Team_1",
            "machine$",
            &"a".repeat(32),
        ] {
            assert!(check("user", name).is_ok(), "{name}");
        }
        let long = "a".repeat(33);
        for name in [
            "", "1ops", "-ops", ".ops", "o ps", "ops:x", "ops\n", "é", "$", "a$b", "../x", "a/b",
            "*", &long,
        ] {
            assert_eq!(check("user", name).unwrap_err().code, Code::P2013, "{name}");
        }
    }

    #[test]
    fn fields_cannot_end_a_line() {
        assert!(check_field("comment", "Opérator,,,").is_ok());
        for text in ["a:b", "a\nroot::0:0", "\0", "\r", "\u{85}"] {
            assert!(check_field("comment", text).is_err(), "{text:?}");
        }
    }
}
