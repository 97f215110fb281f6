//! The attribute type `password`.

use super::string::length_broken;
use super::{Refusal, text_of};
use crate::section::Section;
use mintage_engine::{Code, Secret, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// The fewest characters of any password: a shorter one is in every text by chance, so it could
/// not be kept out of logs and diffs.
const MIN_LENGTH: usize = 4;

/// A secret text of one line. Its value is in no error, diff, log or reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasswordType {
    /// The fewest characters.
    pub min_length: Option<usize>,
    /// The most characters.
    pub max_length: Option<usize>,
    /// The characters it may have, all where there is none.
    pub allowed_characters: Option<String>,
}

impl PasswordType {
    pub(super) fn declare(section: &mut Section<'_>) -> Self {
        Self {
            min_length: section.count("min-length"),
            max_length: section.count("max-length"),
            allowed_characters: section.short_text("allowed-characters"),
        }
    }

    pub(super) fn parse(&self, given: &Json) -> Result<Value, Refusal> {
        let text = text_of(given).ok_or_else(|| Refusal::secret(Code::P4003, "be a text"))?;
        match self.broken(&text) {
            Some(must) => Err(Refusal::secret(Code::P4004, &must)),
            None => Ok(Value::Secret(Secret::new(text))),
        }
    }

    fn broken(&self, text: &str) -> Option<String> {
        if text.chars().any(char::is_control) {
            return Some("be one line without control characters".to_owned());
        }
        if text.trim() != text {
            return Some("not start or end with a blank".to_owned());
        }
        let min_length = self.min_length.unwrap_or(0).max(MIN_LENGTH);
        if let Some(must) = length_broken(text, Some(min_length), self.max_length) {
            return Some(must);
        }
        let allowed = self.allowed_characters.as_ref()?;
        (!text.chars().all(|c| allowed.contains(c)))
            .then(|| format!("have no other characters than `{allowed}`"))
    }
}
