//! The firmware's own iSCSI initiator: its settings are at a network device function of the system
//! (schema `NetworkDeviceFunction`, `iSCSIBoot`).

use super::connection::Call;
use super::model::{Collection, NetworkDeviceFunction, NetworkInterface, System};
use crate::power::{IscsiBoot, PowerError, Result};
use mintage_storage::export::Portal;
use serde_json::{Map, Value as Json, json};

/// How many interfaces of a system, and functions of an interface, are looked at.
const MOST: usize = 16;

/// Writes `boot` where the system's first function with iSCSI has its settings.
pub(super) fn set(call: &Call<'_>, system: &System, boot: &IscsiBoot) -> Result<()> {
    let function = function(call, system)?.ok_or_else(|| PowerError::Unsupported {
        address: call.address(),
        what: "boot over iSCSI: no network device of the system has settings for it".into(),
    })?;
    let body = json!({ "iSCSIBoot": settings(boot)? });
    // Settings of the next start are a resource of their own, where the BMC has one; its etag is not known.
    let (path, etag) = match &function.settings {
        Some(settings) => (&settings.object.id, None),
        None => (&function.id, function.etag.as_deref()),
    };
    call.patch_secret(path, etag, &body, "set its iSCSI initiator")
}

fn function(call: &Call<'_>, system: &System) -> Result<Option<NetworkDeviceFunction>> {
    let Some(interfaces) = &system.network_interfaces else {
        return Ok(None);
    };
    let interfaces: Collection = call.get(&interfaces.id)?;
    for interface in interfaces.paths(MOST) {
        let interface: NetworkInterface = call.get(&interface)?;
        let Some(functions) = interface.functions else {
            continue;
        };
        let functions: Collection = call.get(&functions.id)?;
        for path in functions.paths(MOST) {
            let function: NetworkDeviceFunction = call.get(&path)?;
            if function.iscsi_boot.is_some() {
                return Ok(Some(function));
            }
        }
    }
    Ok(None)
}

fn settings(boot: &IscsiBoot) -> Result<Map<String, Json>> {
    let mut portals = boot.portals.iter();
    let first = portals
        .next()
        .ok_or_else(|| PowerError::Settings("a boot over iSCSI needs a portal".into()))?;
    let kind = if first.0.is_ipv4() { "IPv4" } else { "IPv6" };
    let mut all = Map::from_iter([
        ("IPAddressType".to_owned(), json!(kind)),
        ("InitiatorName".to_owned(), json!(boot.initiator.as_str())),
        ("TargetInfoViaDHCP".to_owned(), json!(false)),
        ("AuthenticationMethod".to_owned(), json!(method(boot))),
    ]);
    add_target(&mut all, "Primary", boot, *first);
    if let Some(second) = portals.next() {
        add_target(&mut all, "Secondary", boot, *second);
    }
    let accounts = [("CHAP", &boot.chap), ("MutualCHAP", &boot.mutual)];
    for (name, chap) in accounts {
        let Some(chap) = chap else { continue };
        all.insert(format!("{name}Username"), json!(chap.user));
        all.insert(format!("{name}Secret"), json!(chap.secret.expose()));
    }
    Ok(all)
}

fn add_target(all: &mut Map<String, Json>, which: &str, boot: &IscsiBoot, portal: Portal) {
    let target = [
        ("TargetName", json!(boot.target.as_str())),
        ("TargetIPAddress", json!(portal.0.ip().to_string())),
        ("TargetTCPPort", json!(portal.0.port())),
        ("LUN", json!(boot.lun)),
    ];
    all.extend(target.map(|(name, value)| (format!("{which}{name}"), value)));
}

fn method(boot: &IscsiBoot) -> &'static str {
    match (&boot.chap, &boot.mutual) {
        (None, _) => "None",
        (Some(_), None) => "CHAP",
        (Some(_), Some(_)) => "MutualCHAP",
    }
}
