//! How a server is started from its volume: by its BMC, where it has one.
//!
//! The volume is there and offered whatever comes of this: what fails here is a warning of the task.

use super::ipxe::iscsi_boot;
use super::{Profiles, Replacement};
use crate::os_volumes::DeployError;
use crate::task::TaskFailure;
use mintage_boot::power::{
    Boot, BootTarget, Manner, Power, PowerControl, PowerError, PowerState, Times,
};
use mintage_boot::redfish::{self, BmcPassword, Redfish, SystemChoice, Trust};
use mintage_records::model::PowerState as KnownPower;
use mintage_records::model::{Bmc, BmcTrust, BootMethod, OsVolume, ServerHardware, ServerProfile};
use mintage_records::{Author, Match, Records, RecordsError, Sealer};
use std::fmt;

/// Where certificates of authorities are that the machine trusts, on the distributions that there are.
const AUTHORITIES: [&str; 3] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
];

/// Who opens the power control of a machine.
pub trait Controls: fmt::Debug + Send + Sync {
    /// That of the machine with this BMC. Nothing is asked yet.
    ///
    /// # Errors
    /// `Settings`.
    fn open(&self, bmc: &Bmc, sealer: &Sealer) -> Result<Box<dyn PowerControl>, PowerError>;
}

/// Speaks Redfish to BMCs.
#[derive(Debug, Clone, Copy)]
pub struct RedfishControls;

impl Controls for RedfishControls {
    fn open(&self, bmc: &Bmc, sealer: &Sealer) -> Result<Box<dyn PowerControl>, PowerError> {
        let unreadable = |_| PowerError::Settings("its password cannot be opened".to_owned());
        let password = sealer.open(&bmc.password).map_err(unreadable)?;
        let bmc = redfish::Bmc {
            url: bmc.url.clone(),
            user: bmc.user.clone(),
            password: BmcPassword::new(password.as_str()),
            trust: trust(&bmc.trust)?,
            system: bmc
                .system
                .clone()
                .map_or(SystemChoice::Only, SystemChoice::Path),
        };
        Ok(Box::new(Redfish::new(&bmc)?))
    }
}

fn trust(trust: &BmcTrust) -> Result<Trust, PowerError> {
    Ok(match trust {
        BmcTrust::Authority { pem } => Trust::Authorities(pem.clone()),
        BmcTrust::Fingerprint { sha256 } => Trust::Pinned(sha256.clone()),
        BmcTrust::Insecure => Trust::Insecure,
        BmcTrust::System => {
            let mut found = AUTHORITIES
                .iter()
                .filter_map(|path| std::fs::read_to_string(path).ok());
            let missing = "this machine has no list of authorities that it trusts";
            let missing = || PowerError::Settings(missing.to_owned());
            Trust::Authorities(found.next().ok_or_else(missing)?)
        }
    })
}

/// A machine that its BMC starts.
struct Machine {
    control: Box<dyn PowerControl>,
    method: BootMethod,
}

impl Replacement {
    /// Sets what the server boots from, and switches it on, where its hardware has a BMC and the volume
    /// or the hardware is another one.
    ///
    /// # Errors
    /// Why not: for a warning.
    pub(super) fn boot(&self, profiles: &Profiles, records: &Records) -> Result<(), TaskFailure> {
        let Some(after) = &self.after else {
            return Ok(());
        };
        let Some(machine) = profiles.machine(after, records)? else {
            return Ok(());
        };
        let is_moved = self.before.as_ref().is_none_or(|before| {
            before.server_hardware != after.server_hardware || before.os_volume != after.os_volume
        });
        let portals = profiles.exporter.portals();
        let (Some(volume), true, false) = (&after.os_volume, is_moved, portals.is_empty()) else {
            return Ok(());
        };
        let target = match machine.method {
            BootMethod::Pxe => BootTarget::Pxe,
            BootMethod::Http { uri } => BootTarget::UefiHttp { uri },
            BootMethod::Iscsi => {
                let volume = records.read(|view| view.get::<OsVolume>(volume))?;
                let export = profiles.export(&volume, &after.identity)?;
                BootTarget::Iscsi(Box::new(iscsi_boot(export, portals)))
            }
        };
        let times = Times::Continuous;
        machine
            .control
            .set_boot(&Boot { target, times })
            .map_err(failed)?;
        let power = match machine.control.state().map_err(failed)? {
            PowerState::Off | PowerState::PoweringOff => Power::On,
            _ if self.force => Power::Restart(Manner::Forced),
            PowerState::On | PowerState::PoweringOn => {
                return Err(TaskFailure::new(
                    "SERVER_RUNNING",
                    "the server is powered on: it boots from its volume when it is started anew",
                )
                .action("Start the server anew."));
            }
        };
        machine.control.power(power).map_err(failed)?;
        Ok(note_power(records, after, KnownPower::On)?)
    }
}

impl Profiles {
    /// A profile's hardware; none where somebody switches it by hand.
    fn machine(
        &self,
        profile: &ServerProfile,
        records: &Records,
    ) -> Result<Option<Machine>, TaskFailure> {
        let Some(id) = &profile.server_hardware else {
            return Ok(None);
        };
        let hardware = records.read(|view| view.get::<ServerHardware>(id))?.body;
        let Some(bmc) = hardware.bmc else {
            return Ok(None);
        };
        let control = self.controls.open(&bmc, &self.sealer).map_err(failed)?;
        let method = bmc.boot_method;
        Ok(Some(Machine { control, method }))
    }
}

/// Keeps what is known of the power of a profile's hardware.
fn note_power(
    records: &Records,
    profile: &ServerProfile,
    state: KnownPower,
) -> Result<(), RecordsError> {
    let Some(id) = &profile.server_hardware else {
        return Ok(());
    };
    records.change(&Author::service(), |change| {
        let hardware = change.get::<ServerHardware>(id)?.body;
        let body = ServerHardware {
            power_state: state,
            ..hardware
        };
        change.update(id, &Match::Any, body).map(drop)
    })
}

fn failed(error: PowerError) -> TaskFailure {
    let (message, help) = (error.to_string(), error.help());
    DeployError::failed("BOOT", message, help).into()
}
