//! Values written as JSON, in the style of a file.

use crate::structured::Value;
use crate::structured::change::Action;

/// How a file is written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style<'t> {
    /// What a level is indented by; `None` for a file on one line.
    indent: Option<&'t str>,
    line_break: &'static str,
}

impl<'t> Style<'t> {
    /// As the file does where it is indented first.
    pub(super) fn of(text: &'t str) -> Self {
        let mut lines = text.split('\n').skip(1);
        let indents = lines.by_ref().filter_map(|line| {
            let text = line.trim_start_matches([' ', '\t']);
            let indent = line.get(..line.len() - text.len())?;
            (!indent.is_empty()).then_some(indent)
        });
        let first = indents.into_iter().next();
        let is_one_line = !text.trim().contains('\n') && !matches!(text.trim(), "{}" | "[]" | "");
        Self {
            indent: match first {
                Some(indent) => Some(indent),
                None if is_one_line => None,
                None => Some("  "),
            },
            line_break: if text.contains("\r\n") { "\r\n" } else { "\n" },
        }
    }

    /// How many levels deep the line is that has `at`.
    pub(super) fn level(self, text: &str, at: usize) -> usize {
        let before = text.get(..at).unwrap_or_default();
        let line = text
            .get(before.rfind('\n').map_or(0, |at| at + 1)..)
            .unwrap_or_default();
        let indent = line.len() - line.trim_start_matches([' ', '\t']).len();
        indent / self.indent.map_or(1, str::len).max(1)
    }

    /// The start of a line so many levels deep.
    fn line(self, level: usize) -> String {
        match self.indent {
            Some(indent) => format!("{}{}", self.line_break, indent.repeat(level)),
            None => String::new(),
        }
    }
}

/// A value that starts in a line so many levels deep.
pub(super) fn value(value: &Value, style: Style<'_>, level: usize) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Text(text) | Value::Other(text) | Value::Alias(text) => quoted(text),
        Value::List(values) => {
            let members = values
                .iter()
                .map(|value| self::value(value, style, level + 1));
            bracketed(
                members.collect(),
                ["[", "]"],
                style,
                level,
                value.is_simple(),
            )
        }
        Value::Map(entries) => {
            let members = entries
                .iter()
                .map(|(key, value)| entry(key, value, style, level + 1));
            bracketed(members.collect(), ["{", "}"], style, level, false)
        }
    }
}

fn bracketed(
    members: Vec<String>,
    [open, close]: [&str; 2],
    style: Style<'_>,
    level: usize,
    is_simple: bool,
) -> String {
    if members.is_empty() {
        return format!("{open}{close}");
    }
    if style.indent.is_none() || is_simple {
        return format!("{open}{}{close}", members.join(", "));
    }
    let (inner, outer) = (style.line(level + 1), style.line(level));
    format!(
        "{open}{inner}{}{outer}{close}",
        members.join(&format!(",{inner}"))
    )
}

fn entry(key: &str, value: &Value, style: Style<'_>, level: usize) -> String {
    format!("{}: {}", quoted(key), self::value(value, style, level))
}

/// What an action adds to what has members already, in a line so many levels deep.
pub(super) fn member(action: &Action, style: Style<'_>, level: usize) -> String {
    match action {
        Action::Insert(key, value) => entry(key, value, style, level),
        Action::Append(value) | Action::Replace(value) => self::value(value, style, level),
        Action::Remove => String::new(),
    }
}

/// What an action makes of what has no members.
pub(super) fn first(action: &Action, style: Style<'_>, level: usize) -> String {
    let new = match action {
        Action::Insert(key, value) => Value::Map(vec![(key.clone(), value.clone())]),
        Action::Append(value) => Value::List(vec![value.clone()]),
        Action::Replace(value) => value.clone(),
        Action::Remove => Value::Null,
    };
    value(&new, style, level)
}

/// A string of JSON; characters that end a line in some languages are escaped too.
fn quoted(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}
