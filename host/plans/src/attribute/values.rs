//! The resolved values of a build plan's attributes.

use mintage_engine::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// The resolved values of a build plan's attributes: what [`crate::attribute::resolve`] makes, and
/// what a run takes.
///
/// Serializing it writes the secrets too, because the process that runs the plan needs them: see
/// the module `wire`, and never put it into a record. [`Self::shown`] is what may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AttributeValues(pub(super) BTreeMap<String, Value>);

impl AttributeValues {
    /// The value of the attribute `name`, if it has one.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// The names that have a value, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// The values as JSON for people and records: a secret is the text `[secret]`.
    pub fn shown(&self) -> BTreeMap<String, Json> {
        let show = |(name, value): (&String, &Value)| (name.clone(), shown(value));
        self.0.iter().map(show).collect()
    }

    /// The texts of all secrets, for masking them.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let mut found = Vec::new();
        self.0
            .values()
            .for_each(|value| collect_secrets(value, &mut found));
        found
    }
}

/// A value as JSON for people and records: a secret is the text `[secret]`.
pub(crate) fn shown(value: &Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Boolean(flag) => Json::Bool(*flag),
        Value::Number(number) => Json::from(*number),
        Value::Text(text) => Json::String(text.clone()),
        Value::List(items) => items.iter().map(shown).collect(),
        Value::Map(map) => map.iter().map(|(k, v)| (k.clone(), shown(v))).collect(),
        Value::Secret(_) => Json::String("[secret]".to_owned()),
    }
}

/// JSON as a value: a number that is not whole, or too large, becomes its text.
pub(crate) fn from_json(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Boolean(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(number) => Value::Number(number),
            None => Value::Text(number.to_string()),
        },
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(items) => Value::List(items.iter().map(from_json).collect()),
        Json::Object(map) => {
            Value::Map(map.iter().map(|(k, v)| (k.clone(), from_json(v))).collect())
        }
    }
}

fn collect_secrets<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Secret(secret) => found.push(secret.reveal()),
        Value::List(items) => items.iter().for_each(|item| collect_secrets(item, found)),
        Value::Map(map) => map.values().for_each(|item| collect_secrets(item, found)),
        Value::Null | Value::Boolean(_) | Value::Number(_) | Value::Text(_) => {}
    }
}

impl FromIterator<(String, Value)> for AttributeValues {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}
