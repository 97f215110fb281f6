//! The power of servers: who controls that of one, by what is known of its BMC.

use crate::os_volumes::DeployError;
use mintage_boot::power::{PowerControl, PowerError};
use mintage_boot::redfish::{self, BmcPassword, Redfish, SystemChoice, Trust};
use mintage_records::model::{BmcTrust, ServerHardware};
use mintage_records::{Sealer, Stored};
use std::fs;

/// Where Debian, and what descends from it, has the authorities that the machine trusts.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Who controls the power of a server. Its calls wait for the BMC: they belong on a thread that may.
///
/// # Errors
/// `Conflict` for a server without a BMC, and for one whose settings cannot be; `Records` when its
/// password cannot be opened.
pub fn control(
    server: &Stored<ServerHardware>,
    sealer: &Sealer,
) -> Result<Box<dyn PowerControl>, DeployError> {
    let name = &server.body.name;
    let bmc = server.body.bmc.as_ref().ok_or_else(|| {
        DeployError::conflict(
            "NO_BMC",
            format!("server `{name}` has no BMC"),
            "Set `hostname`, `username` and `password` of the server, or switch it by hand.",
        )
    })?;
    let trust = match &bmc.trust {
        BmcTrust::Insecure => Trust::Insecure,
        BmcTrust::Fingerprint { sha256 } => Trust::Pinned(sha256.clone()),
        BmcTrust::Authority { pem } => Trust::Authorities(pem.clone()),
        BmcTrust::System => {
            Trust::Authorities(fs::read_to_string(AUTHORITIES).map_err(|error| {
                tracing::warn!(%error, "the machine's authorities cannot be read");
                DeployError::conflict(
                    "BMC",
                    "this machine has no list of authorities that it trusts",
                    "Install the package ca-certificates, or set `bmcTrust` of the server.",
                )
            })?)
        }
    };
    let system = match &bmc.system {
        Some(path) => SystemChoice::Path(path.clone()),
        None => SystemChoice::Only,
    };
    let settings = redfish::Bmc {
        url: bmc.url.clone(),
        user: bmc.user.clone(),
        password: BmcPassword::new(sealer.open(&bmc.password)?.as_str()),
        trust,
        system,
    };
    let control = Redfish::new(&settings).map_err(|error| failed(&error))?;
    Ok(Box::new(control))
}

/// What a BMC did not do.
pub fn failed(error: &PowerError) -> DeployError {
    DeployError::conflict("BMC", error.to_string(), error.help())
}
