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
    /// How far allowed values are apart, counted from the smallest, or from 0 where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<i64>,
    /// What the number counts, for people: `MiB`.
    pub unit: Option<String>,
}

impl NumberType {
    pub(super) fn declare(section: &mut Section<'_>) -> Self {
        let kind = Self {
            min: section.integer("min"),
            max: section.integer("max"),
            multiple_of: section.integer("multiple-of"),
            step: section.integer("step"),
            unit: section.text("unit"),
        };
        for (key, number) in [("multiple-of", kind.multiple_of), ("step", kind.step)] {
            if number.is_some_and(|number| number < 1) {
                section.report(section.span(), format!("`{key}` must be at least 1"));
            }
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
        let multiple = |of: &i64| number.checked_rem(*of) == Some(0);
        if let Some(of) = self.multiple_of.filter(|of| !multiple(of)) {
            return Some(format!("be a multiple of {of}"));
        }
        let (step, from) = (self.step?, self.min.unwrap_or(0));
        let distance = i128::from(number) - i128::from(from);
        (distance.checked_rem(step.into()) != Some(0))
            .then(|| format!("be {from} and a multiple of {step}"))
    }
}
