//! `Constraints`: the JSON text in which an artifact constrains an attribute, read key by key.
//!
//! Artifacts are not strict: numbers come as texts, an empty text means nothing, and so does `null`.

use super::Network;
use super::string::checked_regex;
use mintage_volume::escape::escape;
use serde_json::{Map, Value as Json};
use std::net::IpAddr;

/// The longest text with constraints, in bytes.
const MAX: usize = 64 << 10;

/// The constraints of one attribute, and what is wrong with them.
#[derive(Debug, Default)]
pub(super) struct Constraints {
    keys: Map<String, Json>,
    problems: Vec<String>,
}

impl Constraints {
    /// Reads a JSON object; an empty text is one without keys.
    pub(super) fn read(text: &str) -> Self {
        let mut constraints = Self::default();
        if text.len() > MAX {
            constraints.report("its constraints are longer than 64 KiB");
        } else if !text.trim().is_empty() {
            match serde_json::from_str(text) {
                Ok(Json::Object(keys)) => constraints.keys = keys,
                Ok(Json::Null) => {}
                Ok(_) | Err(_) => constraints.report("its constraints are not a JSON object"),
            }
        }
        constraints
    }

    /// Something is wrong.
    pub(super) fn report(&mut self, why: impl Into<String>) {
        self.problems.push(why.into());
    }

    /// Everything that is wrong.
    pub(super) fn finish(self) -> Vec<String> {
        self.problems
    }

    /// A text that is not empty.
    pub(super) fn text(&mut self, key: &str) -> Option<String> {
        match self.take(key)? {
            Json::String(text) => Some(text),
            Json::Number(number) => Some(number.to_string()),
            other => self.refuse(key, &other, "a text"),
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, key: &str) -> Option<bool> {
        match self.take(key)? {
            Json::Bool(flag) => Some(flag),
            Json::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Json::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
            other => self.refuse(key, &other, "true or false"),
        }
    }

    /// A number of things.
    pub(super) fn count(&mut self, key: &str) -> Option<usize> {
        self.converted(key, "a whole number from 0", |text| text.parse().ok())
    }

    /// The smallest whole number that is not below the constraint.
    pub(super) fn at_least(&mut self, key: &str) -> Option<i64> {
        self.converted(key, "a number", |text| whole(text, f64::ceil))
    }

    /// The largest whole number that is not above the constraint.
    pub(super) fn at_most(&mut self, key: &str) -> Option<i64> {
        self.converted(key, "a number", |text| whole(text, f64::floor))
    }

    /// A distance between whole numbers. A fraction is none, as values are whole.
    pub(super) fn step(&mut self, key: &str) -> Option<i64> {
        let must = "a number above 0";
        let positive = |text: &str| text.parse().ok().filter(|step: &f64| *step > 0.0);
        let step = self.converted(key, must, |text| positive(text).map(|_| text.to_owned()))?;
        step.parse().ok()
    }

    /// An expression that can be compiled.
    pub(super) fn regex(&mut self, key: &str) -> Option<String> {
        let text = self.text(key)?;
        match checked_regex(&text) {
            Ok(()) => Some(text),
            Err(why) => {
                self.report(format!("`{key}` is no regular expression: {why}"));
                None
            }
        }
    }

    /// A network of the family that `is_family` tells, `192.0.2.0/24`.
    pub(super) fn network(&mut self, key: &str, is_family: fn(&IpAddr) -> bool) -> Option<Network> {
        self.converted(key, "a network like `192.0.2.0/24`", |text| {
            let network: Network = text.parse().ok()?;
            is_family(&network.address()).then_some(network)
        })
    }

    /// A list of texts; empty ones and nulls are left out.
    pub(super) fn texts(&mut self, key: &str) -> Vec<String> {
        let items = match self.take(key) {
            None => return Vec::new(),
            Some(Json::Array(items)) => items,
            Some(other) => return self.refuse(key, &other, "a list").unwrap_or_default(),
        };
        let texts = items.into_iter().filter_map(|item| match item {
            Json::String(text) => Some(text).filter(|text| !text.is_empty()),
            Json::Null => None,
            other => Some(other.to_string()),
        });
        texts.collect()
    }

    /// As [`Self::texts`], at least one.
    pub(super) fn options(&mut self, key: &str) -> Vec<String> {
        let options = self.texts(key);
        if options.is_empty() {
            self.report(format!("`{key}` must list at least one text"));
        }
        options
    }

    /// A key's value that says something.
    fn take(&mut self, key: &str) -> Option<Json> {
        let value = self.keys.get(key)?;
        (!value.is_null() && value.as_str() != Some("")).then(|| value.clone())
    }

    fn converted<T>(
        &mut self,
        key: &str,
        must: &str,
        convert: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let given = self.take(key)?;
        match super::text_of(&given).and_then(|text| convert(text.trim())) {
            Some(value) => Some(value),
            None => self.refuse(key, &given, must),
        }
    }

    fn refuse<T>(&mut self, key: &str, given: &Json, must: &str) -> Option<T> {
        let given: String = given.to_string().chars().take(60).collect();
        let given = escape(given.as_bytes());
        self.report(format!("`{key}` cannot be `{given}`: it must be {must}"));
        None
    }
}

/// A number with or without a fraction, as the whole number that `round` gives.
fn whole(text: &str, round: fn(f64) -> f64) -> Option<i64> {
    let rounded = || {
        let number = round(text.parse::<f64>().ok()?);
        // What is written without a fraction and an exponent is the exact number, or too large.
        format!("{number:.0}").parse().ok()
    };
    text.parse().ok().or_else(rounded)
}
