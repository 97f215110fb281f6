//! How values travel to the process that runs a plan. This is the only place in which the text of
//! a secret is serialized; what comes of it goes through a pipe to that process and nowhere else.

use super::values::AttributeValues;
use mintage_engine::{Secret, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

/// A value with its type spelt out, so that a secret stays one.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum WireValue {
    Null,
    Boolean(bool),
    Number(i64),
    Text(String),
    List(Vec<WireValue>),
    Map(BTreeMap<String, WireValue>),
    Secret(String),
}

impl From<&Value> for WireValue {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Boolean(flag) => Self::Boolean(*flag),
            Value::Number(number) => Self::Number(*number),
            Value::Text(text) => Self::Text(text.clone()),
            Value::List(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Map(map) => Self::Map(map.iter().map(|(k, v)| (k.clone(), v.into())).collect()),
            Value::Secret(secret) => Self::Secret(secret.reveal().to_owned()),
        }
    }
}

impl From<WireValue> for Value {
    fn from(value: WireValue) -> Self {
        match value {
            WireValue::Null => Self::Null,
            WireValue::Boolean(flag) => Self::Boolean(flag),
            WireValue::Number(number) => Self::Number(number),
            WireValue::Text(text) => Self::Text(text),
            WireValue::List(items) => Self::List(items.into_iter().map(Self::from).collect()),
            WireValue::Map(map) => Self::Map(map.into_iter().map(|(k, v)| (k, v.into())).collect()),
            WireValue::Secret(text) => Self::Secret(Secret::new(text)),
        }
    }
}

impl Serialize for AttributeValues {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, serializer)
    }
}

impl<'de> Deserialize<'de> for AttributeValues {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize(deserializer).map(Self)
    }
}

/// Writes a map of values.
pub(crate) fn serialize<S: Serializer>(
    values: &BTreeMap<String, Value>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(values.iter().map(|(k, v)| (k, WireValue::from(v))))
}

/// Reads what [`serialize`] wrote.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Value>, D::Error> {
    let wire = BTreeMap::<String, WireValue>::deserialize(deserializer)?;
    Ok(wire.into_iter().map(|(k, v)| (k, v.into())).collect())
}
