//! A server on the wire.

use crate::resources::artifact::NamedUri;
use crate::resources::attributes::MASK;
use crate::resources::server_hardware_types;
use mintage_records::model::{Bmc, BmcTrust, BootMethod, Health, Port, PowerState, ServerHardware};
use mintage_records::{Kind, Stored, Use};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const TYPE: &str = "server-hardware-12";

/// What is the same in all servers.
pub(super) const CONSTANTS: [(&str, &str); 2] =
    [("category", Kind::ServerHardware.as_str()), ("type", TYPE)];

/// A server.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServerHardware)]
pub(super) struct Wire {
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    id: String,
    name: String,
    /// Whether a profile is assigned to it.
    state: &'static str,
    /// `OK`, `Warning`, `Critical`, `Unknown`, as last known.
    status: &'static str,
    created: String,
    modified: String,
    e_tag: String,
    uuid: Option<String>,
    serial_number: Option<String>,
    model: Option<String>,
    short_model: Option<String>,
    position: Option<String>,
    /// Its network ports, in the order in which profiles use them.
    ports: Vec<PortWire>,
    /// The same, as OneView writes them.
    port_map: PortMap,
    /// The iSCSI name that its firmware has.
    initiator: Option<String>,
    /// `On`, `Off`, `Unknown`, as last known.
    power_state: &'static str,
    memory_mb: Option<u64>,
    processor_count: Option<u64>,
    rom_version: Option<String>,
    /// When what is known of it was last asked of its BMC.
    refreshed: Option<String>,
    refresh_state: &'static str,
    server_hardware_type_uri: String,
    server_group_uri: Option<String>,
    server_profile_uri: Option<String>,
    mp_host_info: Option<MpHostInfo>,
    /// Where its BMC answers.
    hostname: Option<String>,
    username: Option<String>,
    /// Never shown.
    password: Option<&'static str>,
    system_path: Option<String>,
    bmc_trust: Option<String>,
    /// `iscsi`, `pxe`, or the address of a program.
    boot_method: Option<String>,
    associated_profiles: Vec<NamedUri>,
}

/// A network port.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[schema(as = ServerPort)]
pub(super) struct PortWire {
    /// What profiles name it by.
    pub(super) id: String,
    /// Its address.
    pub(super) mac: String,
}

/// The ports as OneView writes them.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PortMap)]
struct PortMap {
    device_slots: Vec<DeviceSlot>,
}

/// A network card.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeviceSlot)]
struct DeviceSlot {
    device_name: &'static str,
    location: &'static str,
    slot_number: u32,
    physical_ports: Vec<PhysicalPort>,
}

/// A port of a card.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PhysicalPort)]
struct PhysicalPort {
    #[serde(rename = "type")]
    type_name: &'static str,
    port_number: usize,
    physical_port_number: usize,
    interconnect_port: usize,
    name: String,
    mac: String,
}

/// Where its BMC answers, as OneView writes it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MpHostInfo)]
struct MpHostInfo {
    mp_host_name: String,
    mp_ip_addresses: Vec<MpAddress>,
}

/// An address of a BMC.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MpAddress)]
struct MpAddress {
    address: String,
    #[serde(rename = "type")]
    type_name: &'static str,
}

impl Wire {
    pub(super) fn new(stored: Stored<ServerHardware>, users: Vec<Use>) -> Self {
        let server = stored.body;
        let mut users = users;
        users.retain(|user| user.kind == Kind::ServerProfiles);
        let profile = users.first().map(|user| user.kind.uri(&user.id));
        let bmc = server.bmc.as_ref();
        Self {
            type_name: TYPE,
            category: Kind::ServerHardware.as_str(),
            uri: Kind::ServerHardware.uri(&stored.id),
            id: stored.id.to_string(),
            state: match profile {
                Some(_) => "ProfileApplied",
                None => "NoProfileApplied",
            },
            status: status(server.health),
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            uuid: server.uuid,
            serial_number: server.serial_number,
            short_model: server.model.clone(),
            server_hardware_type_uri: server_hardware_types::uri(server.model.as_deref()),
            model: server.model,
            position: server.position,
            ports: server.ports.iter().map(PortWire::from).collect(),
            port_map: PortMap::new(&server.ports),
            initiator: server.initiator,
            power_state: power_state(server.power_state),
            memory_mb: server.memory_mb,
            processor_count: server.processor_count,
            rom_version: server.rom_version,
            refreshed: server.refreshed.map(|time| time.to_string()),
            refresh_state: "NotRefreshing",
            server_group_uri: None,
            server_profile_uri: profile,
            mp_host_info: bmc.map(MpHostInfo::new),
            hostname: bmc.map(|bmc| bmc.url.clone()),
            username: bmc.map(|bmc| bmc.user.clone()),
            password: bmc.map(|_| MASK),
            system_path: bmc.and_then(|bmc| bmc.system.clone()),
            bmc_trust: bmc.map(|bmc| trust(&bmc.trust)),
            boot_method: bmc.map(|bmc| boot_method(&bmc.boot_method)),
            associated_profiles: users.into_iter().map(NamedUri::from).collect(),
            name: server.name,
        }
    }
}

impl From<&Port> for PortWire {
    fn from(port: &Port) -> Self {
        Self {
            id: port.id.clone(),
            mac: port.mac.to_string(),
        }
    }
}

impl PortMap {
    fn new(ports: &[Port]) -> Self {
        let ports = ports.iter().enumerate().map(|(place, port)| PhysicalPort {
            type_name: "Ethernet",
            port_number: place + 1,
            physical_port_number: place + 1,
            interconnect_port: 0,
            name: port.id.clone(),
            mac: port.mac.to_string(),
        });
        let slot = DeviceSlot {
            device_name: "Ethernet",
            location: "Lom",
            slot_number: 1,
            physical_ports: ports.collect(),
        };
        Self {
            device_slots: vec![slot],
        }
    }
}

impl MpHostInfo {
    fn new(bmc: &Bmc) -> Self {
        let host = bmc.url.split_once("://").map_or("", |(_, rest)| rest);
        let address = MpAddress {
            address: host.to_owned(),
            type_name: "Static",
        };
        Self {
            mp_host_name: host.to_owned(),
            mp_ip_addresses: vec![address],
        }
    }
}

fn status(health: Health) -> &'static str {
    match health {
        Health::Ok => "OK",
        Health::Warning => "Warning",
        Health::Critical => "Critical",
        Health::Unknown => "Unknown",
    }
}

fn power_state(state: PowerState) -> &'static str {
    match state {
        PowerState::On => "On",
        PowerState::Off => "Off",
        PowerState::Unknown => "Unknown",
    }
}

/// As [`Input`](super::Input) takes it.
fn boot_method(method: &BootMethod) -> String {
    match method {
        BootMethod::Iscsi => "iscsi".to_owned(),
        BootMethod::Pxe => "pxe".to_owned(),
        BootMethod::Http { uri } => uri.clone(),
    }
}

/// As [`Input`](super::Input) takes it.
fn trust(trust: &BmcTrust) -> String {
    match trust {
        BmcTrust::System => "system".to_owned(),
        BmcTrust::Insecure => "insecure".to_owned(),
        BmcTrust::Fingerprint { sha256 } => format!("sha256:{sha256}"),
        BmcTrust::Authority { pem } => pem.clone(),
    }
}
