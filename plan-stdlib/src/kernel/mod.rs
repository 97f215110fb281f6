//! `kernel`: the arguments that the kernel is started with, and its modules.

mod default_grub;
mod modules;
mod places;
#[cfg(test)]
mod tests;
mod words;

use crate::file::access;
use crate::shell_vars::document;
use crate::text::MAX_TEXT;
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::VolumeTree;
use places::{Form, KERNELOPTS, Place};
use rhai::plugin::*;
use rhai::{Array, Dynamic, Module};
use words::Change;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc(
        "Edits the arguments that the kernel is started with, and which of its modules are loaded.",
    );
    module
}

fn change(tree: &mut VolumeTree, change: Change<'_>) -> Result<bool, PlanError> {
    let places = places::places(tree)?;
    if places.is_empty() {
        return Err(no_boot_loader());
    }
    // A variable that cannot be read is known before anything is changed.
    for place in places
        .iter()
        .filter(|place| place.form == Form::DefaultGrub)
    {
        let content = access::read(tree, &place.path, MAX_TEXT)?;
        for name in document::Document::parse(&content).names() {
            let name = String::from_utf8_lossy(name);
            if name.starts_with("GRUB_CMDLINE_LINUX") && !name.contains("XEN") {
                default_grub::value(&content, &name)?;
            }
        }
    }
    let mut has_changed = false;
    for place in &places {
        has_changed |= place.change(tree, change)?;
    }
    Ok(has_changed)
}

fn no_boot_loader() -> PlanError {
    PlanError::new(
        Code::P3001,
        "the volume has no boot loader configuration with a kernel command line",
    )
    .help("known are entries in `/boot/loader/entries`, GRUB's files and `/etc/kernel/cmdline`")
}

/// The command line that boots, as far as the volume tells: that of the entry that GRUB remembers,
/// else of the newest entry, else of the first in GRUB's script, else what new entries will have.
fn command_line(tree: &VolumeTree) -> Result<String, PlanError> {
    let environment = places::environment_content(tree)?.unwrap_or_default();
    let entries = places::entries(tree)?;
    if let Some(path) = booted(&entries, &environment) {
        let content = text(tree, path)?;
        let options = content
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("options"));
        let line = options.map(str::trim).collect::<Vec<_>>().join(" ");
        let common = places::environment_value(&environment, KERNELOPTS).unwrap_or_default();
        return Ok(line.replace(&format!("${KERNELOPTS}"), &common));
    }
    let places = places::places(tree)?;
    for Place { path, form } in &places {
        let content = text(tree, path)?;
        let line = match form {
            Form::GrubConfig => content.lines().find_map(|line| {
                let words = places::kernel_line(line)?;
                line.get(places::arguments(line, words)..)
                    .map(str::to_owned)
            }),
            Form::Cmdline => Some(content),
            Form::DefaultGrub => {
                let variables = ["GRUB_CMDLINE_LINUX", "GRUB_CMDLINE_LINUX_DEFAULT"];
                let values = variables.map(|name| default_grub::value(content.as_bytes(), name));
                let values: Result<Vec<_>, _> = values.into_iter().collect();
                Some(values?.into_iter().flatten().collect::<Vec<_>>().join(" "))
            }
            Form::Entry | Form::GrubEnvironment | Form::DefaultGrubPart => None,
        };
        if let Some(line) = line {
            return Ok(line);
        }
    }
    Err(no_boot_loader())
}

fn text(tree: &VolumeTree, path: &str) -> Result<String, PlanError> {
    access::read_text(tree, path, MAX_TEXT)
}

/// The entry that GRUB remembers, else the newest by the numbers in its name.
fn booted<'a>(entries: &'a [String], environment: &[u8]) -> Option<&'a String> {
    let stem = |path: &str| {
        path.rsplit('/')
            .next()
            .and_then(|name| name.strip_suffix(".conf"))
            .map(str::to_owned)
    };
    let saved = places::environment_value(environment, "saved_entry");
    let remembered = entries
        .iter()
        .find(|path| saved.is_some() && stem(path) == saved);
    let regular = entries.iter().filter(|path| !path.contains("rescue"));
    remembered
        .or_else(|| regular.max_by_key(|path| version(path)))
        .or_else(|| entries.last())
}

/// A name as numbers and texts, so that 5.14.0-70 comes before 5.14.0-284.
fn version(name: &str) -> Vec<(u64, String)> {
    let mut parts = Vec::new();
    let mut rest = name;
    while !rest.is_empty() {
        let word = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let (text, tail) = rest.split_at(word);
        let digits = tail
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (number, tail) = tail.split_at(digits);
        parts.push((number.parse().unwrap_or(0), text.to_owned()));
        rest = tail;
    }
    parts
}

fn arguments(tree: &VolumeTree) -> Result<Array, PlanError> {
    let line = command_line(tree)?;
    Ok(words::split(&line)
        .into_iter()
        .map(|word| Dynamic::from(word.to_owned()))
        .collect())
}

