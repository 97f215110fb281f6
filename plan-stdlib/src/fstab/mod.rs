//! `fstab`: what the system mounts, and `swap`: what it swaps to.

mod swap;
mod table;

pub(crate) use swap::module as swap_module;

use crate::file::access;
use crate::options::Options;
use crate::text::MAX_TEXT;
use crate::values::{scalar, shorten};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, Module};
use table::{Entry, FIELDS, trimmed};

/// The file.
const FSTAB: &str = "/etc/fstab";

/// The options of an entry, in the order of its fields; the mount point is no option.
const KEYS: [&str; 5] = ["device", "type", "options", "dump", "pass"];

/// The module `fstab` with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Edits `/etc/fstab`: what the system mounts.");
    module
}

fn entries(tree: &VolumeTree) -> Result<Vec<Entry>, PlanError> {
    if access::look(tree, FSTAB)?.is_none() {
        return Ok(Vec::new());
    }
    Ok(table::entries(&access::read(tree, FSTAB, MAX_TEXT)?))
}

/// The last entry of a mount point, which is the one that is seen in the end.
fn find(tree: &VolumeTree, mount_point: &str) -> Result<Option<Entry>, PlanError> {
    let mut entries = entries(tree)?.into_iter();
    Ok(entries.rfind(|entry| entry.mount_point() == trimmed(mount_point)))
}

fn get(tree: &VolumeTree, mount_point: &str) -> Result<Map, PlanError> {
    let entry = find(tree, mount_point)?.ok_or_else(|| missing(mount_point))?;
    let options: Array = entry
        .options()
        .map(|option| Dynamic::from(option.to_owned()))
        .collect();
    let [device, point, kind, _, dump, pass] = entry.fields;
    Ok(Map::from([
        ("device".into(), device.into()),
        ("mount_point".into(), point.into()),
        ("type".into(), kind.into()),
        ("options".into(), options.into()),
        ("dump".into(), number(&dump).into()),
        ("pass".into(), number(&pass).into()),
    ]))
}

/// `mount` takes what is no number for 0.
fn number(field: &str) -> i64 {
    field.parse().unwrap_or(0)
}

fn missing(mount_point: &str) -> PlanError {
    let shown = shorten(mount_point);
    PlanError::new(Code::P2008, format!("`{FSTAB}` has no entry for `{shown}`")).at(FSTAB)
}

fn ensure(tree: &mut VolumeTree, mount_point: &str, options: Map) -> Result<bool, PlanError> {
    if !mount_point.starts_with('/') {
        let shown = shorten(mount_point);
        let message = format!("`{shown}` cannot be a mount point");
        return Err(PlanError::new(Code::P2013, message)
            .help("it is an absolute path; swap is added by `swap::ensure`"));
    }
    let options = Options::checked("fstab::ensure", options, &KEYS)?;
    let mut wanted = fields(&options)?;
    wanted[1] = Some(checked("mount point", trimmed(mount_point))?);
    if wanted[0].is_none() && find(tree, mount_point)?.is_none() {
        let message = "a new entry needs a device";
        return Err(PlanError::new(Code::P2013, message)
            .help("give `device`: `UUID=…`, `LABEL=…` or a path"));
    }
    edit(tree, |content| {
        table::ensure(content, &wanted, |entry| {
            entry.mount_point() == trimmed(mount_point)
        })
    })
}

fn edit(
    tree: &mut VolumeTree,
    edited: impl FnOnce(&[u8]) -> crate::text::Edited,
) -> Result<bool, PlanError> {
    access::edit_or_create(tree, FSTAB, Ownership::root(0o644), edited)
}

fn remove(tree: &mut VolumeTree, is_meant: impl Fn(&Entry) -> bool) -> Result<bool, PlanError> {
    if access::look(tree, FSTAB)?.is_none() {
        return Ok(false);
    }
    access::edit(tree, FSTAB, |content| table::remove(content, is_meant))
}

