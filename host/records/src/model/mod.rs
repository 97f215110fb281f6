//! The documents that the store keeps. Where a member means the same as one of the wire's, it has the
//! wire's name; references are ids here and URIs there.

mod alert;
mod allocated_address;
mod artifact_bundle;
mod attribute;
mod backup;
mod boot_test;
mod build_plan;
mod deployment_group;
mod deployment_plan;
mod deployment_server;
mod ethernet_network;
mod golden_image;
mod ipv4_range;
mod ipv4_subnet;
mod mac_address;
mod os_deployment;
mod os_volume;
mod plan_script;
mod server_hardware;
mod server_profile;
mod server_profile_template;
mod task;

pub use alert::{Alert, Severity};
pub use allocated_address::AllocatedAddress;
pub use artifact_bundle::{ArtifactBundle, BundleEntry};
pub use attribute::{AttributeValue, CustomAttribute, SettableAttribute};
pub use backup::Backup;
pub use boot_test::BootTest;
pub use build_plan::{BuildPlan, BuildStep};
pub use deployment_group::DeploymentGroup;
pub use deployment_plan::DeploymentPlan;
pub use deployment_server::DeploymentServer;
pub use ethernet_network::EthernetNetwork;
pub use golden_image::{DeclaredUpload, GoldenImage, Provenance};
pub use ipv4_range::{AddressFragment, Ipv4Range};
pub use ipv4_subnet::Ipv4Subnet;
pub use mac_address::MacAddress;
pub use os_deployment::{GivenAttribute, OsDeployment};
pub use os_volume::{OsVolume, Pin, VolumeExport};
pub use plan_script::{Language, PlanScript, PlanType};
pub use server_hardware::{Bmc, BmcTrust, BootMethod, Health, Port, PowerState, ServerHardware};
pub use server_profile::{EarlierVolume, ProfileState, ServerIdentity, ServerProfile};
pub use server_profile_template::ServerProfileTemplate;
pub use task::{LogLine, Step, StepState, Task, TaskError, TaskState};

use serde::{Deserialize, Serialize};

/// Whether an artifact or volume can be used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// A task is making it.
    #[serde(rename = "CREATING")]
    Creating,
    /// It can be used.
    #[default]
    #[serde(rename = "OK")]
    Ok,
    /// Making it failed; it can only be deleted.
    #[serde(rename = "ERROR")]
    Error,
}
