//! The value of a nic attribute as interfaces.

use super::model::address::Mac;
use super::model::name::InterfaceName;
use super::model::{Declared, DeclaredKind, Key};
use super::script;
use mintage_engine::{Code, PlanError};
use rhai::{Dynamic, Map};

/// What a nic attribute says, as the interfaces to declare: the port, and a VLAN on it where the
/// nic has one. `more` are options beside it, which win.
///
/// # Errors
/// `P2006`, `P2013`.
pub(super) fn declared(
    function: &'static str,
    nic: &Map,
    more: Map,
) -> Result<Vec<(Key, Declared)>, PlanError> {
    let text = |key: &str| -> Result<Option<String>, PlanError> {
        let value = nic.get(key).filter(|value| !value.is_unit());
        let text = value.map(|value| value.clone().into_immutable_string());
        text.transpose()
            .map(|text| text.map(|text| text.to_string()))
            .map_err(|found| {
                PlanError::new(
                    Code::P2006,
                    format!("`{key}` of a nic is a string, not of type `{found}`"),
                )
            })
    };
    let mut options = Map::new();
    for (from, to) in [
        ("cidr", "addresses"),
        ("gateway", "gateway"),
        ("dns", "dns"),
        ("domain", "search"),
    ] {
        if let Some(value) = nic.get(from).filter(|value| !value.is_unit()) {
            options.insert(to.into(), value.clone());
        }
    }
    let is_dhcp = nic
        .get("dhcp")
        .is_some_and(|dhcp| dhcp.as_bool() == Ok(true));
    if is_dhcp {
        options.insert("dhcp4".into(), Dynamic::TRUE);
        options.remove("gateway");
    }
    if text("mode")?.as_deref() == Some("disabled") {
        options.clear();
    }
    options.extend(more);
    let name = text("name")?;
    let key = match (text("mac")?, &name) {
        (Some(mac), _) => Key::Mac(Mac::parse(&mac)?),
        (None, Some(name)) => Key::Name(InterfaceName::parse(name)?),
        (None, None) => {
            return Err(
                PlanError::new(Code::P2013, "the nic has neither `mac` nor `name`")
                    .help("require one of them in the build plan: `require = [\"mac\"]`"),
            );
        }
    };
    if let (Key::Mac(_), Some(name)) = (&key, name) {
        options.entry("name".into()).or_insert_with(|| name.into());
    }
    let vlan = nic.get("vlan").filter(|vlan| !vlan.is_unit()).cloned();
    let Some(vlan) = vlan else {
        return Ok(vec![(key, script::ethernet(function, options)?)]);
    };
    let mut port = Map::new();
    for key in ["name", "wake_on_lan"] {
        port.extend(options.remove_entry(key));
    }
    let port = script::ethernet(function, port)?;
    let base = match (&key, &port.kind) {
        (
            _,
            DeclaredKind::Ethernet {
                name: Some(name), ..
            },
        )
        | (Key::Name(name), _) => name.to_string(),
        _ => "vlan".to_owned(),
    };
    let separator = if base == "vlan" { "" } else { "." };
    let number = vlan.as_int().map_err(|found| {
        PlanError::new(
            Code::P2006,
            format!("`vlan` of a nic is a number, not of type `{found}`"),
        )
    })?;
    let vlan_name = InterfaceName::parse(&format!("{base}{separator}{number}"))?;
    options.insert("parent".into(), key.to_string().into());
    options.insert("id".into(), vlan);
    let tagged = script::vlan(function, &vlan_name, options)?;
    Ok(vec![(key, port), (Key::Name(vlan_name), tagged)])
}
