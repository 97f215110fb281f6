//! Elements as values: what a script gives, what is compared, what is written.

use crate::structured::Value;
use crate::values::shorten;
use mintage_engine::{Code, PlanError};

/// An element with its attributes, sorted, and what is in it; comments are no part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    /// Its name, with its prefix.
    pub(super) name: String,
    /// Its attributes.
    pub(super) attributes: Vec<(String, String)>,
    /// Its text; empty where there are elements and only blanks between them.
    pub(super) text: String,
    /// The elements in it.
    pub(super) elements: Vec<Element>,
}

impl Element {
    /// One with nothing in it.
    pub(super) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            attributes: Vec::new(),
            text: String::new(),
            elements: Vec::new(),
        }
    }

    /// What a script gave: a text, or a map of attributes (`@name`), text (`#text`) and elements.
    ///
    /// # Errors
    /// `P2013` for what XML cannot have.
    pub(super) fn of(name: &str, value: &Value) -> Result<Self, PlanError> {
        check_name(name)?;
        let mut element = Self::named(name);
        let Value::Map(entries) = value else {
            element.text = text(value)?;
            return Ok(element);
        };
        for (key, value) in entries {
            if let Some(attribute) = key.strip_prefix('@') {
                check_name(attribute)?;
                element
                    .attributes
                    .push((attribute.to_owned(), text(value)?));
            } else if key == "#text" {
                element.text = text(value)?;
            } else if let Value::List(values) = value {
                for value in values {
                    element.elements.push(Self::of(key, value)?);
                }
            } else {
                element.elements.push(Self::of(key, value)?);
            }
        }
        if !element.text.is_empty() && !element.elements.is_empty() {
            return Err(PlanError::new(
                Code::P2013,
                "an element here has a text or elements, not both",
            ));
        }
        element.attributes.sort();
        Ok(element)
    }

    /// As it is written: on several lines where it stands in a line of its own, so far indented.
    pub(super) fn written(&self, indent: Option<&str>, unit: &str, line_break: &str) -> String {
        let mut tag = format!("<{}", self.name);
        for (name, value) in &self.attributes {
            tag.push_str(&format!(" {name}=\"{}\"", escaped(value)));
        }
        if self.text.is_empty() && self.elements.is_empty() {
            return format!("{tag}/>");
        }
        let mut content = escaped(&self.text);
        let inner = indent.map(|indent| format!("{indent}{unit}"));
        for element in &self.elements {
            let written = element.written(inner.as_deref(), unit, line_break);
            let start = inner
                .as_ref()
                .map_or(String::new(), |inner| format!("{line_break}{inner}"));
            content.push_str(&start);
            content.push_str(&written);
        }
        if let Some(indent) = indent.filter(|_| !self.elements.is_empty()) {
            content.push_str(&format!("{line_break}{indent}"));
        }
        format!("{tag}>{content}</{}>", self.name)
    }
}

/// The text of a single value.
///
/// # Errors
/// `P2006` for a list or map, `P2013` for a character that XML cannot have.
pub(super) fn text(value: &Value) -> Result<String, PlanError> {
    let text = match value {
        Value::Null => String::new(),
        Value::Boolean(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Float(value) => format!("{value:?}"),
        Value::Text(text) | Value::Other(text) | Value::Alias(text) => text.clone(),
        Value::List(_) | Value::Map(_) => {
            let message = format!("a text in XML is a single value, not {}", value.kind());
            return Err(PlanError::new(Code::P2006, message));
        }
    };
    let is_char = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    match text.chars().all(is_char) {
        true => Ok(text),
        false => Err(PlanError::new(
            Code::P2013,
            "the text has a character that XML cannot have",
        )),
    }
}

/// Names that every parser takes; XML has more.
///
/// # Errors
/// `P2013`.
pub(super) fn check_name(name: &str) -> Result<(), PlanError> {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_';
    let is_later = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let is_part = |part: &str| part.starts_with(is_first) && part.chars().all(is_later);
    let parts: Vec<&str> = name.split(':').collect();
    if parts.len() <= 2 && parts.into_iter().all(is_part) {
        return Ok(());
    }
    let message = format!("`{}` cannot be a name in XML", shorten(name));
    Err(PlanError::new(Code::P2013, message))
}

/// A text for between tags or quotes of either kind.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            c => escaped.push(c),
        }
    }
    escaped
}
