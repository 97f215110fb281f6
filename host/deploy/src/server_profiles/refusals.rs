//! What is refused before anything is made.

use crate::os_volumes::{DeployError, Setting};
use mintage_records::model::{PowerState, ServerHardware, ServerProfile};
use mintage_records::{Change, Id, Kind};
use mintage_volume::escape::escape;

/// A server that runs loses its disk only by force. What is known of its power may be old; whether it uses
/// its volume is asked besides, when it is taken away.
pub(super) fn refuse_running(
    change: &mut Change<'_>,
    profile: &ServerProfile,
    force: bool,
) -> Result<(), DeployError> {
    let hardware = match (&profile.server_hardware, &profile.os_volume) {
        (Some(hardware), Some(_)) if !force => change.get::<ServerHardware>(hardware)?.body,
        _ => return Ok(()),
    };
    if hardware.power_state != PowerState::On {
        return Ok(());
    }
    let name = escape(hardware.name.as_bytes());
    Err(DeployError::conflict(
        "SERVER_RUNNING",
        format!("server hardware `{name}` is powered on"),
        "Shut the server down, or ask with `force=true`: its disk is cut off then.",
    ))
}

/// A value that is given twice would be one of them by chance.
pub(super) fn refuse_twice(settings: &[Setting]) -> Result<(), DeployError> {
    let mut names = std::collections::BTreeSet::new();
    match settings.iter().find(|setting| !names.insert(&setting.name)) {
        None => Ok(()),
        Some(twice) => {
            let name = escape(twice.name.as_bytes());
            let message = format!("attribute `{name}` is given twice");
            Err(DeployError::refused(
                "ATTRIBUTE_TWICE",
                message,
                "Give each attribute once.",
            ))
        }
    }
}

/// Hardware is one server.
pub(super) fn refuse_taken_hardware(
    change: &mut Change<'_>,
    id: &Id,
    profile: &ServerProfile,
) -> Result<(), DeployError> {
    let Some(hardware) = &profile.server_hardware else {
        return Ok(());
    };
    let stored = change.get::<ServerHardware>(hardware)?;
    let users = change.used_by(Kind::ServerHardware, hardware)?;
    let mut others = users
        .iter()
        .filter(|user| user.kind == Kind::ServerProfiles && user.id != *id);
    match others.next() {
        None => Ok(()),
        Some(other) => Err(DeployError::conflict(
            "HARDWARE_IN_USE",
            format!(
                "server hardware `{}` is assigned to server profile `{}`",
                escape(stored.body.name.as_bytes()),
                escape(other.name.as_bytes())
            ),
            "Unassign that profile first, or choose other hardware.",
        )),
    }
}
