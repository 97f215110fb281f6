//! The attribute type `string`.

use super::{Refusal, glob, text_of};
use crate::section::Section;
use mintage_engine::Value;
use regex::{Regex, RegexBuilder};
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
    /// A regular expression that must match somewhere in the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regex: Option<String>,
    /// Whether line breaks and tabs are allowed.
    pub multi_line: bool,
}

impl StringType {
    pub(super) fn declare(section: &mut Section<'_>) -> Self {
        let regex = section.text("regex");
        if let Some(why) = regex.as_deref().and_then(|text| checked_regex(text).err()) {
            section.report(section.span(), format!("`regex` cannot be used: {why}"));
        }
        Self {
            min_length: section.count("min-length"),
            max_length: section.count("max-length"),
            pattern: section.short_text("pattern"),
            regex,
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
        let pattern = self.pattern.as_ref();
        if let Some(pattern) = pattern.filter(|pattern| !glob::matches(pattern, text)) {
            return Some(format!("match `{pattern}`"));
        }
        let regex = self.regex.as_ref()?;
        match compiled(regex) {
            Ok(compiled) if compiled.is_match(text) => None,
            // One that cannot be compiled was reported where it is declared.
            Ok(_) | Err(_) => Some(format!("match the expression `{regex}`")),
        }
    }
}

/// The longest regular expression, in bytes.
const MAX_REGEX: usize = 4096;
/// How much memory a compiled one may take, in bytes.
const MAX_COMPILED: usize = 1 << 20;

/// Whether a regular expression can be used: one whose search takes a time in proportion to the
/// text, so without backward references and looking around.
///
/// # Errors
/// Why it cannot.
pub(super) fn checked_regex(text: &str) -> Result<(), String> {
    compiled(text).map(|_| ())
}

fn compiled(text: &str) -> Result<Regex, String> {
    if text.len() > MAX_REGEX {
        return Err(format!("it is longer than {MAX_REGEX} bytes"));
    }
    let compiled = RegexBuilder::new(text)
        .size_limit(MAX_COMPILED)
        .nest_limit(50)
        .build();
    compiled.map_err(|error| match error {
        // The library draws where the fault is, in lines; the last one says what it is.
        regex::Error::Syntax(said) => {
            let last = said.lines().last().unwrap_or_default();
            last.trim_start_matches("error: ").to_owned()
        }
        other => other.to_string(),
    })
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
