//! The server profile: which server a run is for, and what is known of it.

use crate::attribute::{ValueLayer, ValueSource, wire};
use crate::attribute::{from_json, parse_json, shown};
use crate::problem::problem;
use mintage_engine::{Code, Diagnostic, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// The longest profile file, in bytes.
const MAX_PROFILE: usize = 1024 * 1024;

/// A server profile as scripts see it: a map with `name`, `labels` and whatever else the file had,
/// without the values of attributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Profile {
    #[serde(with = "wire")]
    facts: BTreeMap<String, Value>,
}

impl Default for Profile {
    /// A profile that says nothing, not even a name.
    fn default() -> Self {
        let labels = ("labels".to_owned(), Value::Map(BTreeMap::new()));
        Self {
            facts: [labels].into(),
        }
    }
}

impl Profile {
    /// A profile of which only the name is known.
    pub fn named(name: &str) -> Self {
        let mut profile = Self::default();
        let name = Value::Text(name.to_owned());
        profile.facts.insert("name".to_owned(), name);
        profile
    }

    /// Reads a profile file, JSON, and the values of attributes that it gives. They are in
    /// `attributes`, an object, or in the wire format's `osCustomAttributes`, a list of objects
    /// with `name` and `value`, which may also lie in `osDeploymentSettings`.
    ///
    /// # Errors
    /// P5005 when it is not such a file.
    pub fn parse(file: &str, text: &str) -> Result<(Self, ValueLayer), Vec<Diagnostic>> {
        if text.len() > MAX_PROFILE {
            return Err(refused(file, "it is larger than 1 MiB"));
        }
        let mut map = parse_json(Code::P5005, file, text)?;
        let values = take_attributes(&mut map).map_err(|why| refused(file, &why))?;
        let mut profile = Self::default();
        for (key, fact) in &map {
            profile.facts.insert(key.clone(), from_json(fact));
        }
        match (profile.facts.get("name"), profile.facts.get("labels")) {
            (None | Some(Value::Text(_)), Some(Value::Map(_))) => {}
            (None | Some(Value::Text(_)), _) => {
                return Err(refused(file, "`labels` is not an object"));
            }
            _ => return Err(refused(file, "`name` is not a text")),
        }
        Ok((profile, ValueLayer::new(ValueSource::Profile, values)))
    }

    /// The server's name; empty when there is none.
    pub fn name(&self) -> &str {
        match self.facts.get("name") {
            Some(Value::Text(name)) => name,
            _ => "",
        }
    }

    /// The map that scripts see.
    pub(crate) fn facts(&self) -> &BTreeMap<String, Value> {
        &self.facts
    }

    /// The same as JSON.
    pub(crate) fn shown(&self) -> Json {
        self.facts
            .iter()
            .map(|(key, fact)| (key.clone(), shown(fact)))
            .collect()
    }
}

fn refused(file: &str, why: &str) -> Vec<Diagnostic> {
    let file = mintage_volume::escape::escape(file.as_bytes());
    vec![problem(
        Code::P5005,
        format!("cannot read the profile `{file}`: {why}"),
    )]
}

/// Takes out of the profile what may hold secrets, and makes one map of attribute values of it.
fn take_attributes(profile: &mut Map<String, Json>) -> Result<Map<String, Json>, String> {
    let mut values = match profile.remove("attributes") {
        None => Map::new(),
        Some(Json::Object(map)) => map,
        Some(_) => return Err("`attributes` is not an object".to_owned()),
    };
    let settings = profile.remove("osDeploymentSettings");
    let nested = settings
        .as_ref()
        .and_then(|s| s.get("osCustomAttributes"))
        .cloned();
    for list in [nested, profile.remove("osCustomAttributes")]
        .into_iter()
        .flatten()
    {
        let Json::Array(items) = list else {
            return Err("`osCustomAttributes` is not a list".to_owned());
        };
        for mut item in items {
            let name = item
                .get("name")
                .and_then(Json::as_str)
                .map(ToOwned::to_owned);
            let name = name.ok_or("an item of `osCustomAttributes` has no `name`")?;
            let value = item.get_mut("value").map(Json::take).unwrap_or_default();
            if values.contains_key(&name) {
                return Err(format!("it gives the attribute `{name}` twice"));
            }
            values.insert(name, value);
        }
    }
    Ok(values)
}
