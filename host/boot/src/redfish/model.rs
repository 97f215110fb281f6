//! What of a BMC's answers is read: the parts of the Redfish schemas that power and boot need. Whatever
//! else is there is passed over; what has another type is an error.

use serde::Deserialize;

/// A reference to a resource.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Link {
    /// Its path.
    #[serde(rename = "@odata.id")]
    pub id: String,
}

/// The schemas' collections, `ComputerSystemCollection` for one.
#[derive(Debug, Deserialize)]
pub(super) struct Collection {
    #[serde(rename = "Members")]
    members: Vec<Link>,
}

impl Collection {
    /// The paths of at most `most` members.
    pub(super) fn paths(self, most: usize) -> Vec<String> {
        let links = self.members.into_iter().take(most);
        links.map(|link| link.id).collect()
    }
}

/// The schema `ComputerSystem`.
#[derive(Debug, Deserialize)]
pub(super) struct System {
    #[serde(rename = "@odata.id")]
    pub id: String,
    #[serde(rename = "@odata.etag")]
    pub etag: Option<String>,
    #[serde(rename = "UUID")]
    pub uuid: Option<String>,
    #[serde(rename = "PowerState")]
    pub power_state: Option<String>,
    #[serde(rename = "Boot", default)]
    pub boot: BootOverride,
    #[serde(rename = "Actions", default)]
    pub actions: Actions,
    #[serde(rename = "NetworkInterfaces")]
    pub network_interfaces: Option<Link>,
}

/// `Boot` of a `ComputerSystem`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct BootOverride {
    #[serde(rename = "BootSourceOverrideTarget")]
    pub target: Option<String>,
    #[serde(rename = "BootSourceOverrideEnabled")]
    pub enabled: Option<String>,
    #[serde(rename = "BootSourceOverrideTarget@Redfish.AllowableValues")]
    pub allowed: Option<Vec<String>>,
}

/// `Actions` of a `ComputerSystem`.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Actions {
    #[serde(rename = "#ComputerSystem.Reset")]
    pub reset: Option<Reset>,
}

/// The action that switches the power.
#[derive(Debug, Deserialize)]
pub(super) struct Reset {
    pub target: String,
    #[serde(rename = "ResetType@Redfish.AllowableValues")]
    pub allowed: Option<Vec<String>>,
}

/// The schema `NetworkInterface`.
#[derive(Debug, Deserialize)]
pub(super) struct NetworkInterface {
    #[serde(rename = "NetworkDeviceFunctions")]
    pub functions: Option<Link>,
}

/// The schema `NetworkDeviceFunction`.
#[derive(Debug, Deserialize)]
pub(super) struct NetworkDeviceFunction {
    #[serde(rename = "@odata.id")]
    pub id: String,
    #[serde(rename = "@odata.etag")]
    pub etag: Option<String>,
    #[serde(rename = "iSCSIBoot")]
    pub iscsi_boot: Option<serde_json::Map<String, serde_json::Value>>,
    #[serde(rename = "@Redfish.Settings")]
    pub settings: Option<Settings>,
}

/// Where settings are written that hold from the next start on.
#[derive(Debug, Deserialize)]
pub(super) struct Settings {
    #[serde(rename = "SettingsObject")]
    pub object: Link,
}
