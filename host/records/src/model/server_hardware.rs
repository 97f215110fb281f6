//! `ServerHardware`: a machine that a server profile can be assigned to.

use super::mac_address::MacAddress;
use crate::resource::{Field, Kind, Resource};
use crate::seal::Sealed;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// A machine. A server profile that is assigned to it refers to it; at most one does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerHardware {
    /// Unique among server hardware.
    pub name: String,
    /// The machine's own UUID, as its firmware has it.
    pub uuid: Option<String>,
    /// The serial number.
    pub serial_number: Option<String>,
    /// What it is: `ProLiant DL380 Gen10`.
    pub model: Option<String>,
    /// Where it stands, in words.
    pub position: Option<String>,
    /// Its network ports, in the order in which profiles use them.
    pub ports: Vec<Port>,
    /// The iSCSI name that its firmware has, where that is fixed. Else a profile brings its own.
    pub initiator: Option<String>,
    /// Whether it runs, as last known.
    pub power_state: PowerState,
    /// How it is, as last known.
    #[serde(rename = "status")]
    pub health: Health,
    /// Memory in MiB.
    pub memory_mb: Option<u64>,
    /// How many processors it has.
    pub processor_count: Option<u64>,
    /// The version of its firmware.
    pub rom_version: Option<String>,
    /// Who controls its power; none for a machine that somebody switches by hand.
    pub bmc: Option<Bmc>,
    /// When what is known of it was last asked of its BMC.
    pub refreshed: Option<Time>,
}

/// A network port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Port {
    /// What profiles name it by: `Flb 1:1-a`, `NIC.1`. Unique within the machine.
    pub id: String,
    /// Its address.
    pub mac: MacAddress,
}

/// Whether a machine runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PowerState {
    /// It runs.
    On,
    /// It does not.
    Off,
    /// Nobody has said.
    #[default]
    Unknown,
}

/// How a machine is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Health {
    /// All is well.
    #[serde(rename = "OK")]
    Ok,
    /// Somebody should look.
    Warning,
    /// Something does not work.
    Critical,
    /// Nobody has said.
    #[default]
    Unknown,
}

/// The controller of a machine that answers while the machine is off; it speaks Redfish.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bmc {
    /// Where it answers: `https://10.0.0.7`, `https://bmc:8443`.
    pub url: String,
    /// With what name to log in.
    pub user: String,
    /// With what password.
    pub password: Sealed,
    /// The path of the machine at a BMC that controls several: `/redfish/v1/Systems/1`.
    pub system: Option<String>,
    /// How it is known to be the right one.
    pub trust: BmcTrust,
    /// By what it tells its machine to boot from an OS volume.
    #[serde(default)]
    pub boot_method: BootMethod,
}

/// By what a machine comes to boot from its OS volume.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "by")]
pub enum BootMethod {
    /// The firmware's own initiator, which the BMC tells the target and the secrets.
    #[default]
    Iscsi,
    /// The network's DHCP server, which leads to the machine's iPXE script.
    Pxe,
    /// A program that the firmware gets over HTTP: an iPXE that goes to the machine's script.
    Http {
        /// Where the program is: `https://boot.example/ipxe.efi`.
        uri: String,
    },
}

/// How a BMC is known to be the right one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "by")]
pub enum BmcTrust {
    /// Its certificate is signed by an authority that the machine of the service trusts.
    #[default]
    System,
    /// Its certificate is signed by this authority.
    Authority {
        /// The certificate of the authority, as PEM.
        pem: String,
    },
    /// It shows the certificate with this fingerprint, whoever signed it.
    Fingerprint {
        /// SHA-256 of the certificate's DER, 64 hexadecimal digits in lower case.
        sha256: String,
    },
    /// Not at all: somebody between can read the password.
    Insecure,
}

impl Resource for ServerHardware {
    const KIND: Kind = Kind::ServerHardware;
    const FIELDS: &'static [Field] = &[
        Field::text("uuid"),
        Field::text("serialNumber"),
        Field::text("model"),
        Field::text("position"),
        Field::text("powerState"),
        Field::text("status"),
        Field::number("memoryMb"),
        Field::number("processorCount"),
    ];

    fn name(&self) -> &str {
        &self.name
    }
}
