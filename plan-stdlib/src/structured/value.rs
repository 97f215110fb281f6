//! The values of structured files.

use super::{MAX_DEPTH, too_deep};
use crate::values::type_name;
use mintage_engine::{Code, PlanError, Secret};
use rhai::{Array, Dynamic, Map};
use std::collections::BTreeMap;

/// A value in a file.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    /// Nothing.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A number without a fraction.
    Integer(i64),
    /// A number.
    Float(f64),
    /// A text.
    Text(String),
    /// What scripts have no type for, as it stands in the file: a time, a large number.
    Other(String),
    /// What stands elsewhere in the file, by its name there.
    Alias(String),
    /// A list.
    List(Vec<Value>),
    /// Keys with their values, in the order of the file, each key once.
    Map(Vec<(String, Value)>),
}

/// The same value is the same in every order of keys.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Boolean(a), Self::Boolean(b)) => a == b,
            (Self::Integer(a), Self::Integer(b)) => a == b,
            (Self::Float(a), Self::Float(b)) => a.to_bits() == b.to_bits(),
            (Self::Text(a), Self::Text(b)) | (Self::Other(a), Self::Other(b)) => a == b,
            (Self::Alias(a), Self::Alias(b)) => a == b,
            (Self::List(a), Self::List(b)) => a == b,
            (Self::Map(a), Self::Map(b)) => {
                let sorted = |entries| -> BTreeMap<&str, &Value> {
                    let entries: &Vec<(String, Value)> = entries;
                    entries.iter().map(|(key, v)| (key.as_str(), v)).collect()
                };
                a.len() == b.len() && sorted(a) == sorted(b)
            }
            _ => false,
        }
    }
}

impl Value {
    /// What a script gave, and whether there is a secret in it.
    ///
    /// # Errors
    /// `P2006` for a type that files do not have, `P2016` when it nests too deep.
    pub(crate) fn of(given: &Dynamic) -> Result<(Self, bool), PlanError> {
        let mut has_secret = false;
        let value = of(given, 0, &mut has_secret)?;
        Ok((value, has_secret))
    }

    /// As scripts get it.
    pub(crate) fn into_dynamic(self) -> Dynamic {
        match self {
            Self::Null => Dynamic::UNIT,
            Self::Boolean(value) => value.into(),
            Self::Integer(value) => value.into(),
            Self::Float(value) => value.into(),
            Self::Text(text) | Self::Other(text) | Self::Alias(text) => text.into(),
            Self::List(values) => {
                let values: Array = values.into_iter().map(Self::into_dynamic).collect();
                values.into()
            }
            Self::Map(entries) => {
                let entries = entries.into_iter();
                let map: Map = entries
                    .map(|(key, value)| (key.into(), value.into_dynamic()))
                    .collect();
                map.into()
            }
        }
    }

    /// What it is, for errors.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            Self::Alias(_) => "an alias of something else in the file",
            _ => "a single value",
        }
    }

    /// Whether it is a list of single values only.
    pub(crate) fn is_simple(&self) -> bool {
        match self {
            Self::List(values) => !values
                .iter()
                .any(|v| matches!(v, Self::List(_) | Self::Map(_))),
            _ => false,
        }
    }

    /// Whether it is a list or a map with anything in it.
    pub(crate) fn has_members(&self) -> bool {
        match self {
            Self::List(values) => !values.is_empty(),
            Self::Map(entries) => !entries.is_empty(),
            _ => false,
        }
    }
}

fn of(given: &Dynamic, depth: usize, has_secret: &mut bool) -> Result<Value, PlanError> {
    if depth > MAX_DEPTH {
        return Err(too_deep());
    }
    if let Some(secret) = given.read_lock::<Secret>() {
        *has_secret = true;
        return Ok(Value::Text(secret.reveal().to_owned()));
    }
    if let Some(values) = given.read_lock::<Array>() {
        let values = values.iter().map(|value| of(value, depth + 1, has_secret));
        return Ok(Value::List(values.collect::<Result<_, _>>()?));
    }
    if let Some(entries) = given.read_lock::<Map>() {
        let entries = entries
            .iter()
            .map(|(key, value)| Ok((key.to_string(), of(value, depth + 1, has_secret)?)));
        return Ok(Value::Map(entries.collect::<Result<_, PlanError>>()?));
    }
    if given.is_unit() {
        return Ok(Value::Null);
    }
    if let Ok(value) = given.as_bool() {
        return Ok(Value::Boolean(value));
    }
    if let Ok(value) = given.as_int() {
        return Ok(Value::Integer(value));
    }
    if let Ok(value) = given.as_float() {
        return match value.is_finite() {
            true => Ok(Value::Float(value)),
            false => Err(PlanError::new(Code::P2013, "a number in a file is finite")),
        };
    }
    let text = given.clone().into_immutable_string();
    text.map(|text| Value::Text(text.to_string())).map_err(|_| {
        let found = type_name(given);
        PlanError::new(
            Code::P2006,
            format!("a file has no value of type `{found}`"),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_keys_is_no_difference() {
        let entry = |key: &str, n| (key.to_owned(), Value::Integer(n));
        let one = Value::Map(vec![entry("a", 1), entry("b", 2)]);
        assert_eq!(one, Value::Map(vec![entry("b", 2), entry("a", 1)]));
        assert_ne!(one, Value::Map(vec![entry("b", 1), entry("a", 2)]));
        assert_ne!(Value::Text("1".into()), Value::Other("1".into()));
    }

    #[test]
    fn secrets_are_noticed_at_any_depth() {
        let secret = Dynamic::from(Secret::new("x"));
        let nested = Dynamic::from_array(vec![Map::from([("k".into(), secret)]).into()]);
        assert!(Value::of(&nested).unwrap().1);
        assert!(!Value::of(&Dynamic::from("x")).unwrap().1);
    }

    #[test]
    fn what_nests_too_deep_is_refused() {
        let mut value = Dynamic::from_array(vec![]);
        for _ in 0..=MAX_DEPTH {
            value = Dynamic::from_array(vec![value]);
        }
        assert_eq!(Value::of(&value).unwrap_err().code, Code::P2016);
        assert_eq!(
            Value::of(&Dynamic::from('c')).unwrap_err().code,
            Code::P2006
        );
        assert_eq!(
            Value::of(&Dynamic::from(f64::NAN)).unwrap_err().code,
            Code::P2013
        );
    }
}
