//! Templates of server profiles on the wire: what this service understands of them, and the rest as it
//! came.

use crate::error::ApiError;
use crate::resources::artifact::{self, OK};
use crate::resources::server_profiles::{DeploymentInput, deployment_wire, members};
use mintage_deploy::server_profiles::given;
use mintage_records::model::ServerProfileTemplate;
use mintage_records::{Kind, Sealer, Stored, View};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use utoipa::ToSchema;

const CATEGORY: &str = Kind::ServerProfileTemplates.as_str();
/// The member with what is deployed.
const SETTINGS: &str = "osDeploymentSettings";
/// Members that the service sets: what a client sends back of them does not count.
const OF_SERVICE: [&str; 8] = [
    "uri", "id", "category", "created", "modified", "eTag", "state", "status",
];
/// What types of templates and of profiles begin with; a number follows.
const TYPES: [&str; 2] = ["ServerProfileTemplateV", "ServerProfileV"];
/// By how much the number in the type of a profile is higher, in every version of the API.
const PROFILES_AHEAD: u32 = 4;

/// What is the same in all templates.
pub(super) const CONSTANTS: [(&str, &str); 3] =
    [("category", CATEGORY), ("state", OK), ("status", OK)];

/// A template of server profiles.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServerProfileTemplate)]
pub(super) struct Wire {
    category: &'static str,
    uri: String,
    id: String,
    name: String,
    description: Option<String>,
    state: &'static str,
    status: &'static str,
    created: String,
    modified: String,
    e_tag: String,
    #[schema(value_type = Option<Object>)]
    os_deployment_settings: Option<Json>,
    /// The other members, as they came; secrets are masked.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    other: Map<String, Json>,
}

impl Wire {
    pub(super) fn new(stored: Stored<ServerProfileTemplate>) -> Self {
        let template = stored.body;
        let mut other = match members::show(Json::Object(template.other)) {
            Json::Object(other) => other,
            _ => Map::new(),
        };
        let rest = other.remove(SETTINGS);
        let settings = template.deployment;
        Self {
            category: CATEGORY,
            uri: Kind::ServerProfileTemplates.uri(&stored.id),
            id: stored.id.to_string(),
            name: template.name,
            description: template.description,
            state: OK,
            status: OK,
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            os_deployment_settings: settings.map(|settings| deployment_wire(settings, None, rest)),
            other,
        }
    }

    /// The same with another member, where one is given.
    pub(super) fn with(mut self, member: &str, value: Option<String>) -> Self {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            self.other.insert(member.to_owned(), value.into());
        }
        self
    }

    /// The profile that it would make, without a name.
    pub(super) fn into_profile(self) -> Json {
        let mut profile = self.other;
        let number = profile.get("type").and_then(Json::as_str);
        let number = number.and_then(|text| text.strip_prefix(TYPES[0])?.parse::<u32>().ok());
        match number {
            Some(number) => {
                let text = format!("{}{}", TYPES[1], number.saturating_add(PROFILES_AHEAD));
                profile.insert("type".to_owned(), text.into());
            }
            None => drop(profile.remove("type")),
        }
        for (member, value) in [
            ("category", json!(Kind::ServerProfiles.as_str())),
            ("name", Json::Null),
            ("description", Json::Null),
            ("serverHardwareUri", Json::Null),
            ("serverProfileTemplateUri", json!(self.uri)),
            (SETTINGS, json!(self.os_deployment_settings)),
        ] {
            profile.insert(member.to_owned(), value);
        }
        Json::Object(profile)
    }
}

/// A template that is sent. Members that are missing stay as they are; null takes one away.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServerProfileTemplateInput)]
pub(super) struct Input {
    name: Option<String>,
    #[serde(default, deserialize_with = "artifact::nullable")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    #[serde(default, deserialize_with = "artifact::nullable")]
    #[schema(value_type = Option<DeploymentInput>)]
    os_deployment_settings: Option<Option<DeploymentInput>>,
    #[serde(rename = "eTag")]
    e_tag: Option<String>,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    other: Map<String, Json>,
}

impl Input {
    /// The version that the change is meant for.
    pub(super) fn e_tag(&self) -> Option<&str> {
        self.e_tag.as_deref()
    }

    /// The template: what is not given is as in the old one.
    pub(super) fn template(
        self,
        view: &mut View<'_>,
        old: Option<&ServerProfileTemplate>,
        sealer: &Sealer,
    ) -> Result<ServerProfileTemplate, ApiError> {
        let mut other = old.map_or_else(Map::new, |old| old.other.clone());
        let before = other.clone();
        other.extend(self.other);
        for member in OF_SERVICE {
            other.remove(member);
        }
        let old_deployment = old.and_then(|old| old.deployment.as_ref());
        let deployment = match self.os_deployment_settings {
            None => old_deployment.cloned(),
            Some(None) => None,
            Some(Some(sent)) => match sent.wanted(old_deployment, &mut other)? {
                None => None,
                Some((plan, settings)) => {
                    Some(given::read(view, &plan, &settings, old_deployment, sealer)?)
                }
            },
        };
        if deployment.is_none() {
            other.remove(SETTINGS);
        }
        Ok(ServerProfileTemplate {
            name: artifact::name(self.name, old.map(|old| old.name.as_str()))?,
            description: match self.description {
                None => old.and_then(|old| old.description.clone()),
                Some(description) => description,
            },
            deployment,
            other: members::seal(other, Some(&before), sealer)?,
        })
    }
}
