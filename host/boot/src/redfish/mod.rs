//! [`Redfish`]: the power of a server by its BMC, which speaks Redfish (DMTF DSP0266).
//!
//! Everything that a BMC answers is distrusted: its length, its time, its types, and where it points to.

mod answer;
mod connection;
mod iscsi;
mod model;
mod settings;
mod tls;

pub use settings::{Bmc, BmcPassword, SystemChoice, Trust};

use crate::power::{
    Boot, BootKind, BootNow, BootTarget, Manner, Power, PowerControl, PowerError, PowerState,
    Result, Times,
};
use answer::text_of;
use connection::{Call, Connection};
use model::{BootOverride, Collection, System};
use serde_json::{Map, Value as Json, json};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Where every Redfish service has its systems (DSP0266, 6.2 and the schema `ServiceRoot`).
const SYSTEMS: &str = "/redfish/v1/Systems";
/// How many systems of one BMC are looked at.
const MAX_SYSTEMS: usize = 64;

/// The power of one server by its BMC. A call takes at most a minute.
pub struct Redfish {
    connection: Connection,
    choice: SystemChoice,
    /// The path of the system, once it has been found.
    found: Mutex<Option<String>>,
}

impl fmt::Debug for Redfish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redfish")
            .field("address", &self.connection.address())
            .field("system", &self.choice)
            .finish_non_exhaustive()
    }
}

impl Redfish {
    /// The server of this BMC. Nothing is asked yet.
    ///
    /// # Errors
    /// `Settings`.
    pub fn new(bmc: &Bmc) -> Result<Self> {
        Ok(Self {
            connection: Connection::new(bmc)?,
            choice: bmc.system.clone(),
            found: Mutex::new(None),
        })
    }

    /// The system as it is now.
    fn system(&self, call: &Call<'_>) -> Result<System> {
        let known = self.found().clone();
        if let Some(path) = known {
            return call.get(&path);
        }
        let system = match &self.choice {
            SystemChoice::Path(path) => call.get(path)?,
            SystemChoice::Only => only(call)?,
            SystemChoice::Uuid(uuid) => by_uuid(call, uuid)?,
        };
        let path = call.path(&system.id)?.to_owned();
        *self.found() = Some(path);
        Ok(system)
    }

    fn found(&self) -> MutexGuard<'_, Option<String>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn patch_boot(&self, call: &Call<'_>, system: &System, change: Json) -> Result<()> {
        let body = json!({ "Boot": change });
        call.patch(
            &system.id,
            system.etag.as_deref(),
            &body,
            "set what it boots from",
        )
    }
}

impl PowerControl for Redfish {
    fn state(&self) -> Result<PowerState> {
        let call = self.connection.call();
        let system = self.system(&call)?;
        state_of(&call, &system)
    }

    fn power(&self, power: Power) -> Result<()> {
        let call = self.connection.call();
        let system = self.system(&call)?;
        let Some(wanted) = resets(power, state_of(&call, &system)?) else {
            return Ok(());
        };
        let reset = system.actions.reset;
        let reset = reset.ok_or_else(|| call.unsupported("switch the power of this system"))?;
        let taken = match &reset.allowed {
            Some(allowed) => wanted.iter().find(|one| allowed.iter().any(|a| a == **one)),
            None => wanted.first(),
        };
        let taken =
            taken.ok_or_else(|| call.unsupported(&format!("do {}", wanted.join(" or "))))?;
        let body = json!({ "ResetType": taken });
        call.post(&reset.target, &body, &format!("do {taken}"))
    }

    fn set_boot(&self, boot: &Boot) -> Result<()> {
        let call = self.connection.call();
        let system = self.system(&call)?;
        let target = target_name(&boot.target);
        if let Some(allowed) = &system.boot.allowed
            && !allowed.iter().any(|one| one == target)
            && target != "None"
        {
            return Err(call.unsupported(&format!("boot from {target}")));
        }
        let mut change = Map::from_iter([
            ("BootSourceOverrideTarget".to_owned(), json!(target)),
            ("BootSourceOverrideEnabled".to_owned(), json!(enabled(boot))),
        ]);
        match &boot.target {
            BootTarget::UefiHttp { uri } => {
                change.insert("HttpBootUri".to_owned(), json!(uri));
            }
            BootTarget::Iscsi(settings) => iscsi::set(&call, &system, settings)?,
            BootTarget::Pxe | BootTarget::Disk | BootTarget::None => {}
        }
        self.patch_boot(&call, &system, Json::Object(change))
    }

