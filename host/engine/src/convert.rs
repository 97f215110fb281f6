//! Values of the product as values of scripts, and back.

use crate::codes::Code;
use crate::error::PlanError;
use crate::value::{Secret, Value};
use rhai::Dynamic;

/// How deep lists and maps may nest where a script hands them to the product.
const MAX_DEPTH: usize = 32;

impl Value {
    /// The value as scripts see it: text is a string, a record a map, a secret stays one.
    pub fn to_dynamic(&self) -> Dynamic {
        match self {
            Self::Null => Dynamic::UNIT,
            Self::Boolean(value) => Dynamic::from(*value),
            Self::Number(value) => Dynamic::from(*value),
            Self::Text(value) => value.clone().into(),
            Self::List(values) => {
                Dynamic::from_array(values.iter().map(Self::to_dynamic).collect())
            }
            Self::Map(entries) => Dynamic::from_map(
                entries
                    .iter()
                    .map(|(key, value)| (key.as_str().into(), value.to_dynamic()))
                    .collect(),
            ),
            Self::Secret(secret) => Dynamic::from(secret.clone()),
        }
    }

    /// What a script handed over.
    ///
    /// # Errors
    /// `P2006` for what no `Value` can hold: functions, blobs, fractions, values of other modules.
    pub fn from_dynamic(value: &Dynamic) -> Result<Self, PlanError> {
        from_dynamic(value, MAX_DEPTH)
    }
}

fn from_dynamic(value: &Dynamic, depth: usize) -> Result<Value, PlanError> {
    let Some(depth) = depth.checked_sub(1) else {
        let message = format!("lists and maps are nested deeper than {MAX_DEPTH}");
        return Err(PlanError::new(Code::P2006, message));
    };
    if value.is_unit() {
        return Ok(Value::Null);
    }
    if let Ok(value) = value.as_bool() {
        return Ok(Value::Boolean(value));
    }
    if let Ok(value) = value.as_int() {
        return Ok(Value::Number(value));
    }
    if let Ok(value) = value.as_char() {
        return Ok(Value::Text(value.to_string()));
    }
    if let Some(text) = value.read_lock::<rhai::ImmutableString>() {
        return Ok(Value::Text(text.to_string()));
    }
    if let Some(secret) = value.read_lock::<Secret>() {
        return Ok(Value::Secret(secret.clone()));
    }
    if let Some(array) = value.read_lock::<rhai::Array>() {
        let items = array.iter().map(|item| from_dynamic(item, depth));
        return Ok(Value::List(items.collect::<Result<_, _>>()?));
    }
    if let Some(map) = value.read_lock::<rhai::Map>() {
        let entries = map
            .iter()
            .map(|(key, value)| Ok((key.to_string(), from_dynamic(value, depth)?)));
        return Ok(Value::Map(entries.collect::<Result<_, PlanError>>()?));
    }
    let message = format!(
        "a value of type `{}` cannot be used here",
        value.type_name()
    );
    Err(PlanError::new(Code::P2006, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn values_come_back_as_they_went() {
        let values = [
            Value::Null,
            Value::Boolean(true),
            Value::Number(i64::MIN),
            Value::Text("é\n".into()),
            Value::Secret(Secret::new("x")),
            Value::List(vec![Value::Number(1), Value::List(vec![Value::Null])]),
        ];
        let map = values.iter().enumerate();
        let map: BTreeMap<_, _> = map.map(|(n, v)| (n.to_string(), v.clone())).collect();
        for value in values.into_iter().chain([Value::Map(map)]) {
            assert_eq!(Value::from_dynamic(&value.to_dynamic()), Ok(value));
        }
    }

    #[test]
    fn what_no_value_can_hold_is_refused() {
        let deep = (0..40).fold(Dynamic::UNIT, |inner, _| Dynamic::from_array(vec![inner]));
        for value in [Dynamic::from(1.5), Dynamic::from_blob(vec![1]), deep] {
            assert_eq!(Value::from_dynamic(&value).unwrap_err().code, Code::P2006);
        }
    }
}
