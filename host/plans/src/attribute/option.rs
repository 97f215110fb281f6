//! The attribute type `option`.

use super::{Refusal, text_of};
use crate::section::Section;
use mintage_engine::Value;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One of a list of texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionType {
    /// The texts to choose from.
    pub options: Vec<String>,
}

impl OptionType {
    pub(super) fn declare(section: &mut Section<'_>) -> Self {
        let options: Vec<String> = section
            .texts("options")
            .unwrap_or_default()
            .into_iter()
            .map(|(text, _)| text)
            .collect();
        if options.is_empty() {
            section.report(section.span(), "`options` must list at least one text");
        }
        Self { options }
    }

    pub(super) fn parse(&self, given: &Json) -> Result<Value, Refusal> {
        let text = text_of(given).ok_or_else(|| Refusal::wrong_type(given, "be a text"))?;
        if self.options.contains(&text) {
            return Ok(Value::Text(text));
        }
        let quoted: Vec<String> = self.options.iter().map(|o| format!("`{o}`")).collect();
        let must = format!("be one of {}", quoted.join(", "));
        Err(Refusal::constraint(given, &must))
    }
}