    fn boot(&self) -> Result<Option<BootNow>> {
        let call = self.connection.call();
        Ok(boot_of(&self.system(&call)?.boot))
    }
}

fn target_name(target: &BootTarget) -> &'static str {
    match target {
        BootTarget::Pxe => "Pxe",
        BootTarget::UefiHttp { .. } => "UefiHttp",
        BootTarget::Iscsi(_) => "RemoteDrive",
        BootTarget::Disk => "Hdd",
        BootTarget::None => "None",
    }
}

fn enabled(boot: &Boot) -> &'static str {
    match (&boot.target, boot.times) {
        (BootTarget::None, _) => "Disabled",
        (_, Times::Once) => "Once",
        (_, Times::Continuous) => "Continuous",
    }
}

/// Which resets do what is wanted, the best first; none when it is so already.
fn resets(power: Power, state: PowerState) -> Option<&'static [&'static str]> {
    let is_off = matches!(state, PowerState::Off);
    let is_on = matches!(state, PowerState::On | PowerState::PoweringOn);
    match power {
        Power::On if is_on => None,
        Power::On => Some(&["On", "ForceOn"]),
        Power::Off(_) if is_off => None,
        Power::Off(Manner::Graceful) => Some(&["GracefulShutdown"]),
        Power::Off(Manner::Forced) => Some(&["ForceOff"]),
        Power::Restart(_) if is_off => Some(&["On", "ForceOn"]),
        Power::Restart(Manner::Graceful) => Some(&["GracefulRestart"]),
        Power::Restart(Manner::Forced) => Some(&["ForceRestart", "PowerCycle"]),
    }
}

fn state_of(call: &Call<'_>, system: &System) -> Result<PowerState> {
    match system.power_state.as_deref() {
        Some("On") => Ok(PowerState::On),
        Some("Off") => Ok(PowerState::Off),
        Some("PoweringOn") => Ok(PowerState::PoweringOn),
        Some("PoweringOff") => Ok(PowerState::PoweringOff),
        other => Err(call.odd(format!(
            "its power is `{}`",
            text_of(other.unwrap_or_default())
        ))),
    }
}

fn boot_of(boot: &BootOverride) -> Option<BootNow> {
    let times = match boot.enabled.as_deref() {
        Some("Once") => Times::Once,
        Some("Continuous") => Times::Continuous,
        _ => return None,
    };
    let kind = match boot.target.as_deref() {
        None | Some("None") => return None,
        Some("Pxe") => BootKind::Pxe,
        Some("UefiHttp") => BootKind::UefiHttp,
        Some("RemoteDrive") => BootKind::Iscsi,
        Some("Hdd") => BootKind::Disk,
        Some(_) => BootKind::Other,
    };
    Some(BootNow { kind, times })
}

fn members(call: &Call<'_>) -> Result<Vec<String>> {
    let systems: Collection = call.get(SYSTEMS)?;
    Ok(systems.paths(MAX_SYSTEMS))
}

fn only(call: &Call<'_>) -> Result<System> {
    match members(call)?.as_slice() {
        [only] => call.get(only),
        [] => Err(call.no_server("it has none".into())),
        several => Err(call.no_server(format!(
            "it has {}, and none is chosen: {}",
            several.len(),
            text_of(&several.join(", "))
        ))),
    }
}

fn by_uuid(call: &Call<'_>, uuid: &str) -> Result<System> {
    for path in members(call)? {
        let system: System = call.get(&path)?;
        let same = |one: &String| one.eq_ignore_ascii_case(uuid);
        if system.uuid.as_ref().is_some_and(same) {
            return Ok(system);
        }
    }
    Err(call.no_server(format!("none has the UUID `{}`", text_of(uuid))))
}

impl Call<'_> {
    fn unsupported(&self, what: &str) -> PowerError {
        PowerError::Unsupported {
            address: self.address(),
            what: what.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
