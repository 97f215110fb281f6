//! `service`: the units of systemd, and the scripts of `/etc/init.d` where there is no unit.

mod files;
mod functions;
mod install;
mod links;
mod name;
mod preset;
mod state;
mod sysv;
#[cfg(test)]
mod tests;
mod unit;

use crate::os;
use crate::values::shorten;
use mintage_engine::nearest::nearest;
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::VolumeTree;
use name::UnitName;
use preset::{Preset, Presets};
use rhai::Module;
use unit::{SearchPath, Unit};

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(functions::exported);
    module.set_doc("Enables, disables, masks and writes units of systemd: services, timers, sockets and the rest.");
    module
}

/// What a script's name for a unit leads to.
struct Found {
    search: SearchPath,
    /// The name as it was given, whole.
    asked: UnitName,
    unit: Option<Unit>,
}

impl Found {
    fn of(tree: &VolumeTree, given: &str) -> Result<Self, PlanError> {
        let asked = UnitName::parse(given)?;
        let search = SearchPath::of(tree)?;
        let unit = search.find(tree, &asked)?;
        Ok(Self {
            search,
            asked,
            unit,
        })
    }

    /// The name of the script in `/etc/init.d` that stands for the unit, or stands beside it.
    fn script(&self, tree: &VolumeTree) -> Result<Option<&str>, PlanError> {
        let name = self.unit.as_ref().map_or(&self.asked, |unit| &unit.name);
        let is_plain = name.kind() == "service" && name.instance().is_none();
        Ok(match is_plain && sysv::exists(tree, name.stem())? {
            true => Some(name.stem()),
            false => None,
        })
    }

    fn missing(&self, tree: &VolumeTree) -> Result<PlanError, PlanError> {
        let shown = self.asked.as_str();
        let error = PlanError::new(Code::P3001, format!("the volume has no unit `{shown}`"));
        let all = self.search.all(tree)?;
        let near = nearest(shown, all.iter().map(UnitName::as_str));
        Ok(match near {
            Some(near) => error.help(format!("did you mean `{near}`?")),
            None => error.help("is the package installed that brings it?"),
        })
    }
}

fn enable(tree: &mut VolumeTree, given: &str) -> Result<bool, PlanError> {
    let found = Found::of(tree, given)?;
    let script = found.script(tree)?;
    let Some(unit) = &found.unit else {
        return match script {
            Some(script) => sysv::set(tree, script, true),
            None => Err(found.missing(tree)?),
        };
    };
    refuse_masked(unit)?;
    let has_changed = links::enable(tree, &found.search, unit)?;
    Ok(turn_script(tree, script, true)? || has_changed)
}

fn disable(tree: &mut VolumeTree, given: &str) -> Result<bool, PlanError> {
    let found = Found::of(tree, given)?;
    let script = found.script(tree)?;
    if let (None, Some(script)) = (&found.unit, script) {
        return sysv::set(tree, script, false);
    }
    let has_changed = links::disable(tree, &found.search, &found.asked, found.unit.as_ref())?;
    Ok(turn_script(tree, script, false)? || has_changed)
}

/// Debian's systemctl keeps the script of a service that also has a unit as the unit is.
fn turn_script(tree: &mut VolumeTree, script: Option<&str>, on: bool) -> Result<bool, PlanError> {
    match script {
        Some(script) if os::family(tree)? == "debian" => match sysv::set(tree, script, on) {
            // A script that no run level starts is nothing to turn.
            Err(error) if error.code == Code::P2016 => Ok(false),
            result => result,
        },
        _ => Ok(false),
    }
}

fn refuse_masked(unit: &Unit) -> Result<(), PlanError> {
    if !unit.is_masked {
        return Ok(());
    }
    let name = unit.name.as_str();
    let error = PlanError::new(Code::P2013, format!("`{name}` is masked"));
    Err(error
        .at(&unit.path)
        .help(format!("unmask it first: `service::unmask(\"{name}\")`")))
}

/// The unit's own name, whatever it was called.
fn own_name(tree: &VolumeTree, given: &str) -> Result<UnitName, PlanError> {
    let found = Found::of(tree, given)?;
    Ok(found.unit.map_or(found.asked, |unit| unit.name))
}

fn state(tree: &VolumeTree, given: &str) -> Result<&'static str, PlanError> {
    let found = Found::of(tree, given)?;
    if let Some(unit) = &found.unit {
        return state::of(tree, &found.search, unit, found.asked.as_str());
    }
    match found.script(tree)? {
        Some(script) if sysv::is_enabled(tree, script)? => Ok("enabled"),
        Some(_) => Ok("disabled"),
        None => Err(found.missing(tree)?),
    }
}

fn exists(tree: &VolumeTree, given: &str) -> Result<bool, PlanError> {
    let found = Found::of(tree, given)?;
    Ok(found.unit.is_some() || found.script(tree)?.is_some())
}

fn preset(tree: &mut VolumeTree, given: &str) -> Result<bool, PlanError> {
    let found = Found::of(tree, given)?;
    let unit = match &found.unit {
        Some(unit) => unit,
        None => return Err(found.missing(tree)?),
    };
    refuse_masked(unit)?;
    match Presets::read(tree)?.of(&unit.name) {
        Preset::Ignore => Ok(false),
        Preset::Disable => disable(tree, given),
        Preset::Enable(instances) if unit.name.is_template() && !instances.is_empty() => {
            let mut has_changed = false;
            for instance in instances {
                has_changed |= enable(tree, unit.name.with_instance(&instance).as_str())?;
            }
            Ok(has_changed)
        }
        Preset::Enable(_) if !unit.install.has_rules() && unit.install.also.is_empty() => Ok(false),
        Preset::Enable(_) => enable(tree, given),
    }
}

fn set_default_target(tree: &mut VolumeTree, given: &str) -> Result<bool, PlanError> {
    let target = if given.contains('.') {
        given.to_owned()
    } else {
        format!("{given}.target")
    };
    let name = UnitName::checked(&target).filter(|name| name.kind() == "target");
    let name = name.ok_or_else(|| {
        let shown = shorten(given);
        PlanError::new(
            Code::P2013,
            format!("`{shown}` cannot be the name of a target"),
        )
    })?;
    let found = Found::of(tree, name.as_str())?;
    match &found.unit {
        Some(unit) => {
            refuse_masked(unit)?;
            links::set_default_target(tree, unit)
        }
        None => Err(found.missing(tree)?),
    }
}
