//! Server profiles on the wire: what this service understands of them, and the rest as it came.

use super::members;
use crate::error::ApiError;
use crate::resources::artifact::{self, Text, missing};
use mintage_deploy::os_volumes::Setting;
use mintage_deploy::server_profiles::{Profiles, Wanted, shown};
use mintage_records::model::{OsDeployment, OsVolume, ProfileState, ServerProfile};
use mintage_records::{Id, Kind, Sealer, Stored};
use mintage_storage::export::LUN;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

/// The collection of deployment plans as servers see them.
const OS_DEPLOYMENT_PLANS: &str = "/rest/os-deployment-plans";
/// The type of a profile whose client gives none: that of all newer API versions.
const TYPE: &str = "ServerProfileV12";
/// The member with what is deployed.
const SETTINGS: &str = "osDeploymentSettings";
/// Members that the service sets: what a client sends back of them does not count.
const OF_SERVICE: [&str; 12] = [
    "uri",
    "id",
    "uuid",
    "category",
    "created",
    "modified",
    "eTag",
    "state",
    "status",
    "bootTarget",
    "inProgress",
    "earlierVolumes",
];
/// Where a server is, which has no sense without hardware.
const OF_HARDWARE: [&str; 2] = ["enclosureUri", "enclosureBay"];

/// A server profile on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServerProfile)]
pub(super) struct Wire {
    category: &'static str,
    uri: String,
    uuid: String,
    name: String,
    description: Option<String>,
    /// `Normal`, or `Creating`, `Updating`, `Deleting` while a task works at it.
    state: &'static str,
    status: &'static str,
    in_progress: bool,
    created: String,
    modified: String,
    e_tag: String,
    /// The hardware that it is assigned to.
    server_hardware_uri: Option<String>,
    /// The template that it was made from.
    server_profile_template_uri: Option<String>,
    #[schema(value_type = Option<Object>)]
    os_deployment_settings: Option<Json>,
    /// Where the server finds its volume; null in lists, and for a server without one.
    boot_target: Option<Target>,
    /// Volumes that it had before, the oldest first.
    earlier_volumes: Vec<Earlier>,
    /// The other members, as they came; secrets are masked.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    other: Map<String, Json>,
}

/// Where a server finds its volume.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Target {
    /// The iSCSI name of the target.
    pub(super) target_name: String,
    /// The disk's logical unit.
    pub(super) lun: u64,
    /// The name under which the server must log in.
    pub(super) initiator_name: String,
    /// `192.0.2.1:3260`; each is a path to the same disk.
    pub(super) portals: Vec<String>,
}

/// A volume that a server had before.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Earlier {
    os_volume_uri: String,
    /// Until when it is kept.
    kept_until: String,
}

impl Wire {
    pub(super) fn new(stored: Stored<ServerProfile>) -> Self {
        let profile = stored.body;
        let mut other = match members::show(Json::Object(profile.other)) {
            Json::Object(other) => other,
            _ => Map::new(),
        };
        let settings = other.remove(SETTINGS);
        let volume = profile.os_volume.as_ref();
        let settings = profile
            .deployment
            .map(|deployment| deployment_wire(deployment, volume, settings));
        let in_progress = profile.state != ProfileState::Normal;
        Self {
            category: Kind::ServerProfiles.as_str(),
            uri: Kind::ServerProfiles.uri(&stored.id),
            uuid: stored.id.to_string(),
            name: profile.name,
            description: profile.description,
            state: profile.state.as_str(),
            status: if in_progress { "Warning" } else { artifact::OK },
            in_progress,
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            server_hardware_uri: profile
                .server_hardware
                .map(|id| Kind::ServerHardware.uri(&id)),
            server_profile_template_uri: profile
                .template
                .map(|id| Kind::ServerProfileTemplates.uri(&id)),
            os_deployment_settings: settings,
            boot_target: None,
            earlier_volumes: profile
                .earlier_volumes
                .into_iter()
                .map(|earlier| Earlier {
                    os_volume_uri: Kind::OsVolumes.uri(&earlier.os_volume),
                    kept_until: earlier.until.to_string(),
                })
                .collect(),
            other,
        }
    }

    /// The same, with where the server finds its volume.
    pub(super) fn at(self, target: Option<Target>) -> Self {
        Self {
            boot_target: target,
            ..self
        }
    }
}

