//! What scripts may know of the server that a volume is for: no secret is among it.

use mintage_records::Id;
use mintage_records::model::{ServerProfile, VolumeExport};
use mintage_storage::export::{LUN, Portal};
use serde_json::{Map, Value as Json, json};

/// The members of a connection that scripts see.
const OF_CONNECTION: [&str; 6] = ["id", "name", "functionType", "networkUri", "mac", "portId"];

/// The facts of `profile`, in the form of a profile file.
pub(super) fn of(
    id: &Id,
    profile: &ServerProfile,
    names: &VolumeExport,
    portals: &[Portal],
) -> Json {
    let portals: Vec<String> = portals.iter().map(ToString::to_string).collect();
    json!({
        "name": profile.name,
        "description": profile.description,
        "uuid": id,
        "labels": {},
        "connections": connections(&profile.other),
        "iscsi": {
            "initiatorName": names.initiator,
            "targetName": names.target,
            "lun": LUN,
            "portals": portals,
        },
        "identity": { "initiator-name": names.initiator },
    })
}

fn connections(other: &Map<String, Json>) -> Vec<Json> {
    let connection = |given: &Json| {
        let members = OF_CONNECTION.iter().filter_map(|name| {
            let value = given.get(*name)?;
            let is_plain = !value.is_object() && !value.is_array() && !value.is_null();
            is_plain.then(|| ((*name).to_owned(), value.clone()))
        });
        members.collect::<Json>()
    };
    given_connections(other).map(connection).collect()
}

/// The connections as they were given: in a list of their own, or in the settings of connections, as
/// newer clients have it.
pub(super) fn given_connections(other: &Map<String, Json>) -> impl Iterator<Item = &Json> {
    let own = other.get("connections").and_then(Json::as_array);
    let settings = other.get("connectionSettings");
    let settings = settings.and_then(|settings| settings.get("connections"));
    let settings = settings.and_then(Json::as_array);
    own.into_iter().chain(settings).flatten()
}
