//! What the service adds to the values of a profile: the MAC addresses of its connections.

use super::facts::given_connections;
use super::nic::{self, Nic};
use crate::os_volumes::Setting;
use mintage_records::RecordsError;
use mintage_records::Sealer;
use mintage_records::model::{AttributeValue, OsDeployment};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// Fills in what the service knows of the nics of `deployment`. What `old` was filled with and comes back
/// was not given. `other` are the profile's other members.
pub(super) fn fill(
    mut deployment: OsDeployment,
    old: Option<&OsDeployment>,
    other: &Map<String, Json>,
) -> OsDeployment {
    if let Some(old) = old {
        for given in &mut deployment.attributes {
            let filled = old.filled.get(&given.name);
            let is_filled = matches!((&given.value, filled),
                (Some(AttributeValue::Plain(text)), Some(filled)) if text == filled);
            if is_filled && !given.name.ends_with(".constraint") {
                given.value = None;
            }
        }
    }
    let mut filled = BTreeMap::new();
    for (name, nic) in Nic::all(deployment.texts()) {
        if let Some(mac) = mac(&nic, other) {
            filled.insert(format!("{name}.mac"), mac.to_owned());
        }
    }
    OsDeployment {
        filled,
        ..deployment
    }
}

/// The MAC address of the connection that a nic is.
fn mac<'a>(nic: &Nic<'_>, other: &'a Map<String, Json>) -> Option<&'a str> {
    let wanted = nic.get("connectionid")?;
    let mut connections = given_connections(other);
    let connection = connections.find(|connection| match connection.get("id") {
        Some(Json::String(id)) => id == wanted,
        Some(Json::Number(id)) => id.to_string() == wanted,
        _ => false,
    });
    let mac = connection?.get("mac")?.as_str();
    mac.filter(|mac| !mac.is_empty())
}

/// The values with which a plan is run: secrets opened, and of nics only what plans know.
pub(super) fn settings(
    deployment: &OsDeployment,
    sealer: &Sealer,
) -> Result<Vec<Setting>, RecordsError> {
    let mut settings = Vec::new();
    let mut add = |name: String, value: &str| {
        settings.push(Setting {
            name,
            value: value.to_owned(),
        });
    };
    for given in &deployment.attributes {
        match &given.value {
            Some(AttributeValue::Sealed(sealed)) => add(given.name.clone(), &sealer.open(sealed)?),
            Some(AttributeValue::Plain(text)) if nic::split(&given.name).is_none() => {
                add(given.name.clone(), text);
            }
            _ => {}
        }
    }
    let filled = deployment.filled.iter();
    let filled = filled.map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, nic) in Nic::all(deployment.texts().chain(filled)) {
        for (field, value) in nic.for_plan() {
            add(format!("{name}.{field}"), value);
        }
    }
    Ok(settings)
}
