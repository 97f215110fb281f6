//! Names of iSCSI initiators (RFC 3720, section 3.2.6): `iqn.1993-08.org.debian:01:0123456789ab`.

use crate::values::shorten;
use mintage_engine::{Code, PlanError};

/// The longest name, in bytes (RFC 3720).
const MAX_NAME: usize = 223;

/// Checks the form of a name: `iqn.YYYY-MM.DOMAIN[:…]`, `eui.` or `naa.` with hexadecimal digits.
///
/// # Errors
/// `P2013` for any other.
pub(super) fn check(name: &str) -> Result<(), PlanError> {
    let is_valid = name.len() <= MAX_NAME
        && match name.split_once('.') {
            Some(("iqn", rest)) => is_qualified(rest),
            Some(("eui", digits)) => digits.len() == 16 && is_hex(digits),
            Some(("naa", digits)) => matches!(digits.len(), 16 | 32) && is_hex(digits),
            _ => false,
        };
    if is_valid {
        return Ok(());
    }
    let shown = shorten(name);
    Err(PlanError::new(Code::P2013, format!("`{shown}` cannot be the name of an iSCSI initiator"))
        .help("it is `iqn.YYYY-MM.reversed.domain:anything` in lower case, `eui.` with 16 or `naa.` with 16 or 32 hexadecimal digits"))
}

/// `2024-01.com.example[:rest]`.
fn is_qualified(text: &str) -> bool {
    let (authority, rest) = text.split_once(':').unwrap_or((text, "x"));
    let Some((date, domain)) = authority.split_once('.') else {
        return false;
    };
    let month = match date.split_once('-') {
        Some((year, month)) if year.len() == 4 && is_decimal(year) && month.len() == 2 => {
            month.parse().ok()
        }
        _ => None,
    };
    let is_label = |label: &str| {
        let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(inner)
    };
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".:-".contains(&byte);
    matches!(month, Some(1_u8..=12))
        && domain.split('.').all(is_label)
        && !rest.is_empty()
        && rest.bytes().all(fits)
}

fn is_decimal(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for good in [
            "iqn.1993-08.org.debian:01:0123456789ab",
            "iqn.2024-12.com.example",
            "iqn.2001-04.com.my-site.storage:a.b-c:1",
            "eui.02004567a425678d",
            "naa.52004567ba64678d",
            "naa.62004567ba64678d0123456789abcdef",
        ] {
            check(good).unwrap();
        }
        for bad in [
            "",
            "web01",
            "iqn.",
            "iqn.2024-13.com.example",
            "iqn.24-01.com.example",
            "iqn.2024-01",
            "iqn.2024-01.com.example:",
            "iqn.2024-01.com.example:A",
            "iqn.2024-01.com..example",
            "iqn.2024-01.com.example:a b",
            "iqn.2024-01.com.example:a\nInitiatorAlias=x",
            "eui.12",
            "naa.xyz",
            "iqn.+024-01.com",
            "iqn.2024-1.com",
        ] {
            assert_eq!(check(bad).unwrap_err().code, Code::P2013, "{bad}");
        }
        assert!(check(&format!("iqn.2024-01.com.example:{}", "a".repeat(220))).is_err());
    }
}
