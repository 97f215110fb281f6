//! OS volumes on the wire.

use crate::error::ApiError;
use crate::resources::artifact::{self, NamedUri, Text};
use crate::resources::boot_tests::BootTestWire;
use mintage_deploy::os_volumes::{DeployRequest, Seed, Setting};
use mintage_records::model::{OsVolume, Pin, State};
use mintage_records::{Id, Kind, Stored};
use mintage_storage::export::Portal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What a list can be filtered by though it is the same for all.
pub(super) const CONSTANTS: [(&str, &str); 1] = [("type", TYPE)];
const TYPE: &str = "OSVolume";

/// An OS volume on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OsVolume)]
pub(super) struct Wire {
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    id: String,
    name: String,
    description: Option<String>,
    #[schema(value_type = String)]
    state: State,
    status: &'static str,
    created: String,
    modified: String,
    e_tag: String,
    /// Length in bytes.
    size: u64,
    oe_volume_id: String,
    /// The iSCSI name of a server's volume.
    #[serde(rename = "oeVolumeIQN")]
    oe_volume_iqn: String,
    /// The address of the first portal that offers it.
    oe_volume_ip: String,
    /// The golden image that it is a clone of.
    golden_volume_uri: String,
    deployment_cluster_uri: &'static str,
    /// The server profile that it belongs to.
    stateless_server_uri: String,
    /// The server profile that it belongs to.
    dependent_artifacts: Vec<NamedUri>,
    /// The deployment plan that made it.
    deployment_plan_uri: String,
    /// The versions of everything that made it.
    artifacts: Vec<Used>,
    /// What came of its last boot test.
    boot_test: Option<BootTestWire>,
}

/// An artifact in the version that was used.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Used {
    name: String,
    uri: String,
    version: u64,
}

impl From<Pin> for Used {
    fn from(pin: Pin) -> Self {
        Self {
            uri: pin.kind.uri(&pin.id),
            name: pin.name,
            version: pin.version,
        }
    }
}

impl Wire {
    /// `servers` are the names of server profiles.
    pub(super) fn new(
        stored: Stored<OsVolume>,
        servers: &BTreeMap<Id, String>,
        portals: &[Portal],
    ) -> Self {
        let volume = stored.body;
        let export = volume.export.as_ref();
        let server = export.map(|export| Kind::ServerProfiles.uri(&export.server_profile));
        let dependents = export.into_iter().filter_map(|export| {
            let name = servers.get(&export.server_profile)?.clone();
            let uri = Kind::ServerProfiles.uri(&export.server_profile);
            Some(NamedUri { name, uri })
        });
        let golden = volume.golden_image;
        Self {
            type_name: TYPE,
            category: Kind::OsVolumes.as_str(),
            uri: Kind::OsVolumes.uri(&stored.id),
            id: stored.id.to_string(),
            name: volume.name,
            description: volume.description,
            state: volume.state,
            status: match volume.state {
                State::Ok => "OK",
                State::Creating => "Warning",
                State::Error => "Critical",
            },
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            size: volume.size,
            oe_volume_id: stored.id.to_string(),
            oe_volume_iqn: export.map_or_else(String::new, |export| export.target.clone()),
            oe_volume_ip: export.map_or_else(String::new, |_| first_address(portals)),
            golden_volume_uri: golden.map_or_else(String::new, |id| Kind::GoldenImages.uri(&id)),
            deployment_cluster_uri: "",
            stateless_server_uri: server.unwrap_or_default(),
            dependent_artifacts: dependents.collect(),
            deployment_plan_uri: Kind::DeploymentPlans.uri(&volume.deployment_plan),
            artifacts: volume.pins.into_iter().map(Used::from).collect(),
            boot_test: volume
                .boot_test
                .map(|test| BootTestWire::new(test, &Kind::OsVolumes.uri(&stored.id))),
        }
    }
}

fn first_address(portals: &[Portal]) -> String {
    let first = portals.first();
    first.map_or_else(String::new, |portal| portal.0.ip().to_string())
}

/// A deployment that is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OsVolumeRequest)]
pub(super) struct Input {
    /// The volume's name; `OSVolume-1` and so on when there is none.
    name: Option<String>,
    /// What it is for.
    description: Option<String>,
    /// The deployment plan.
    deployment_plan_uri: String,
    /// Values of attributes; a field of a nic is `NIC1.ipaddress`.
    #[serde(default)]
    os_custom_attributes: Vec<Value>,
    /// From what everything unique is derived; a random one when there is none. As secret as the
    /// keys that are derived from it.
    seed: Option<String>,
}

/// A value of an attribute.
#[derive(Deserialize, ToSchema)]
#[schema(as = OsCustomAttribute)]
struct Value {
    /// The attribute.
    name: String,
    /// Its value; an empty one is none.
    #[schema(value_type = Option<String>)]
    value: Option<Text>,
}

impl Input {
    /// What is to be deployed.
    ///
    /// # Errors
    /// 400 for a name that cannot be, or a URI of something else.
    pub(super) fn request(self) -> Result<DeployRequest, ApiError> {
        let uri = self.deployment_plan_uri;
        let plan = artifact::reference("deploymentPlanUri", Kind::DeploymentPlans, &uri)?;
        let name = self.name.map(|name| artifact::name(Some(name), None));
        let settings = self.os_custom_attributes.into_iter();
        Ok(DeployRequest {
            deployment_plan: plan,
            name: name.transpose()?,
            description: self.description,
            settings: settings.map(Setting::from).collect(),
            seed: self.seed.filter(|seed| !seed.is_empty()).map(Seed),
        })
    }
}

impl From<Value> for Setting {
    fn from(value: Value) -> Self {
        Self {
            name: value.name,
            value: value.value.map_or_else(String::new, |text| text.0),
        }
    }
}
