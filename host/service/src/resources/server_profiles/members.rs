//! The members of the wire that this service only keeps: as they came, but for secrets, which are sealed.
//!
//! A member is a secret by its name: `chapSecret`, `adminPassword`; or when it is the `value` of something
//! that is named so. Where it is shown stands a mask; sent back, that leaves it as it was.

use crate::resources::attributes::MASK;
use mintage_records::{RecordsError, Sealed, Sealer};
use serde_json::{Map, Value as Json, json};

/// The only member of what stands in place of a sealed text.
const SEALED: &str = "$sealed";

/// `given` as it is stored. `old` is what was stored before.
///
/// # Errors
/// When the system has no randomness.
pub(in crate::resources) fn seal(
    given: Map<String, Json>,
    old: Option<&Map<String, Json>>,
    sealer: &Sealer,
) -> Result<Map<String, Json>, RecordsError> {
    let named_secret = NAMES.iter().any(|name| {
        given
            .get(*name)
            .and_then(Json::as_str)
            .is_some_and(is_secret)
    });
    let sealed = given.into_iter().map(|(name, value)| {
        let old = old.and_then(|old| old.get(&name));
        let is_secret = is_secret(&name) || (name == "value" && named_secret);
        let value = match value {
            Json::String(text) if is_secret && !text.is_empty() => secret(&text, old, sealer)?,
            other => seal_value(other, old, sealer)?,
        };
        Ok((name, value))
    });
    sealed.collect()
}

fn seal_value(value: Json, old: Option<&Json>, sealer: &Sealer) -> Result<Json, RecordsError> {
    match value {
        Json::Object(map) => seal(map, old.and_then(Json::as_object), sealer).map(Json::Object),
        Json::Array(items) => {
            let sealed = items.into_iter().enumerate().map(|(place, item)| {
                let old = old.and_then(Json::as_array);
                let old = old.and_then(|old| counterpart(&item, place, old));
                seal_value(item, old, sealer)
            });
            sealed.collect::<Result<_, _>>().map(Json::Array)
        }
        other => Ok(other),
    }
}

/// What names an object in a list.
const NAMES: [&str; 2] = ["id", "name"];

/// The item of the old list that an item was before: that with its name, else that in its place.
fn counterpart<'a>(item: &Json, place: usize, old: &'a [Json]) -> Option<&'a Json> {
    for name in NAMES {
        if let Some(id) = item.get(name).filter(|id| !id.is_null()) {
            return old.iter().find(|old| old.get(name) == Some(id));
        }
    }
    old.get(place)
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let ends = ["secret", "password", "passphrase"];
    ends.iter().any(|end| name.ends_with(end))
}

fn secret(text: &str, old: Option<&Json>, sealer: &Sealer) -> Result<Json, RecordsError> {
    let before = old.and_then(sealed_text);
    let sealed = match before {
        Some(before) if text == MASK => before,
        Some(before) if sealer.open(&before).is_ok_and(|old| old.as_str() == text) => before,
        // A mask with nothing behind it.
        None if text == MASK => return Ok(Json::Null),
        _ => sealer.seal(text)?,
    };
    Ok(json!({ SEALED: sealed }))
}

fn sealed_text(value: &Json) -> Option<Sealed> {
    let object = value.as_object().filter(|object| object.len() == 1)?;
    serde_json::from_value(object.get(SEALED)?.clone()).ok()
}

/// What is stored as it is shown: secrets masked.
pub(in crate::resources) fn show(stored: Json) -> Json {
    if sealed_text(&stored).is_some() {
        return Json::String(MASK.to_owned());
    }
    match stored {
        Json::Object(map) => map
            .into_iter()
            .map(|(name, value)| (name, show(value)))
            .collect(),
        Json::Array(items) => items.into_iter().map(show).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(value: Json) -> Map<String, Json> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn secrets_are_sealed_where_they_stand_and_masks_keep_them() {
        let sealer = Sealer::new(&[7; 32]);
        let given = map(json!({
            "type": "ServerProfileV9",
            "connections": [
                {"id": 1, "boot": {"iscsi": {"chapName": "a", "chapSecret": "first secret"}}},
                {"id": 2, "boot": {"iscsi": {"chapSecret": "second secret", "mutualChapSecret": ""}}}],
            "bios": {"overriddenSettings": [{"value": "third secret", "id": "AdminPassword"},
                {"id": "Boot", "value": "Uefi"}]}}));
        let stored = seal(given.clone(), None, &sealer).unwrap();
        let text = Json::Object(stored.clone()).to_string();
        assert!(!text.contains("secret\""), "{text}");
        let shown = show(Json::Object(stored.clone()));
        let iscsi = "/connections/1/boot/iscsi/chapSecret";
        assert_eq!(shown.pointer(iscsi), Some(&json!(MASK)));
        assert_eq!(
            shown["connections"][1]["boot"]["iscsi"]["mutualChapSecret"],
            ""
        );
        assert_eq!(shown["bios"]["overriddenSettings"][0]["value"], MASK);
        assert_eq!(shown["bios"]["overriddenSettings"][1]["value"], "Uefi");

        // The same in clear text, and what was shown, are no change, in another order too.
        let mut turned = shown.clone();
        turned["connections"].as_array_mut().unwrap().reverse();
        let stored_turned = seal(map(turned), Some(&stored), &sealer).unwrap();
        assert_eq!(stored_turned["connections"][0], stored["connections"][1]);
        assert_eq!(seal(given, Some(&stored), &sealer).unwrap(), stored);
        assert_eq!(
            seal(map(shown.clone()), Some(&stored), &sealer).unwrap(),
            stored
        );
        let unknown = seal(map(shown), None, &sealer).unwrap();
        assert_eq!(Json::Object(unknown).pointer(iscsi), Some(&Json::Null));
    }
}