/// The fields that a script gave.
fn fields(options: &Options) -> Result<[Option<String>; FIELDS], PlanError> {
    let mut fields = [const { None }; FIELDS];
    for (key, index) in KEYS.iter().zip([0, 2, 3, 4, 5]) {
        let Some(value) = options.value(key) else {
            continue;
        };
        let text = match value.read_lock::<Array>() {
            Some(words) if *key == "options" => {
                let words: Result<Vec<String>, PlanError> = words.iter().map(scalar).collect();
                words?.join(",")
            }
            _ => scalar(value)?,
        };
        let text = checked(key, &text)?;
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        if matches!(*key, "dump" | "pass") && !is_number {
            let shown = shorten(&text);
            return Err(PlanError::new(
                Code::P2013,
                format!("`{key}` must be a number, not `{shown}`"),
            ));
        }
        fields[index] = Some(text);
    }
    Ok(fields)
}

/// A text that a field can hold.
fn checked(what: &str, text: &str) -> Result<String, PlanError> {
    if !text.is_empty() && !text.contains(char::is_control) {
        return Ok(text.to_owned());
    }
    let shown = shorten(text);
    Err(PlanError::new(
        Code::P2013,
        format!("`{shown}` cannot be a {what} in `{FSTAB}`"),
    ))
}

/// The option with what it is set to, and its name alone.
fn option_name(option: &str) -> &str {
    option.split_once('=').map_or(option, |(name, _)| name)
}

fn add_option(tree: &mut VolumeTree, mount_point: &str, option: &str) -> Result<bool, PlanError> {
    let option = checked_option(option)?;
    change_options(tree, mount_point, |found| {
        let same = |known: &&mut String| option_name(known) == option_name(option);
        match found.iter_mut().find(same) {
            Some(known) => *known = option.to_owned(),
            None => found.push(option.to_owned()),
        }
    })
}

/// Takes an option away; a name takes it away whatever it is set to.
fn remove_option(
    tree: &mut VolumeTree,
    mount_point: &str,
    option: &str,
) -> Result<bool, PlanError> {
    let option = checked_option(option)?;
    change_options(tree, mount_point, |found| {
        found.retain(|known| *known != option && option_name(known) != option);
    })
}

fn checked_option(option: &str) -> Result<&str, PlanError> {
    checked("option", option)?;
    match option.contains(',') {
        true => Err(PlanError::new(Code::P2013, "this is more than one option")
            .help("call it once for each")),
        false => Ok(option),
    }
}

fn change_options(
    tree: &mut VolumeTree,
    mount_point: &str,
    change: impl FnOnce(&mut Vec<String>),
) -> Result<bool, PlanError> {
    let entry = find(tree, mount_point)?.ok_or_else(|| missing(mount_point))?;
    let mut options: Vec<String> = entry.options().map(str::to_owned).collect();
    change(&mut options);
    if options.is_empty() {
        options.push("defaults".to_owned());
    }
    let mut wanted = [const { None }; FIELDS];
    wanted[3] = Some(options.join(","));
    edit(tree, |content| {
        table::ensure(content, &wanted, |entry| {
            entry.mount_point() == trimmed(mount_point)
        })
    })
}

