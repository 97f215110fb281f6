//! The options of a function: a map whose keys and values are checked.

use crate::text::pattern::Pattern;
use crate::values::{shorten, type_name};
use mintage_engine::nearest::nearest;
use mintage_engine::{Code, PlanError};
use rhai::{Dynamic, ImmutableString, Map};

/// The checked options of one call.
#[derive(Debug)]
pub(crate) struct Options {
    function: &'static str,
    map: Map,
}

impl Options {
    /// The options that a script gave to `function`, which takes the keys of `known`.
    ///
    /// # Errors
    /// `P2013` for an unknown key, with the nearest known one.
    pub(crate) fn checked(
        function: &'static str,
        map: Map,
        known: &[&str],
    ) -> Result<Self, PlanError> {
        for key in map.keys() {
            if !known.contains(&key.as_str()) {
                return Err(unknown_key(function, key, known));
            }
        }
        Ok(Self { function, map })
    }

    /// The value of a key as the script gave it.
    pub(crate) fn value(&self, key: &str) -> Option<&Dynamic> {
        self.map.get(key).filter(|value| !value.is_unit())
    }

    /// A text.
    ///
    /// # Errors
    /// `P2006` for another type.
    pub(crate) fn text(&self, key: &str) -> Result<Option<ImmutableString>, PlanError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let text = value.clone().into_immutable_string();
        text.map(Some)
            .map_err(|_| self.wrong_type(key, "a string", value))
    }

    /// A list of texts; empty when the key is missing.
    ///
    /// # Errors
    /// `P2006` for another type.
    pub(crate) fn texts(&self, key: &str) -> Result<Vec<String>, PlanError> {
        let Some(value) = self.value(key) else {
            return Ok(Vec::new());
        };
        let array = value
            .read_lock::<rhai::Array>()
            .ok_or_else(|| self.wrong_type(key, "an array of strings", value))?;
        let text = |(index, item): (usize, &Dynamic)| {
            let text = item.clone().into_string();
            text.map_err(|_| self.wrong_type(&format!("{key}[{index}]"), "a string", item))
        };
        array.iter().enumerate().map(text).collect()
    }

    /// A yes or no; `default` when the key is missing.
    ///
    /// # Errors
    /// `P2006` for another type.
    pub(crate) fn flag(&self, key: &str, default: bool) -> Result<bool, PlanError> {
        let Some(value) = self.value(key) else {
            return Ok(default);
        };
        value
            .as_bool()
            .map_err(|_| self.wrong_type(key, "true or false", value))
    }

    /// A pattern.
    ///
    /// # Errors
    /// `P2006` for another type, `P2013` for an invalid pattern.
    pub(crate) fn pattern(&self, key: &str) -> Result<Option<Pattern>, PlanError> {
        self.text(key)?
            .map(|text| Pattern::parse(text.as_str()))
            .transpose()
    }

    fn wrong_type(&self, key: &str, wanted: &str, value: &Dynamic) -> PlanError {
        let found = type_name(value);
        let function = self.function;
        PlanError::new(
            Code::P2006,
            format!(
                "the option `{key}` of `{function}` must be {wanted}, not a value of type `{found}`"
            ),
        )
    }
}

fn unknown_key(function: &str, key: &str, known: &[&str]) -> PlanError {
    let shown = shorten(key);
    let message = match nearest(key, known.iter().copied()) {
        Some(near) => format!("unknown key `{shown}`, did you mean `{near}`?"),
        None => format!("unknown key `{shown}`"),
    };
    let error = PlanError::new(Code::P2013, message);
    if known.is_empty() {
        return error.help(format!("`{function}` takes no options"));
    }
    let list: Vec<String> = known.iter().map(|key| format!("`{key}`")).collect();
    error.help(format!("`{function}` takes {}", list.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_are_refused_with_the_nearest() {
        for (key, expected) in [
            (
                "adresses",
                "unknown key `adresses`, did you mean `addresses`?",
            ),
            ("mod", "unknown key `mod`, did you mean `mode`?"),
            ("colour", "unknown key `colour`"),
            ("a\nb", "unknown key `a\\nb`"),
        ] {
            let map = Map::from([(key.into(), Dynamic::TRUE)]);
            let error = Options::checked("f", map, &["addresses", "mode"]).unwrap_err();
            assert_eq!(
                (error.code, error.message.as_str()),
                (Code::P2013, expected)
            );
        }
    }

    #[test]
    fn values_have_their_types() {
        let map = Map::from([
            ("create".into(), Dynamic::from("yes")),
            ("mode".into(), Dynamic::UNIT),
        ]);
        let options = Options::checked("f", map, &["create", "mode"]).unwrap();
        assert_eq!(options.flag("create", true).unwrap_err().code, Code::P2006);
        assert_eq!(options.text("mode").unwrap(), None);
        assert!(options.flag("other", true).unwrap());
    }

    #[test]
    fn an_item_of_another_type_is_named() {
        let secret = Dynamic::from(mintage_engine::Secret::new("hidden"));
        for (item, found) in [(secret, "secret"), (Dynamic::from(1_i64), "int")] {
            let list = Dynamic::from_array(vec!["a".into(), item]);
            let options =
                Options::checked("f", Map::from([("keys".into(), list)]), &["keys"]).unwrap();
            let error = options.texts("keys").unwrap_err();
            let message = format!(
                "the option `keys[1]` of `f` must be a string, not a value of type `{found}`"
            );
            assert_eq!((error.code, error.message), (Code::P2006, message));
        }
    }
}
