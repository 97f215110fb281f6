//! The shapes of lines that the formats share: `[Section]` with `Key=value`, and assignments of a
//! shell.

use std::fmt::{Display, Write as _};

/// A text of sections with assignments.
#[derive(Debug, Default)]
pub(super) struct Sections(String);

impl Sections {
    /// Starts a section, with a blank line before it.
    pub(super) fn section(&mut self, name: &str) -> &mut Self {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.line(format_args!("[{name}]"))
    }

    pub(super) fn set(&mut self, key: &str, value: impl Display) -> &mut Self {
        self.line(format_args!("{key}={value}"))
    }

    /// Sets what has a value.
    pub(super) fn maybe(&mut self, key: &str, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.set(key, value),
            None => self,
        }
    }

    fn line(&mut self, line: impl Display) -> &mut Self {
        // Writing to a string does not fail.
        let _ = writeln!(self.0, "{line}");
        self
    }

    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// A text of assignments of a shell, every value in the same quotes.
#[derive(Debug)]
pub(super) struct Assignments {
    text: String,
    quote: &'static str,
}

impl Assignments {
    pub(super) fn quoted(quote: &'static str) -> Self {
        Self {
            text: String::new(),
            quote,
        }
    }

    /// Values have no quote in them, see the head of [`super`].
    pub(super) fn set(&mut self, name: impl Display, value: impl Display) -> &mut Self {
        let value = value.to_string();
        let is_bare = self.quote == "\"" && !value.is_empty() && !value.contains([' ', '=', '+']);
        let quote = if is_bare { "" } else { self.quote };
        // Writing to a string does not fail.
        let _ = writeln!(self.text, "{name}={quote}{value}{quote}");
        self
    }

    /// Sets what has a value.
    pub(super) fn maybe(&mut self, name: &str, value: Option<impl Display>) -> &mut Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// The items with `separator` between them.
pub(super) fn joined<T: Display>(items: impl IntoIterator<Item = T>, separator: &str) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    items.join(separator)
}

/// `Name=value` pairs with a blank between them, as bonds have their options.
pub(super) fn pairs(options: &[(&str, String)]) -> String {
    joined(
        options
            .iter()
            .map(|(name, value)| format!("{name}={value}")),
        " ",
    )
}

pub(super) fn yes_no(flag: bool) -> &'static str {
    if flag { "yes" } else { "no" }
}

pub(super) fn on_off(flag: bool) -> &'static str {
    if flag { "on" } else { "off" }
}
