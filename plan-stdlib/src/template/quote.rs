//! The filters that quote: a value as text that a format reads back as
//! exactly this value, or an error.

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Value};
use std::io;

/// The longest quoted value, in bytes.
const MAX_QUOTED: usize = 1024 * 1024;

/// Adds all of them.
pub(super) fn add_to(environment: &mut Environment<'_>) {
    environment.add_filter("sh", sh);
    environment.add_filter("ini", ini);
    environment.add_filter("json", json);
    environment.add_filter("yaml", yaml);
    environment.add_filter("xml", xml);
    environment.add_filter("toml", toml);
    environment.add_filter("systemd", systemd);
    environment.add_filter("systemd_exec", systemd_exec);
}

/// One word of a POSIX shell, in single quotes.
fn sh(value: Value) -> Result<String, Error> {
    let text = scalar("sh", &value)?;
    match text.contains('\0') {
        true => Err(bad("sh", "a NUL character")),
        false => Ok(format!("'{}'", text.replace('\'', r"'\''"))),
    }
}

/// A value on one line. Programs disagree about quotes in such files, so nothing is quoted: what
/// would change the structure of the file is refused.
fn ini(value: Value) -> Result<String, Error> {
    let text = scalar("ini", &value)?;
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Err(bad("ini", "a line break or another control character"));
    }
    if text.trim() != text {
        return Err(bad("ini", "blanks at its start or end"));
    }
    // Many readers, systemd and git among them, would take the next line as a part of the value.
    if text.ends_with('\\') {
        return Err(bad("ini", "a `\\` at its end"));
    }
    Ok(text)
}

/// JSON, lists and maps too.
fn json(value: Value) -> Result<String, Error> {
    let mut text = Bounded(Vec::new());
    serde_json::to_writer(&mut text, &value).map_err(|error| match error.is_io() {
        true => bad("json", "more than 1 MiB"),
        false => Error::new(ErrorKind::BadSerialization, "the value has no form in JSON"),
    })?;
    // The writer gets JSON, which is UTF-8.
    String::from_utf8(text.0).map_err(|_| bad("json", "bytes that are no text"))
}

/// YAML on one line: JSON, which is YAML, with those characters escaped that YAML does not allow.
fn yaml(value: Value) -> Result<String, Error> {
    let json = json(value)?;
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        match u32::from(c) {
            code @ (0x7f..=0x9f | 0x2028 | 0x2029 | 0xfeff | 0xfffe | 0xffff) => {
                text.push_str(&format!("\\u{code:04x}"));
            }
            _ => text.push(c),
        }
    }
    Ok(text)
}

/// Text or an attribute's value in XML.
fn xml(value: Value) -> Result<String, Error> {
    let mut quoted = String::new();
    for c in scalar("xml", &value)?.chars() {
        match c {
            '&' => quoted.push_str("&amp;"),
            '<' => quoted.push_str("&lt;"),
            '>' => quoted.push_str("&gt;"),
            '"' => quoted.push_str("&quot;"),
            '\'' => quoted.push_str("&#39;"),
            '\n' => quoted.push_str("&#10;"),
            '\r' => quoted.push_str("&#13;"),
            '\t' => quoted.push_str("&#9;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                return Err(bad("xml", "a character that XML does not have"));
            }
            c => quoted.push(c),
        }
    }
    Ok(quoted)
}