impl Wire {
    /// A template with what profiles like this one have in common: without what is this server's own.
    ///
    /// # Errors
    /// 500; not for any profile that there can be.
    pub(super) fn into_template(mut self) -> Result<Json, ApiError> {
        if let Some(settings) = &mut self.os_deployment_settings {
            settings["osVolumeUri"] = Json::Null;
        }
        let category = Kind::ServerProfileTemplates.as_str();
        let template = serde_json::to_value(self).map_err(|error| ApiError::internal(&error))?;
        let Json::Object(mut template) = template else {
            return Err(ApiError::internal(&"a profile is no object"));
        };
        let own = OF_SERVICE.iter().chain(&OF_HARDWARE);
        for member in own.chain(&["serverHardwareUri", "serverProfileTemplateUri", "type"]) {
            template.remove(*member);
        }
        let name = template.get("name").and_then(Json::as_str);
        let name = format!("{} template", name.unwrap_or_default());
        template.insert("name".to_owned(), name.into());
        template.insert("category".to_owned(), category.into());
        Ok(Json::Object(template))
    }
}

impl Target {
    /// Where the server of `volume` finds it; none for a volume without one.
    pub(super) fn of(volume: &OsVolume, profiles: &Profiles) -> Option<Self> {
        let export = volume.export.as_ref()?;
        let portals = profiles.exporter.portals();
        Some(Self {
            target_name: export.target.clone(),
            lun: LUN,
            initiator_name: export.initiator.clone(),
            portals: portals.iter().map(ToString::to_string).collect(),
        })
    }
}

/// The settings of a deployment on the wire; `rest` are members that are only kept.
pub(in crate::resources) fn deployment_wire(
    deployment: OsDeployment,
    volume: Option<&Id>,
    rest: Option<Json>,
) -> Json {
    let mut settings = match rest {
        Some(Json::Object(rest)) => rest,
        _ => Map::new(),
    };
    let values = shown(&deployment).into_iter();
    let values = values.map(|(name, value)| serde_json::json!({"name": name, "value": value}));
    let plan = format!("{OS_DEPLOYMENT_PLANS}/{}", deployment.deployment_plan);
    let volume = volume.map(|volume| Kind::OsVolumes.uri(volume));
    settings.insert("osDeploymentPlanUri".to_owned(), plan.into());
    settings.insert("osVolumeUri".to_owned(), volume.into());
    settings.insert("osCustomAttributes".to_owned(), values.collect());
    Json::Object(settings)
}

/// A server profile that is sent. Members that are missing stay as they are; null takes one away.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServerProfileInput)]
pub(super) struct Input {
    name: Option<String>,
    #[serde(default, deserialize_with = "artifact::nullable")]
    #[schema(value_type = Option<String>)]
    description: Option<Option<String>>,
    #[serde(default, deserialize_with = "artifact::nullable")]
    #[schema(value_type = Option<String>)]
    server_hardware_uri: Option<Option<String>>,
    #[serde(default, deserialize_with = "artifact::nullable")]
    #[schema(value_type = Option<String>)]
    server_profile_template_uri: Option<Option<String>>,
    #[serde(default, deserialize_with = "artifact::nullable")]
    #[schema(value_type = Option<DeploymentInput>)]
    os_deployment_settings: Option<Option<DeploymentInput>>,
    #[serde(rename = "eTag")]
    e_tag: Option<String>,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    other: Map<String, Json>,
}

/// What a server is to be deployed with.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OsDeploymentSettings)]
pub(in crate::resources) struct DeploymentInput {
    /// The deployment plan: `/rest/os-deployment-plans/ID`, or that of `/rest/deployment-plans`.
    os_deployment_plan_uri: Option<String>,
    /// Values of attributes; a field of a nic is `NIC1.ipaddress`.
    os_custom_attributes: Option<Vec<Value>>,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    other: Map<String, Json>,
}

/// A value of an attribute.
#[derive(Deserialize, ToSchema)]
#[schema(as = ProfileAttribute)]
struct Value {
    /// The attribute.
    name: String,
    /// Its value; an empty one is none.
    #[schema(value_type = Option<String>)]
    value: Option<Text>,
}

impl Input {
    pub(super) fn e_tag(&self) -> Option<&str> {
        self.e_tag.as_deref()
    }

