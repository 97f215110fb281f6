//! `ResourceKind`: the collections that commands name, and how one of them is found.

use crate::error::{ClientError, Result};
use crate::service::Service;
use form_urlencoded::Serializer;
use serde_json::Value as Json;

/// A collection of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResourceKind {
    /// As commands name it: `plan-scripts`.
    pub name: &'static str,
    /// Where it is.
    pub path: &'static str,
    /// The member by which one is named.
    pub name_member: &'static str,
    /// The members that a list shows after the name.
    pub columns: &'static [&'static str],
}

/// The collections.
const KINDS: &[ResourceKind] = &[
    kind(
        "golden-images",
        "/rest/golden-images",
        &["state", "size", "modified"],
    ),
    kind(
        "plan-scripts",
        "/rest/plan-scripts",
        &["planType", "language", "modified"],
    ),
    kind(
        "build-plans",
        "/rest/build-plans",
        &["oeBuildPlanType", "modified"],
    ),
    kind(
        "deployment-plans",
        "/rest/deployment-plans",
        &["state", "modified"],
    ),
    kind(
        "artifact-bundles",
        "/rest/artifact-bundles",
        &["state", "size", "modified"],
    ),
    kind(
        "backups",
        "/rest/artifact-bundles/backups",
        &["state", "size", "modified"],
    ),
    kind(
        "deployment-groups",
        "/rest/deployment-groups",
        &["state", "modified"],
    ),
    kind(
        "os-volumes",
        "/rest/os-volumes",
        &["state", "size", "modified"],
    ),
    kind(
        "server-profiles",
        "/rest/server-profiles",
        &["state", "status", "modified"],
    ),
    kind(
        "server-profile-templates",
        "/rest/server-profile-templates",
        &["status", "modified"],
    ),
    kind(
        "server-hardware",
        "/rest/server-hardware",
        &["state", "powerState", "model"],
    ),
    kind(
        "ethernet-networks",
        "/rest/ethernet-networks",
        &["vlanId", "purpose", "subnetUri"],
    ),
    kind(
        "subnets",
        "/rest/id-pools/ipv4/subnets",
        &["networkId", "subnetmask", "gateway"],
    ),
    kind(
        "ranges",
        "/rest/id-pools/ipv4/ranges",
        &["enabled", "totalCount", "freeIdCount"],
    ),
    kind(
        "pool-addresses",
        "/rest/id-pools/ipv4/addresses",
        &["address", "ownerUri", "nic"],
    ),
    kind(
        "deployment-servers",
        "/rest/deployment-servers",
        &["state", "primaryIPv4"],
    ),
    kind(
        "tasks",
        "/rest/tasks",
        &["taskState", "percentComplete", "owner", "created"],
    ),
    kind(
        "alerts",
        "/rest/alerts",
        &["severity", "alertState", "created"],
    ),
    ResourceKind {
        name_member: "userName",
        ..kind("users", "/rest/users", &["enabled"])
    },
    kind(
        "api-tokens",
        "/rest/api-tokens",
        &["userName", "role", "expires"],
    ),
];

const fn kind(
    name: &'static str,
    path: &'static str,
    columns: &'static [&'static str],
) -> ResourceKind {
    ResourceKind {
        name,
        path,
        name_member: "name",
        columns,
    }
}

impl ResourceKind {
    /// All that commands can name.
    pub fn all() -> &'static [Self] {
        KINDS
    }

    /// From a name, in the plural or the singular.
    pub fn parse(name: &str) -> Option<Self> {
        let is_meant =
            |kind: &&Self| kind.name == name || kind.name.strip_suffix('s') == Some(name);
        KINDS.iter().find(is_meant).copied()
    }

    /// The URI of the one that `name` names: by name, by id, or by URI already.
    ///
    /// # Errors
    /// `NoResource`, and those of [`Service::get`].
    pub fn find(self, service: &Service, name: &str) -> Result<String> {
        if name.starts_with("/rest/") {
            return Ok(name.to_owned());
        }
        let found = match self.name {
            // Many tasks and alerts have the same name.
            "tasks" | "alerts" | "api-tokens" => None,
            "users" => Some(format!("{}/{}", self.path, encode(name))),
            _ => self.find_by_name(service, name)?,
        };
        let is_id = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        let found = found.or_else(|| is_id(name).then(|| format!("{}/{name}", self.path)));
        found.ok_or_else(|| ClientError::NoResource {
            kind: self.name.to_owned(),
            name: name.to_owned(),
        })
    }

    fn find_by_name(self, service: &Service, name: &str) -> Result<Option<String>> {
        let found = find_member(service, self.path, self.name_member, name)?;
        let uri = found.as_ref().and_then(|member| member.get("uri"));
        Ok(uri.and_then(Json::as_str).map(ToOwned::to_owned))
    }
}

/// The member of the collection at `path` whose `name_member` is `name`.
///
/// # Errors
/// Those of [`Service::get`], and `Ambiguous` when there are several.
pub(crate) fn find_member(
    service: &Service,
    path: &str,
    name_member: &str,
    name: &str,
) -> Result<Option<Json>> {
    let quoted = name.replace('\\', "\\\\").replace('\'', "\\'");
    let query = Serializer::new(String::new())
        .append_pair("filter", &format!("{name_member}='{quoted}'"))
        .finish();
    let mut reply = service.get(&format!("{path}?{query}"))?;
    let members = reply.body.get_mut("members").and_then(Json::as_array_mut);
    let mut members = members.map(std::mem::take).unwrap_or_default();
    match members.len() {
        0 | 1 => Ok(members.pop()),
        _ => Err(ClientError::Ambiguous {
            kind: path.trim_start_matches("/rest/").to_owned(),
            name: name.to_owned(),
            uris: members
                .iter()
                .filter_map(|member| member.get("uri").and_then(Json::as_str))
                .map(ToOwned::to_owned)
                .collect(),
        }),
    }
}

fn encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_named_in_plural_and_singular() {
        for (name, path) in [
            ("plan-scripts", Some("/rest/plan-scripts")),
            ("golden-image", Some("/rest/golden-images")),
            ("os-volume", Some("/rest/os-volumes")),
            ("range", Some("/rest/id-pools/ipv4/ranges")),
            ("server-hardware", Some("/rest/server-hardware")),
            ("scripts", None),
            ("", None),
        ] {
            assert_eq!(ResourceKind::parse(name).map(|kind| kind.path), path);
        }
    }
}
