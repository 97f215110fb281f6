//! `service`: the units of systemd, and the scripts of `/etc/init.d` where there is no unit.

mod files;
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
use rhai::plugin::*;
use unit::{SearchPath, Unit};

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
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

#[export_module]
mod exported {
    use super::{files, links, own_name};
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Dynamic, NativeCallContext};

    /// Makes a unit start with the system.
    ///
    /// A name without an ending is a service; timers, sockets and instances (`getty@ttyS0`) are
    /// enabled the same way. What is made are the links that `systemctl enable` makes, by the
    /// unit's `[Install]` section with its drop-ins, and for the units of its `Also=` too; nothing
    /// is made where one of them cannot be. A unit is also found by its aliases and by the name
    /// that other distributions give it (`ssh` and `sshd`, `cron` and `crond`, `chrony` and
    /// `chronyd`, `apache2` and `httpd`). A service that is only a script in `/etc/init.d` gets
    /// the links of its run levels. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what is no name, a masked unit, one without `[Install]`, or a template
    ///   without an instance.
    /// - `P2016` for an `[Install]` section that cannot be followed.
    /// - `P3001` when there is no such unit.
    /// - `P3002` when an alias of the unit is another unit's already.
    ///
    /// # Example
    /// ```rhai
    /// service::write("app", "[Service]\nExecStart=/usr/bin/app\n\n[Install]\nWantedBy=multi-user.target\n");
    /// service::enable("app");
    /// file::read_link("/etc/systemd/system/multi-user.target.wants/app.service")
    ///     == "/etc/systemd/system/app.service"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn enable(ctx: NativeCallContext, unit: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::enable(world.tree(), unit))
    }

    /// Makes a unit not start with the system.
    ///
    /// Every link in `/etc/systemd/system` that enables it, its instances or a unit of its `Also=`
    /// is removed, its aliases too, as `systemctl disable` does; other units can still start it.
    /// A unit that is not there leaves at most links behind, which go too. Returns whether
    /// anything changed.
    ///
    /// # Errors
    /// - `P2013` for what is no name.
    /// - `P2016` for an `[Install]` section that cannot be followed.
    ///
    /// # Example
    /// ```rhai
    /// service::write("app", "[Service]\nExecStart=/usr/bin/app\n\n[Install]\nWantedBy=multi-user.target\n");
    /// service::enable("app");
    /// service::disable("app") && !service::is_enabled("app") && !service::disable("app")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn disable(ctx: NativeCallContext, unit: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::disable(world.tree(), unit))
    }

    /// Makes a unit one that nothing can start, by a link to `/dev/null`.
    ///
    /// The unit need not exist. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what is no name.
    /// - `P3002` when the unit itself is in `/etc/systemd/system`: remove it instead.
    ///
    /// # Example
    /// ```rhai
    /// service::mask("apt-daily.timer");
    /// file::read_link("/etc/systemd/system/apt-daily.timer") == "/dev/null"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn mask(ctx: NativeCallContext, unit: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            let unit = own_name(world.tree(), unit)?;
            links::mask(world.tree(), &unit)
        })
    }

    /// Takes the mask of a unit away.
    ///
    /// Returns whether it was masked.
    ///
    /// # Errors
    /// - `P2013` for what is no name.
    ///
    /// # Example
    /// ```rhai
    /// service::mask("apt-daily.timer");
    /// service::unmask("apt-daily.timer") && !service::unmask("apt-daily.timer")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn unmask(ctx: NativeCallContext, unit: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            let unit = own_name(world.tree(), unit)?;
            links::unmask(world.tree(), &unit)
        })
    }

    /// Brings a unit to what the presets say of it.
    ///
    /// The files `*.preset` in `/etc/systemd/system-preset` and `/usr/lib/systemd/system-preset`
    /// are read by their names; the first line that fits decides, and a unit of which none speaks
    /// is enabled. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what is no name, or a masked unit.
    /// - `P2016` for an `[Install]` section that cannot be followed.
    /// - `P3001` when there is no such unit.
    /// - `P3002` when an alias of the unit is another unit's already.
    ///
    /// # Example
    /// ```rhai
    /// service::write("app", "[Service]\nExecStart=/usr/bin/app\n\n[Install]\nWantedBy=multi-user.target\n");
    /// file::make_dir("/etc/systemd/system-preset");
    /// file::write("/etc/systemd/system-preset/10-site.preset", "disable app.service\n");
    /// service::enable("app");
    /// service::preset("app") && service::state("app") == "disabled"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn preset(ctx: NativeCallContext, unit: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::preset(world.tree(), unit))
    }

    /// Says whether a unit starts with the system.
    ///
    /// # Errors
    /// - `P2013` for what is no name.
    /// - `P3001` when there is no such unit.
    ///
    /// # Example
    /// ```rhai
    /// service::write("app", "[Service]\nExecStart=/usr/bin/app\n\n[Install]\nWantedBy=multi-user.target\n");
    /// !service::is_enabled("app") && service::enable("app") && service::is_enabled("app")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn is_enabled(ctx: NativeCallContext, unit: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            // An alias is there whether or not its unit is enabled.
            let unit = own_name(world.tree(), unit)?;
            Ok(super::state(world.tree(), unit.as_str())? == "enabled")
        })
    }

    /// Gives the state of a unit in the words of `systemctl is-enabled`.
    ///
    /// It is `enabled`, `disabled`, `static` (it has no `[Install]` section), `indirect` (only its
    /// `Also=` can be enabled), `alias`, `linked` or `masked`.
    ///
    /// # Errors
    /// - `P2013` for what is no name.
    /// - `P3001` when there is no such unit.
    ///
    /// # Example
    /// ```rhai
    /// service::write("app", "[Service]\nExecStart=/usr/bin/app\n");
    /// service::state("app") == "static"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn state(ctx: NativeCallContext, unit: &str) -> RhaiResultOf<String> {
        ctx.call_world(|world| Ok(super::state(world.tree(), unit)?.to_owned()))
    }

    /// Says whether the volume has a unit, under this or another of its names.
    ///
    /// # Errors
    /// - `P2013` for what is no name.
    ///
    /// # Example
    /// ```rhai
    /// !service::exists("app") && service::write("app", "[Service]\nExecStart=/usr/bin/app\n")
    ///     && service::exists("app")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn exists(ctx: NativeCallContext, unit: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::exists(world.tree(), unit))
    }

    /// Writes a whole unit into `/etc/systemd/system`, as a text or as a map of sections.
    ///
    /// In a map, a section is a map of settings, and a setting with a list of values is written
    /// once for each: `#{ Service: #{ Environment: ["A=1", "B=2"] } }`. A value of a map cannot
    /// leave its line; `%` in it starts a specifier of systemd, and is written `%%` for itself.
    /// The file has mode 0644. Enabling it is a step of its own. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type.
    /// - `P2013` for what is no name, no unit, or a value that is not on one line.
    ///
    /// # Example
    /// ```rhai
    /// service::write("sync.timer", #{ Timer: #{ OnCalendar: "daily" }, Install: #{ WantedBy: "timers.target" } });
    /// file::read("/etc/systemd/system/sync.timer")
    ///     == "[Install]\nWantedBy=timers.target\n\n[Timer]\nOnCalendar=daily\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn write(ctx: NativeCallContext, unit: &str, content: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| files::write(world.tree(), &super::UnitName::parse(unit)?, &content))
    }

    /// Writes a drop-in of a unit: settings that are added to its own.
    ///
    /// The content is a text or a map, as in `service::write`. The file is
    /// `/etc/systemd/system/UNIT.d/NAME.conf`, under the unit's own name where an alias was given;
    /// of several, the ones with later names win. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type.
    /// - `P2013` for what is no name, no unit, or a value that is not on one line.
    ///
    /// # Example
    /// ```rhai
    /// service::drop_in("ssh", "10-limits", #{ Service: #{ LimitNOFILE: 65536 } });
    /// file::read("/etc/systemd/system/ssh.service.d/10-limits.conf") == "[Service]\nLimitNOFILE=65536\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn drop_in(
        ctx: NativeCallContext,
        unit: &str,
        name: &str,
        content: Dynamic,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            let unit = own_name(world.tree(), unit)?;
            files::drop_in(world.tree(), &unit, name, &content)
        })
    }

    /// Sets the target that the system boots to, `multi-user` or `graphical`.
    ///
    /// Links `/etc/systemd/system/default.target` to it. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what is no name of a target.
    /// - `P3001` when there is no such target.
    ///
    /// # Example
    /// ```rhai
    /// service::write("rescue.target", "[Unit]\nDescription=Rescue\n");
    /// service::set_default_target("rescue");
    /// file::read_link("/etc/systemd/system/default.target") == "/etc/systemd/system/rescue.target"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set_default_target(ctx: NativeCallContext, target: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set_default_target(world.tree(), target))
    }
}
