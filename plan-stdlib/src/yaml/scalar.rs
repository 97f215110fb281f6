//! Single values of YAML: what a plain text is taken for, and how a value is written so that every
//! reader takes it for what it is.

use crate::structured::Value;
use saphyr_parser::ScalarStyle;

/// What a plain text means where all versions of YAML agree; else the text itself, as no text.
pub(super) fn resolve(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Boolean(true),
        "false" | "False" | "FALSE" => return Value::Boolean(false),
        _ => {}
    }
    if let Some(number) = integer(text) {
        return number;
    }
    if let Some(number) = float(text) {
        return Value::Float(number);
    }
    match is_ambiguous(text) {
        true => Value::Other(text.to_owned()),
        false => Value::Text(text.to_owned()),
    }
}

fn integer(text: &str) -> Option<Value> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let is_plain = !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && (digits == "0" || !digits.starts_with('0'));
    if is_plain {
        let number = text.parse().map(Value::Integer);
        return Some(number.unwrap_or_else(|_| Value::Other(text.to_owned())));
    }
    let digits = text.strip_prefix("0x")?;
    let is_plain = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = i64::from_str_radix(digits, 16);
    number.ok().filter(|_| is_plain).map(Value::Integer)
}

/// Digits, a point, digits, and an exponent with its sign: older readers take no other for one.
fn float(text: &str) -> Option<f64> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, rest) = digits.split_once('.')?;
    let (fraction, exponent) = match rest.split_once(['e', 'E']) {
        Some((fraction, exponent)) => (fraction, Some(exponent)),
        None => (rest, None),
    };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let has_sign = |exponent: &str| exponent.strip_prefix(['+', '-']).is_some_and(is_number);
    if !is_number(whole) || !is_number(fraction) || !exponent.is_none_or(has_sign) {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Whether one version of YAML, or a program with rules of its own, takes it for no text.
fn is_ambiguous(text: &str) -> bool {
    const WORDS: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];
    let lower = text.to_ascii_lowercase();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let starts_like_number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    // Numbers of base 60, octal and binary ones, dates, `.inf`, `1e3`, `1_000`; an address or a
    // version has two points, or other letters than they.
    let like_number = |c: char| c.is_ascii_hexdigit() || "xotz_:+-. infa".contains(c);
    WORDS.contains(&lower.as_str())
        || matches!(text, "=" | "<<" | "nULL" | "tRUE" | "fALSE")
        || matches!(lower.as_str(), "null" | "true" | "false")
        || starts_like_number && lower.chars().all(like_number) && !is_address(text)
}

