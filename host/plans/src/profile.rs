//! The server profile: which server a run is for, and what is known of it.

use crate::attribute::{ValueLayer, ValueSource, wire};
use crate::attribute::{from_json, parse_json, shown};
use crate::problem::problem;
use mintage_engine::nearest::nearest;
use mintage_engine::{Code, Diagnostic, Secret, Value};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// The longest profile file, in bytes.
const MAX_PROFILE: usize = 1024 * 1024;

/// What a server keeps across redeploys, and whether it is a secret.
const IDENTITY: [(&str, bool); 5] = [
    ("initiator-name", false),
    ("machine-id", false),
    ("ssh-host-ecdsa-key", true),
    ("ssh-host-ed25519-key", true),
    ("ssh-host-rsa-key", true),
];

/// A server profile as scripts see it: a map with `name`, `labels` and whatever else the file had,
/// without the values of attributes; and apart from it the server's identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    #[serde(with = "wire")]
    facts: BTreeMap<String, Value>,
    #[serde(with = "wire")]
    identity: BTreeMap<String, Value>,
}

impl Default for Profile {
    /// A profile that says nothing, not even a name.
    fn default() -> Self {
        let labels = ("labels".to_owned(), Value::Map(BTreeMap::new()));
        Self {
            facts: [labels].into(),
            identity: BTreeMap::new(),
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
    /// with `name` and `value`, which may also lie in `osDeploymentSettings`. `identity`, an
    /// object, has what the server keeps across redeploys.
    ///
    /// # Errors
    /// P5005 when it is not such a file.
    pub fn parse(file: &str, text: &str) -> Result<(Self, ValueLayer), Vec<Diagnostic>> {
        if text.len() > MAX_PROFILE {
            return Err(refused(file, "it is larger than 1 MiB"));
        }
        let mut map = parse_json(Code::P5005, file, text)?;
        let values = take_attributes(&mut map).map_err(|why| refused(file, &why))?;
        let identity = take_identity(&mut map).map_err(|why| refused(file, &why))?;
        let mut profile = Self {
            identity,
            ..Self::default()
        };
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

    /// One thing of the server's identity: `machine-id`, `initiator-name`, and the private keys
    /// `ssh-host-ed25519-key`, `ssh-host-ecdsa-key`, `ssh-host-rsa-key`, which are secrets.
    pub fn identity(&self, name: &str) -> Option<&Value> {
        self.identity.get(name)
    }

    /// The texts of all secrets, for masking them.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.identity.values().filter_map(|value| match value {
            Value::Secret(secret) => Some(secret.reveal()),
            _ => None,
        })
    }

    /// The map that scripts see.
    pub(crate) fn facts(&self) -> &BTreeMap<String, Value> {
        &self.facts
    }

    /// The same as JSON, with the identity; a secret is the text `[secret]`.
    pub(crate) fn shown(&self) -> Json {
        let identity: Json = shown_map(&self.identity);
        let mut facts = shown_map(&self.facts);
        facts["identity"] = identity;
        facts
    }
}

fn shown_map(map: &BTreeMap<String, Value>) -> Json {
    map.iter()
        .map(|(key, fact)| (key.clone(), shown(fact)))
        .collect()
}

/// Takes the server's identity out of the profile.
fn take_identity(profile: &mut Map<String, Json>) -> Result<BTreeMap<String, Value>, String> {
    let given = match profile.remove("identity") {
        None => Map::new(),
        Some(Json::Object(map)) => map,
        Some(_) => return Err("`identity` is not an object".to_owned()),
    };
    let mut identity = BTreeMap::new();
    for (name, value) in given {
        let Some((_, is_secret)) = IDENTITY.iter().find(|(known, _)| *known == name) else {
            let near = nearest(&name, IDENTITY.iter().map(|(known, _)| *known));
            let near = near.map_or(String::new(), |near| format!(", did you mean `{near}`?"));
            let name = mintage_volume::escape::escape(name.as_bytes());
            return Err(format!("`identity` has no `{name}`{near}"));
        };
        let Json::String(text) = value else {
            return Err(format!("`{name}` of `identity` is not a text"));
        };
        let value = if *is_secret {
            Value::Secret(Secret::new(text))
        } else {
            Value::Text(text)
        };
        identity.insert(name, value);
    }
    Ok(identity)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_identity_is_apart_and_its_keys_are_secret() {
        let text =
            r#"{"name": "web01", "identity": {"machine-id": "ab", "ssh-host-rsa-key": "PEM"}}"#;
        let (profile, _) = Profile::parse("p.json", text).unwrap();
        assert_eq!(
            profile.identity("machine-id"),
            Some(&Value::Text("ab".to_owned()))
        );
        assert_eq!(profile.secrets().collect::<Vec<_>>(), ["PEM"]);
        assert!(!profile.facts().contains_key("identity"));
        assert!(!profile.shown().to_string().contains("PEM"));
    }

    #[test]
    fn what_is_no_identity_is_refused() {
        for (identity, why) in [
            (r#"{"machineid": "ab"}"#, "did you mean `machine-id`?"),
            (r#"{"machine-id": 1}"#, "is not a text"),
            ("[]", "is not an object"),
        ] {
            let text = format!(r#"{{"identity": {identity}}}"#);
            let problems = Profile::parse("p.json", &text).unwrap_err();
            assert!(problems[0].message.contains(why), "{}", problems[0].message);
        }
    }
}