/// A value of TOML: a string, a number, a boolean, or a list of them. A string of JSON is one of
/// TOML, but for one character that TOML has escaped.
fn toml(value: Value) -> Result<String, Error> {
    let is_single = |value: &Value| {
        matches!(
            value.kind(),
            ValueKind::String | ValueKind::Number | ValueKind::Bool
        )
    };
    let is_list = value.kind() == ValueKind::Seq && value.try_iter()?.all(|item| is_single(&item));
    if !is_single(&value) && !is_list {
        let kind = value.kind();
        let message =
            format!("the filter `toml` takes single values and lists of them, not {kind}");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(json(value)?.replace('\u{7f}', "\\u007f"))
}

/// One word in a setting of a systemd unit (systemd.syntax(7)), in double quotes: blanks, quotes,
/// line breaks and specifiers in it are only text.
fn systemd(value: Value) -> Result<String, Error> {
    let mut quoted = "\"".to_owned();
    for c in scalar("systemd", &value)?.chars() {
        match c {
            '\0' => return Err(bad("systemd", "a NUL character")),
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '%' => quoted.push_str("%%"),
            '\n' => quoted.push_str("\\n"),
            c if c.is_ascii_control() => quoted.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    Ok(quoted)
}

/// As `systemd`, for the words of a command, `ExecStart=` and its like, which have variables too.
fn systemd_exec(value: Value) -> Result<String, Error> {
    Ok(systemd(value)?.replace('$', "$$"))
}

/// The text of a string, a number or a boolean.
fn scalar(filter: &str, value: &Value) -> Result<String, Error> {
    if let Some(text) = value.as_str() {
        return match text.len() > MAX_QUOTED {
            true => Err(bad(filter, "more than 1 MiB")),
            false => Ok(text.to_owned()),
        };
    }
    match value.kind() {
        ValueKind::Number => Ok(value.to_string()),
        ValueKind::Bool => Ok(value.is_true().to_string()),
        kind => {
            let message = format!("the filter `{filter}` takes a string or a number, not {kind}");
            Err(Error::new(ErrorKind::InvalidOperation, message))
        }
    }
}

fn bad(filter: &str, what: &str) -> Error {
    let message = format!("the filter `{filter}` cannot take a value with {what}");
    Error::new(ErrorKind::InvalidOperation, message)
}

/// A buffer that refuses to grow past the limit: a value may be a range of any length.
struct Bounded(Vec<u8>);

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > MAX_QUOTED.saturating_sub(self.0.len()) {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_reads_back_the_same_value() {
        type Filter = fn(Value) -> Result<String, Error>;
        let table: [(Filter, &str, Option<&str>); 24] = [
            (sh, "a b", Some("'a b'")),
            (sh, "it's $(reboot)", Some(r"'it'\''s $(reboot)'")),
            (sh, "", Some("''")),
            (sh, "a\0b", None),
            (ini, "a = b; c", Some("a = b; c")),
            (ini, "a\n[other]", None),
            (ini, " a", None),
            (ini, "a\\", None),
            (ini, "a\\b", Some("a\\b")),
            (json, "a\"\n", Some(r#""a\"\n""#)),
            (yaml, "yes", Some(r#""yes""#)),
            (
                yaml,
                "a\u{7f}\u{85}\u{2028}",
                Some(r#""a\u007f\u0085\u2028""#),
            ),
            (yaml, "- a: *b", Some(r#""- a: *b""#)),
            (
                xml,
                "<a href=\"x\">&'",
                Some("&lt;a href=&quot;x&quot;&gt;&amp;&#39;"),
            ),
            (xml, "a\u{1}", None),
            (xml, "a\u{85}", Some("a\u{85}")),
            (xml, "a\nb", Some("a&#10;b")),
            (sh, "\n", Some("'\n'")),
            (ini, "\u{1b}[31m", None),
            (toml, "a\"\n\u{7f}", Some(r#""a\"\n\u007f""#)),
            (systemd, "a b%i\"\\\n$X", Some(r#""a b%%i\"\\\n$X""#)),
            (systemd, "\u{1b}", Some(r#""\x1b""#)),
            (systemd, "\0", None),
            (systemd_exec, "$X", Some(r#""$$X""#)),
        ];
        for (filter, given, expected) in table {
            assert_eq!(
                filter(Value::from(given)).ok().as_deref(),
                expected,
                "{given:?}"
            );
        }
    }

    #[test]
    fn numbers_lists_and_nothing() {
        assert_eq!(sh(Value::from(42)).unwrap(), "'42'");
        assert_eq!(ini(Value::from(true)).unwrap(), "true");
        assert_eq!(json(Value::from(vec![1, 2])).unwrap(), "[1,2]");
        assert_eq!(yaml(Value::from(true)).unwrap(), "true");
        assert!(sh(Value::from(vec![1])).is_err());
        assert!(ini(Value::from(())).is_err());
    }
}
