//! The attribute type `string`.

use super::{Refusal, glob, text_of};
use crate::section::Section;
use mintage_engine::Value;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A text of one line, or of more where the plan allows that.
///
/// Line breaks and other control characters are refused unless `multi-line` is set, so that a
/// value cannot smuggle a line of its own into a configuration file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StringType {
    /// The fewest characters.
    pub min_length: Option<usize>,
    /// The most characters.
    pub max_length: Option<usize>,
    /// A glob that the whole text must match.
    pub pattern: Option<String>,
    /// Whether line breaks and tabs are allowed.
    pub multi_line: bool,
}

impl StringType {
    pub(super) fn declare(section: &mut Section<'_>) -> Self {
        Self {
            min_length: section.count("min-length"),
            max_length: section.count("max-length"),
            pattern: section.short_text("pattern"),
            multi_line: section.boolean("multi-line").unwrap_or(false),
        }
    }

    pub(super) fn parse(&self, given: &Json) -> Result<Value, Refusal> {
        let text = text_of(given).ok_or_else(|| Refusal::wrong_type(given, "be a text"))?;
        if let Some(must) = self.broken(&text) {
            return Err(Refusal::constraint(given, &must));
        }
        Ok(Value::Text(text))
    }

    /// What of the constraints `text` breaks.
    fn broken(&self, text: &str) -> Option<String> {
        let allowed = |c: char| !c.is_control() || (self.multi_line && matches!(c, '\n' | '\t'));
        if !text.chars().all(allowed) {
            return Some("be one line without control characters".to_owned());
        }
        if let Some(must) = length_broken(text, self.min_length, self.max_length) {
            return Some(must);
        }
        let pattern = self.pattern.as_ref()?;
        (!glob::matches(pattern, text)).then(|| format!("match `{pattern}`"))
    }
}

/// What of the limits on length, in characters, `text` breaks.
pub(super) fn length_broken(text: &str, min: Option<usize>, max: Option<usize>) -> Option<String> {
    let length = text.chars().count();
    match (min, max) {
        (Some(min), _) if length < min => Some(format!("have at least {min} characters")),
        (_, Some(max)) if length > max => Some(format!("have at most {max} characters")),
        _ => None,
    }
}
