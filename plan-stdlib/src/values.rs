//! Values from scripts as text.

use mintage_engine::{Code, PlanError, Secret};
use mintage_volume::escape::escape;
use mintage_volume::path::MAX_PATH;
use rhai::Dynamic;

/// A text from a script for an error: escaped, and cut where it is long.
pub(crate) fn shorten(text: &str) -> String {
    const LONGEST: usize = 80;
    let mut shown: String = text.chars().take(LONGEST).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    escape(shown.as_bytes())
}

/// A path from a script for an error: escaped, and whole as far as it can be one.
pub(crate) fn path_text(path: &str) -> String {
    let bytes = path.as_bytes();
    escape(bytes.get(..MAX_PATH).unwrap_or(bytes))
}

/// What scripts call the type of a value.
pub(crate) fn type_name(value: &Dynamic) -> &'static str {
    match value {
        value if value.is_unit() => "nothing",
        value if value.is_bool() => "boolean",
        value if value.is_int() => "int",
        value if value.is_float() => "float",
        value if value.is_char() => "char",
        value if value.is_string() => "string",
        value if value.is_array() => "array",
        value if value.is_blob() => "blob",
        value if value.is_map() => "map",
        value if value.is_fnptr() => "function",
        value if value.is::<Secret>() => "secret",
        _ => "another type",
    }
}

/// The text of a string, a number or a boolean, for a place in a file that takes one value.
///
/// # Errors
/// `P2006` for anything else, a secret too.
pub(crate) fn scalar(value: &Dynamic) -> Result<String, PlanError> {
    if let Ok(number) = value.as_int() {
        return Ok(number.to_string());
    }
    if let Ok(boolean) = value.as_bool() {
        return Ok(boolean.to_string());
    }
    if value.is::<Secret>() {
        return Err(
            PlanError::new(Code::P2006, "a secret cannot be a value here")
                .help("write the file by a template, which makes it a secret as a whole"),
        );
    }
    let text = value.clone().into_immutable_string();
    text.map(|text| text.to_string()).map_err(|_| {
        let found = type_name(value);
        let message = format!("a value is a string, a number or a boolean, not of type `{found}`");
        PlanError::new(Code::P2006, message)
    })
}

/// As [`scalar`], and whether it is a secret.
///
/// # Errors
/// `P2006` for anything else.
pub(crate) fn scalar_or_secret(value: &Dynamic) -> Result<(String, bool), PlanError> {
    if let Some(secret) = value.read_lock::<Secret>() {
        return Ok((secret.reveal().to_owned(), true));
    }
    Ok((scalar(value)?, false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_in_errors_are_short_and_harmless() {
        assert_eq!(shorten("a\n\u{1b}"), "a\\n\\u{1b}");
        assert_eq!(shorten(&"é".repeat(100)).chars().count(), 81);
    }

    #[test]
    fn scalars() {
        assert_eq!(scalar(&Dynamic::from(-1_i64)).unwrap(), "-1");
        assert_eq!(scalar(&Dynamic::TRUE).unwrap(), "true");
        let refused = [
            Dynamic::UNIT,
            Dynamic::from(Secret::new("x")),
            Dynamic::from_array(vec![]),
        ];
        for value in refused {
            assert_eq!(scalar(&value).unwrap_err().code, Code::P2006);
        }
    }
}
