//! The attribute type `fqdn`.

use super::hostname::label_broken;
use super::{Refusal, glob};
use crate::section::Section;
use mintage_engine::Value;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A host name with its domain, without a dot at the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FqdnType {
    /// A glob that it must match: `*.example.com`.
    pub pattern: Option<String>,
}

impl FqdnType {
    pub(super) fn declare(section: &mut Section<'_>) -> Self {
        Self {
            pattern: section.short_text("pattern"),
        }
    }

    pub(super) fn parse(&self, given: &Json) -> Result<Value, Refusal> {
        let text = given
            .as_str()
            .ok_or_else(|| Refusal::wrong_type(given, "be a full domain name"))?;
        if let Some(must) = name_broken(text) {
            return Err(Refusal::wrong_type(given, must));
        }
        match &self.pattern {
            Some(pattern) if !glob::matches(pattern, text) => {
                Err(Refusal::constraint(given, &format!("match `{pattern}`")))
            }
            _ => Ok(Value::Text(text.to_owned())),
        }
    }
}

fn name_broken(name: &str) -> Option<&'static str> {
    if !name.contains('.') {
        return Some("be a host name with its domain, `web01.example.com`");
    }
    if name.len() > 253 {
        return Some("have at most 253 characters");
    }
    name.split('.').find_map(label_broken)
}
