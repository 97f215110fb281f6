//! Lists and maps written on lines of their own, in the style of the file.

use super::node::{Kind, Node};
use super::scalar;
use crate::structured::Value;

/// How a file indents.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style {
    /// A map below a key.
    pub(super) map: usize,
    /// A list below a key.
    pub(super) list: usize,
}

impl Style {
    /// As the first of each in the document does; by two where there is none.
    pub(super) fn of(root: &Node) -> Self {
        let (mut map, mut list) = (None, None);
        root.visit(&mut |node| {
            let Kind::Map(entries, false) = &node.kind else {
                return;
            };
            for (_, value) in entries.iter().filter(|(_, value)| value.is_block()) {
                let by = value.column.saturating_sub(node.column);
                match value.kind {
                    Kind::Map(..) => map = map.or(Some(by).filter(|by| *by > 0)),
                    _ => list = list.or(Some(by)),
                }
            }
        });
        Self {
            map: map.unwrap_or(2),
            list: list.unwrap_or(2),
        }
    }

    /// How much further than its key a value stands.
    pub(super) fn below(self, value: &Value) -> usize {
        match value {
            Value::List(_) => self.list,
            _ => self.map,
        }
    }
}

/// What comes behind a key's `:` at the column `indent`: one line with what it starts with, or
/// more lines below it; without a line break at its end.
pub(super) fn behind_key(value: &Value, indent: usize, style: Style) -> String {
    match value.has_members() {
        false => format!(" {}", scalar::write(value, None)),
        true => format!("\n{}", block(value, indent + style.below(value), style)),
    }
}

/// A key with its value, the key at the column `indent`.
pub(super) fn entry(key: &str, value: &Value, indent: usize, style: Style) -> String {
    let key = scalar::write(&Value::Text(key.to_owned()), None);
    let value = behind_key(value, indent, style);
    format!("{:indent$}{key}:{value}", "")
}

/// An item of a list with its `-` at the column `indent`.
pub(super) fn item(value: &Value, indent: usize, style: Style) -> String {
    let value = match value.has_members() {
        false => scalar::write(value, None),
        // The first line stands behind the dash.
        true => block(value, indent + 2, style).trim_start().to_owned(),
    };
    format!("{:indent$}- {value}", "")
}

/// A list or map with anything in it, all its lines at the column `indent` or further.
pub(super) fn block(value: &Value, indent: usize, style: Style) -> String {
    let lines: Vec<String> = match value {
        Value::List(values) => values
            .iter()
            .map(|value| item(value, indent, style))
            .collect(),
        Value::Map(entries) => entries
            .iter()
            .map(|(key, value)| entry(key, value, indent, style))
            .collect(),
        single => vec![format!("{:indent$}{}", "", scalar::write(single, None))],
    };
    lines.join("\n")
}