#[export_module]
mod exported {
    use super::{entries, trimmed};
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, Dynamic, Map, NativeCallContext};

    /// Gives the entry of a mount point.
    ///
    /// It is a map with `device`, `mount_point`, `type`, `options` (an array), `dump` and `pass`
    /// (numbers). Of several entries it is the last, which hides the others.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2008` when there is none.
    ///
    /// # Example
    /// ```rhai
    /// fstab::ensure("/srv/data", #{ device: "UUID=6f2c", type: "xfs", options: ["noatime", "_netdev"] });
    /// fstab::get("/srv/data").options == ["noatime", "_netdev"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn get(ctx: NativeCallContext, mount_point: &str) -> RhaiResultOf<Map> {
        ctx.call_world(|world| super::get(world.tree(), mount_point))
    }

    /// Says whether a mount point has an entry.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    ///
    /// # Example
    /// ```rhai
    /// !fstab::exists("/srv/data") && fstab::ensure("/srv/data", #{ device: "/dev/vdb" }) && fstab::exists("/srv/data/")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn exists(ctx: NativeCallContext, mount_point: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| Ok(super::find(world.tree(), mount_point)?.is_some()))
    }

    /// Gives the mount points of all entries, in their order; those of swap are left out.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    ///
    /// # Example
    /// ```rhai
    /// fstab::ensure("/srv/data", #{ device: "/dev/vdb" });
    /// fstab::mount_points() == ["/srv/data"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn mount_points(ctx: NativeCallContext) -> RhaiResultOf<Array> {
        ctx.call_world(|world| {
            let entries = entries(world.tree())?;
            let mounted = entries.iter().filter(|entry| !entry.is_swap());
            Ok(mounted
                .map(|entry| Dynamic::from(trimmed(entry.mount_point()).to_owned()))
                .collect())
        })
    }

    /// Makes sure that something is mounted at a mount point.
    ///
    /// Options:
    /// - `device`: `UUID=…`, `LABEL=…`, a path or `server:/export`; needed for a new entry;
    /// - `type`: `auto` for a new entry unless told otherwise;
    /// - `options`: a text or an array, `defaults` for a new entry;
    /// - `dump`, `pass`: numbers, 0 for a new entry.
    ///
    /// What is not given stays in an entry that is there. Comments, columns and all other lines
    /// stay too. Blanks and backslashes are escaped (`\040`). The mount point is not made: systemd
    /// makes it. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2006` for a value of another type.
    /// - `P2013` for what cannot be a mount point or a field, or a new entry without a device.
    ///
    /// # Example
    /// ```rhai
    /// let data = #{ device: "UUID=6f2c", type: "xfs", options: ["noatime", "_netdev"], pass: 2 };
    /// fstab::ensure("/srv/my data", data);
    /// file::read("/etc/fstab") == "UUID=6f2c /srv/my\\040data xfs noatime,_netdev 0 2\n"
    ///     && !fstab::ensure("/srv/my data", data)
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn ensure(ctx: NativeCallContext, mount_point: &str, options: Map) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::ensure(world.tree(), mount_point, options))
    }

    /// Removes every entry of a mount point.
    ///
    /// Returns whether there was any.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    ///
    /// # Example
    /// ```rhai
    /// fstab::ensure("/srv/data", #{ device: "/dev/vdb" });
    /// fstab::remove("/srv/data") && !fstab::remove("/srv/data")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, mount_point: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            let point = trimmed(mount_point);
            super::remove(world.tree(), |entry| {
                entry.mount_point() == point && !entry.is_swap()
            })
        })
    }

    /// Adds an option to the entry of a mount point.
    ///
    /// An option with a value (`size=1G`) takes the place of the same one with another value.
    /// Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2008` when there is no entry.
    /// - `P2013` for what is not one option.
    ///
    /// # Example
    /// ```rhai
    /// fstab::ensure("/srv/data", #{ device: "/dev/vdb" });
    /// fstab::add_option("/srv/data", "_netdev") && fstab::get("/srv/data").options == ["defaults", "_netdev"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn add_option(
        ctx: NativeCallContext,
        mount_point: &str,
        option: &str,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::add_option(world.tree(), mount_point, option))
    }

    /// Removes an option from the entry of a mount point, whatever it is set to.
    ///
    /// Where none is left, the entry has `defaults`. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2008` when there is no entry.
    /// - `P2013` for what is not one option.
    ///
    /// # Example
    /// ```rhai
    /// fstab::ensure("/tmp", #{ device: "tmpfs", type: "tmpfs", options: "size=1G,nosuid" });
    /// fstab::remove_option("/tmp", "size") && fstab::get("/tmp").options == ["nosuid"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_option(
        ctx: NativeCallContext,
        mount_point: &str,
        option: &str,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove_option(world.tree(), mount_point, option))
    }
}

#[cfg(test)]
mod tests;
