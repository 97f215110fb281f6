//! The attribute type `password`.

use super::string::length_broken;
use super::{Refusal, text_of};
use crate::section::Section;
use mintage_engine::{Code, Secret, Value};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

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
            allowed_characters: section.text("allowed-characters"),
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
        if text.is_empty() {
            return Some("not be empty".to_owned());
        }
        if text.chars().any(char::is_control) {
            return Some("be one line without control characters".to_owned());
        }
        if let Some(must) = length_broken(text, self.min_length, self.max_length) {
            return Some(must);
        }
        let allowed = self.allowed_characters.as_ref()?;
        (!text.chars().all(|c| allowed.contains(c)))
            .then(|| format!("have no other characters than `{allowed}`"))
    }
}
