//! What scripts call.

use super::{
    UnitName, disable, enable, exists, files, links, own_name, preset, set_default_target, state,
};
use rhai::plugin::*;

#[export_module]
pub(super) mod exported {
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
    /// A map's sections are written as `[Unit]`, the unit's own kind, others, `[Install]`. Each value
    /// of `Environment` is one variable and is quoted where it has blanks, unless it is already.
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
    ///     == "[Timer]\nOnCalendar=daily\n\n[Install]\nWantedBy=timers.target\n"
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