/// Digits with two points or more, as in IPv4 and versions, with a prefix's length or without.
fn is_address(text: &str) -> bool {
    let (address, length) = text.split_once('/').unwrap_or((text, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    address.split('.').count() > 2 && address.split('.').all(is_number) && is_number(length)
}

/// The text of a value on one line, everywhere in a document the same value; in the quotes that
/// were there before, as far as they serve.
pub(super) fn write(value: &Value, before: Option<ScalarStyle>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => write_float(*value),
        Value::Text(text) | Value::Other(text) | Value::Alias(text) => write_text(text, before),
        Value::List(values) => {
            let values: Vec<String> = values.iter().map(|value| write(value, None)).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Map(entries) => {
            let entries = entries.iter();
            let entries: Vec<String> = entries
                .map(|(key, value)| format!("{}: {}", write_text(key, None), write(value, None)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn write_float(value: f64) -> String {
    let text = format!("{value:?}");
    let Some((digits, exponent)) = text.split_once('e') else {
        return text;
    };
    let digits = match digits.contains('.') {
        true => digits.to_owned(),
        false => format!("{digits}.0"),
    };
    match exponent.starts_with('-') {
        true => format!("{digits}e{exponent}"),
        false => format!("{digits}e+{exponent}"),
    }
}

fn write_text(text: &str, before: Option<ScalarStyle>) -> String {
    let is_printable = |c: char| matches!(c, ' '..='~') || c.is_alphanumeric();
    match before {
        Some(ScalarStyle::SingleQuoted) if text.chars().all(is_printable) => {
            format!("'{}'", text.replace('\'', "''"))
        }
        Some(ScalarStyle::DoubleQuoted) => double_quoted(text),
        _ if is_plain(text) => text.to_owned(),
        _ => double_quoted(text),
    }
}

/// Far fewer than those that YAML takes: nothing here has a meaning anywhere.
fn is_plain(text: &str) -> bool {
    let starts_well = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '_');
    let is_word = |c: char| c.is_ascii_alphanumeric() || "/_.@%+=-".contains(c);
    let is_safe = text.starts_with(starts_well)
        && text
            .split(' ')
            .all(|word| !word.is_empty() && word.chars().all(is_word));
    (is_safe || is_address(text)) && matches!(resolve(text), Value::Text(_))
}

/// A text in double quotes: JSON's, with those characters escaped too that YAML does not allow.
pub(crate) fn double_quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            '\r' => quoted.push_str("\\r"),
            c => match u32::from(c) {
                code @ (0..=0x1f | 0x7f..=0x9f | 0x2028 | 0x2029 | 0xfeff | 0xfffe | 0xffff) => {
                    quoted.push_str(&format!("\\u{code:04x}"));
                }
                _ => quoted.push(c),
            },
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_versions_read_differently_is_no_text() {
        for other in [
            "no",
            "Yes",
            "ON",
            "off",
            "y",
            "012",
            "0o17",
            "0b1",
            "1_000",
            "1:30",
            "52:54:00:00:00:01",
            "2024-01-01",
            "2024-01-01T00:00:00Z",
            ".inf",
            "-.INF",
            ".nan",
            "1e3",
            "1.5e3",
            ".5",
            "5.",
            "=",
            "<<",
            "tRue",
            "99999999999999999999",
        ] {
            assert_eq!(resolve(other), Value::Other(other.to_owned()));
            let quoted = write(&Value::Text(other.to_owned()), None);
            assert_eq!(quoted, format!("\"{other}\""));
        }
        for text in [
            "nothing",
            "192.0.2.1",
            "192.0.2.0/24",
            "1.2.3",
            "a:b",
            "1st",
            "eth0.100",
            "-x",
        ] {
            assert_eq!(resolve(text), Value::Text(text.to_owned()));
        }
        assert_eq!(resolve("0x1F"), Value::Integer(31));
        assert_eq!(resolve("-1.5e+3"), Value::Float(-1500.0));
        assert_eq!(resolve("NULL"), Value::Null);
    }

    #[test]
    fn values_are_written_so_that_everybody_reads_them() {
        for (value, expected) in [
            (Value::Float(1e300), "1.0e+300"),
            (Value::Float(2.5e-9), "2.5e-9"),
            (Value::Float(1.0), "1.0"),
            (Value::Text("a b".into()), "a b"),
            (Value::Text("a: b".into()), "\"a: b\""),
            (Value::Text("a #b".into()), "\"a #b\""),
            (Value::Text(" a".into()), "\" a\""),
            (Value::Text("".into()), "\"\""),
            (Value::Text("- a".into()), "\"- a\""),
            (Value::Text("a\u{85}\n".into()), "\"a\\u0085\\n\""),
            (
                Value::List(vec![Value::Null, Value::Integer(1)]),
                "[null, 1]",
            ),
            (
                Value::Map(vec![("on".into(), Value::Map(vec![]))]),
                "{\"on\": {}}",
            ),
        ] {
            assert_eq!(write(&value, None), expected);
        }
        let single = Some(ScalarStyle::SingleQuoted);
        assert_eq!(write(&Value::Text("it's".into()), single), "'it''s'");
        assert_eq!(write(&Value::Text("a\n".into()), single), "\"a\\n\"");
    }
}
