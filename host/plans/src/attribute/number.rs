//! The attribute type `number`.

use super::Refusal;
use crate::section::Section;
use mintage_engine::Value;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A whole number of 64 bits; its digits as a text are taken too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NumberType {
    /// The smallest value.
    pub min: Option<i64>,
    /// The largest value.
    pub max: Option<i64>,
    /// The value must be a multiple of this.
    pub multiple_of: Option<i64>,
    /// What the number counts, for people: `MiB`.
    pub unit: Option<String>,
}

impl NumberType {
    pub(super) fn declare(section: &mut Section<'_>) -> Self {
        let kind = Self {
            min: section.integer("min"),
            max: section.integer("max"),
            multiple_of: section.integer("multiple-of"),
            unit: section.text("unit"),
        };
        if kind.multiple_of.is_some_and(|step| step < 1) {
            section.report(section.span(), "`multiple-of` must be at least 1");
        }
        kind
    }

    pub(super) fn parse(&self, given: &Json) -> Result<Value, Refusal> {
        let number = match given {
            Json::Number(number) => number.as_i64(),
            Json::String(text) => text.parse().ok(),
            _ => None,
        };
        let number = number.ok_or_else(|| Refusal::wrong_type(given, "be a whole number"))?;
        if let Some(must) = self.broken(number) {
            return Err(Refusal::constraint(given, &must));
        }
        Ok(Value::Number(number))
    }

    fn broken(&self, number: i64) -> Option<String> {
        if let Some(min) = self.min.filter(|min| number < *min) {
            return Some(format!("be at least {min}"));
        }
        if let Some(max) = self.max.filter(|max| number > *max) {
            return Some(format!("be at most {max}"));
        }
        let step = self.multiple_of?;
        (number.checked_rem(step) != Some(0)).then(|| format!("be a multiple of {step}"))
    }
}