fn set_argument(tree: &mut VolumeTree, name: &str, value: &Dynamic) -> Result<bool, PlanError> {
    let value = crate::values::scalar(value)?;
    let whole = format!("{name}={value}");
    words::check(name)?;
    words::check(&whole)?;
    if name.contains('=') {
        return Err(
            PlanError::new(Code::P2013, "the name of an argument has no `=`")
                .help("the value is an argument of its own"),
        );
    }
    change(
        tree,
        Change::Set {
            name,
            whole: &whole,
        },
    )
}

#[export_module]
mod exported {
    use super::{Change, modules, words};
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, Dynamic, NativeCallContext};

    /// Gives the arguments that the kernel is started with.
    ///
    /// They are those of the boot loader entry that GRUB remembers, else of the newest one in
    /// `/boot/loader/entries`, else of the first `linux` line in `grub.cfg`, else what
    /// `/etc/kernel/cmdline` or `/etc/default/grub` say for new entries.
    ///
    /// # Errors
    /// - `P2016` for a variable that only a shell could tell.
    /// - `P3001` when the volume has none of these.
    ///
    /// # Example
    /// ```rhai
    /// kernel::arguments() == ["quiet"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn arguments(ctx: NativeCallContext) -> RhaiResultOf<Array> {
        ctx.call_world(|world| super::arguments(world.tree()))
    }

    /// Makes sure that the kernel is started with an argument.
    ///
    /// It goes into every place that the volume has, so that it holds at the next boot and for
    /// kernels that are installed later: the entries in `/boot/loader/entries` (or GRUB's variable
    /// `kernelopts` where they use it), the `linux` lines of `grub.cfg`, `/etc/kernel/cmdline`, and
    /// `GRUB_CMDLINE_LINUX` in `/etc/default/grub`. Another argument of the same name stays, as
    /// `console=` needs it; `kernel::set_argument` replaces. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for one with blanks, quotes or characters that a boot loader takes for its own.
    /// - `P2016` for a variable that only a shell could tell, or a full block of GRUB's.
    /// - `P3001` when the volume has none of these places.
    ///
    /// # Example
    /// ```rhai
    /// kernel::add_argument("console=ttyS0,115200");
    /// shell_vars::get("/etc/default/grub", "GRUB_CMDLINE_LINUX") == "console=ttyS0,115200"
    ///     && !kernel::add_argument("console=ttyS0,115200")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn add_argument(ctx: NativeCallContext, argument: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            words::check(argument)?;
            super::change(world.tree(), Change::Add(argument))
        })
    }

    /// Removes an argument of the kernel from every place that the volume has.
    ///
    /// A name alone (`crashkernel`) stands for every value of it; `console=tty0` only for that
    /// one. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what cannot be an argument.
    /// - `P2016` for a variable that only a shell could tell.
    /// - `P3001` when the volume has none of these places.
    ///
    /// # Example
    /// ```rhai
    /// kernel::remove_argument("quiet") && kernel::arguments() == [] && !kernel::remove_argument("quiet")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_argument(ctx: NativeCallContext, argument: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            words::check(argument)?;
            super::change(world.tree(), Change::Remove(argument))
        })
    }

    /// Gives an argument of the kernel its one value, in every place that the volume has.
    ///
    /// It takes the place of every other argument of that name. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type than a text, a number or a boolean.
    /// - `P2013` for what cannot be an argument.
    /// - `P2016` for a variable that only a shell could tell, or a full block of GRUB's.
    /// - `P3001` when the volume has none of these places.
    ///
    /// # Example
    /// ```rhai
    /// kernel::set_argument("crashkernel", "256M");
    /// kernel::set_argument("crashkernel", "512M") && kernel::arguments() == ["crashkernel=512M", "quiet"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set_argument(ctx: NativeCallContext, name: &str, value: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set_argument(world.tree(), name, &value))
    }

    /// Has a module of the kernel loaded at every boot.
    ///
    /// Writes `/etc/modules-load.d/NAME.conf`. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what cannot be the name of a module.
    ///
    /// # Example
    /// ```rhai
    /// kernel::load_module("br_netfilter") && file::read("/etc/modules-load.d/br_netfilter.conf") == "br_netfilter\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn load_module(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| modules::load(world.tree(), name))
    }

    /// Keeps a module of the kernel from being loaded for a device that is found.
    ///
    /// Writes `/etc/modprobe.d/blacklist-NAME.conf`. What the initial RAM disk loads before is not
    /// changed by it. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what cannot be the name of a module.
    ///
    /// # Example
    /// ```rhai
    /// kernel::blacklist_module("nouveau")
    ///     && file::read("/etc/modprobe.d/blacklist-nouveau.conf") == "blacklist nouveau\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn blacklist_module(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| modules::blacklist(world.tree(), name))
    }

    /// Sets the options that a module of the kernel is loaded with.
    ///
    /// They are words like `nested=1`, in an array. Writes `/etc/modprobe.d/NAME.conf`. What the
    /// initial RAM disk loads before is not changed by it. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a word that is no text.
    /// - `P2013` for what cannot be the name of a module or an option.
    ///
    /// # Example
    /// ```rhai
    /// kernel::module_options("kvm_intel", ["nested=1"])
    ///     && file::read("/etc/modprobe.d/kvm_intel.conf") == "options kvm_intel nested=1\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn module_options(
        ctx: NativeCallContext,
        name: &str,
        options: Array,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| modules::options(world.tree(), name, &options))
    }
}