    /// What is wanted. `old` is what it is now.
    ///
    /// # Errors
    /// 400 for a name that cannot be, or a URI of something else.
    pub(super) fn wanted(
        self,
        old: Option<&ServerProfile>,
        sealer: &Sealer,
    ) -> Result<Wanted, ApiError> {
        let name = artifact::name(self.name, old.map(|old| old.name.as_str()))?;
        let uri = |given: Option<Option<String>>, member, kind, old: Option<&Id>| match given {
            None => Ok(old.cloned()),
            Some(uri) => uri
                .filter(|uri| !uri.trim().is_empty())
                .map(|uri| artifact::reference(member, kind, &uri))
                .transpose(),
        };
        let server_hardware = uri(
            self.server_hardware_uri,
            "serverHardwareUri",
            Kind::ServerHardware,
            old.and_then(|old| old.server_hardware.as_ref()),
        )?;
        let template = uri(
            self.server_profile_template_uri,
            "serverProfileTemplateUri",
            Kind::ServerProfileTemplates,
            old.and_then(|old| old.template.as_ref()),
        )?;
        let mut other = old.map_or_else(Map::new, |old| old.other.clone());
        let before = other.clone();
        other.extend(self.other);
        for member in OF_SERVICE {
            other.remove(member);
        }
        let type_name = other.entry("type").or_insert(Json::Null);
        if type_name.is_null() {
            *type_name = TYPE.into();
        }
        if server_hardware.is_none() {
            OF_HARDWARE.iter().for_each(|member| {
                other.remove(*member);
            });
        }
        let old_deployment = old.and_then(|old| old.deployment.as_ref());
        let deployment = match self.os_deployment_settings {
            None => old_deployment.map(as_given),
            Some(None) => None,
            Some(Some(given)) => given.wanted(old_deployment, &mut other)?,
        };
        if deployment.is_none() {
            other.remove(SETTINGS);
        }
        Ok(Wanted {
            name,
            description: match self.description {
                None => old.and_then(|old| old.description.clone()),
                Some(description) => description,
            },
            server_hardware,
            template,
            deployment,
            other: members::seal(other, Some(&before), sealer)?,
        })
    }
}

impl DeploymentInput {
    /// The plan and the values; none without a plan. The members that are only kept go to `other`.
    pub(in crate::resources) fn wanted(
        self,
        old: Option<&OsDeployment>,
        other: &mut Map<String, Json>,
    ) -> Result<Option<(Id, Vec<Setting>)>, ApiError> {
        let uri = self.os_deployment_plan_uri.unwrap_or_default();
        if uri.trim().is_empty() {
            return match self
                .os_custom_attributes
                .is_some_and(|given| !given.is_empty())
            {
                true => Err(missing("osDeploymentSettings.osDeploymentPlanUri")),
                false => Ok(None),
            };
        }
        let plan = plan(&uri)?;
        let settings = match (self.os_custom_attributes, old) {
            (Some(given), _) => given.into_iter().map(Setting::from).collect(),
            (None, Some(old)) if old.deployment_plan == plan => as_given(old).1,
            (None, _) => Vec::new(),
        };
        let mut rest = self.other;
        rest.remove("osVolumeUri");
        match rest.is_empty() {
            true => other.remove(SETTINGS),
            false => other.insert(SETTINGS.to_owned(), Json::Object(rest)),
        };
        Ok(Some((plan, settings)))
    }
}

/// The deployment plan that a URI names, in either of its two forms.
fn plan(uri: &str) -> Result<Id, ApiError> {
    let own = uri.trim().strip_prefix(OS_DEPLOYMENT_PLANS);
    let own = own.map(|id| format!("{}{id}", Kind::DeploymentPlans.collection_uri()));
    let uri = own.as_deref().unwrap_or(uri);
    artifact::reference("osDeploymentPlanUri", Kind::DeploymentPlans, uri)
}

/// What a client would send back that was shown a deployment.
fn as_given(deployment: &OsDeployment) -> (Id, Vec<Setting>) {
    let values = shown(deployment).into_iter();
    let settings = values.map(|(name, value)| Setting { name, value });
    (deployment.deployment_plan.clone(), settings.collect())
}

impl From<Value> for Setting {
    fn from(value: Value) -> Self {
        Self {
            name: value.name,
            value: value.value.map_or_else(String::new, |text| text.0),
        }
    }
}
