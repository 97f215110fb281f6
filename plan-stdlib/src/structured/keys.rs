//! The keys that lead to a place in a structured file.

use super::Value;
use crate::values::{shorten, type_name};
use mintage_engine::{Code, PlanError};
use rhai::{Array, Dynamic};

/// How many keys lead to a place at most.
const MAX_KEYS: usize = 64;

/// One step on the way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    /// A key of a map.
    Name(String),
    /// A place in a list, from 0.
    Index(usize),
}

/// What a script gave: one key, or an array of them.
///
/// A string is one key whatever is in it: no value that a script puts into it leads elsewhere.
///
/// # Errors
/// `P2006` for another type, `P2013` for a negative index or too many.
pub(crate) fn keys(given: &Dynamic) -> Result<Vec<Key>, PlanError> {
    if let Some(keys) = given.read_lock::<Array>() {
        if keys.len() > MAX_KEYS {
            let message = format!("more than {MAX_KEYS} keys lead nowhere");
            return Err(PlanError::new(Code::P2013, message));
        }
        return keys.iter().map(key).collect();
    }
    Ok(vec![key(given)?])
}

fn key(given: &Dynamic) -> Result<Key, PlanError> {
    if let Ok(index) = given.as_int() {
        return usize::try_from(index).map(Key::Index).map_err(|_| {
            PlanError::new(Code::P2013, format!("`{index}` is no place in a list"))
                .help("places are counted from 0")
        });
    }
    let name = given.clone().into_immutable_string();
    name.map(|name| Key::Name(name.to_string())).map_err(|_| {
        let found = type_name(given);
        let message = format!("a key is a string or a number, not a value of type `{found}`");
        PlanError::new(Code::P2006, message)
    })
}

/// The keys for an error: `network.ethernets.0`.
pub(crate) fn shown(keys: &[Key]) -> String {
    let names: Vec<String> = keys
        .iter()
        .map(|key| match key {
            Key::Name(name) => shorten(name),
            Key::Index(index) => index.to_string(),
        })
        .collect();
    names.join(".")
}

/// What the keys lead to, if anything.
pub(crate) fn find<'v>(value: &'v Value, keys: &[Key]) -> Option<&'v Value> {
    keys.iter()
        .try_fold(value, |value, key| match (value, key) {
            (Value::Map(entries), Key::Name(name)) => entries
                .iter()
                .find_map(|(key, value)| (key == name).then_some(value)),
            (Value::List(values), Key::Index(index)) => values.get(*index),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_is_one_key() {
        let given = Dynamic::from("net.ipv4.ip_forward");
        assert_eq!(
            keys(&given).unwrap(),
            [Key::Name("net.ipv4.ip_forward".into())]
        );
        let given = Dynamic::from_array(vec!["a".into(), 0_i64.into()]);
        assert_eq!(
            keys(&given).unwrap(),
            [Key::Name("a".into()), Key::Index(0)]
        );
        assert_eq!(keys(&Dynamic::from(-1_i64)).unwrap_err().code, Code::P2013);
        assert_eq!(keys(&Dynamic::TRUE).unwrap_err().code, Code::P2006);
        let many = Dynamic::from_array(vec!["a".into(); 65]);
        assert_eq!(keys(&many).unwrap_err().code, Code::P2013);
    }
}
