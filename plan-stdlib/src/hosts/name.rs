//! Host names by RFC 1123.

use crate::values::shorten;
use mintage_engine::{Code, PlanError};

/// The longest name of a machine in Linux, in bytes.
pub(crate) const MAX_HOST_NAME: usize = 64;
/// The longest name in the domain name system, in bytes.
pub(crate) const MAX_DOMAIN_NAME: usize = 253;

/// Checks a name of at most `limit` bytes: labels of 1 to 63 letters, digits and hyphens, no
/// hyphen at either end of one, with dots between them.
///
/// # Errors
/// `P2013`.
pub(crate) fn check(name: &str, limit: usize) -> Result<(), PlanError> {
    let why = if name.is_empty() {
        "it is empty".to_owned()
    } else if name.len() > limit {
        format!("it is longer than {limit} characters")
    } else if let Some(bad) = name
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.'))
    {
        let shown = shorten(&bad.to_string());
        format!("it has the character `{shown}`")
    } else if name
        .split('.')
        .any(|label| label.is_empty() || label.len() > 63)
    {
        "the parts between its dots must have 1 to 63 characters".to_owned()
    } else if name
        .split('.')
        .any(|label| label.starts_with('-') || label.ends_with('-'))
    {
        "a part of it starts or ends with `-`".to_owned()
    } else if name
        .split('.')
        .next_back()
        .is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()))
    {
        "its last part is a number, as in an address".to_owned()
    } else {
        return Ok(());
    };
    let shown = shorten(name);
    Err(
        PlanError::new(Code::P2013, format!("`{shown}` is not a host name: {why}"))
            .help("a host name has letters, digits and `-`, as `web01` or `web01.example.com`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_rfc_1123() {
        for name in [
            "web01",
            "web01.example.com",
            "a",
            "3com",
            "WEB-01",
            "1.example",
        ] {
            assert!(check(name, MAX_HOST_NAME).is_ok(), "{name}");
        }
        let long = "a".repeat(64);
        for name in [
            "",
            "-a",
            "a-",
            "a..b",
            ".a",
            "a.",
            "a_b",
            "a b",
            "a\n",
            "a\0",
            "é",
            "127.0.0.1",
            "12",
            "../x",
            &long,
        ] {
            assert_eq!(
                check(name, MAX_HOST_NAME).unwrap_err().code,
                Code::P2013,
                "{name:?}"
            );
        }
    }
}
