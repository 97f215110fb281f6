//! `yaml`: YAML.

mod edit;
mod node;
mod place;
mod reference;
pub(crate) mod scalar;
mod write;

use crate::structured::{Format, Step, Value};
use mintage_engine::PlanError;
use rhai::Module;
use rhai::plugin::*;

/// The format: one document of YAML.
enum Yaml {}

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Edits files of YAML.");
    module
}

impl Format for Yaml {
    const NAME: &'static str = "YAML";

    fn parse(text: &str) -> Result<Value, PlanError> {
        node::parse(text)?.value(text)
    }

    fn read(text: &str) -> Result<Value, PlanError> {
        reference::resolved(&node::parse(text)?, text)
    }

    fn step(text: &str, step: &Step) -> Result<String, PlanError> {
        edit::step(text, step)
    }
}

#[export_module]
mod exported {
    use super::Yaml;
    use crate::RhaiResultOf;
    use crate::structured::{Change, script};
    use mintage_engine::CallWorld;
    use rhai::{Array, Dynamic, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn get(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| script::get::<Yaml>(world.tree(), path, &keys))
    }

    /// Gives a value, or the default when the file does not have it.
    ///
    /// The keys are one key, or an array of keys and places in lists that lead to the value; an
    /// empty array is the whole file. Aliases and
    /// merge keys (`<<`) are followed. What the versions of YAML read differently (`no`, `012`,
    /// `1:30`), a date, and what has a tag of its own come as the string that stands there.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2008` when there is none and no default is given.
    /// - `P2016` when the file is not YAML.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.yaml", "log:\n  level: info # c\n  to: [a, b]\n");
    /// yaml::get("/etc/x.yaml", ["log", "to", 1]) == "b"
    ///     && yaml::get("/etc/x.yaml", "port", 80) == 80
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "get", volatile, return_raw)]
    pub fn get_or(
        ctx: NativeCallContext,
        path: &str,
        keys: Dynamic,
        default: Dynamic,
    ) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| {
            Ok(script::find::<Yaml>(world.tree(), path, &keys)?.unwrap_or(default))
        })
    }

    /// Says whether the file has anything at the keys.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2016` when the file is not YAML.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.yaml", "log:\n  level: info\n");
    /// yaml::has("/etc/x.yaml", ["log", "level"]) && !yaml::has("/etc/x.yaml", "level")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn has(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| Ok(script::find::<Yaml>(world.tree(), path, &keys)?.is_some()))
    }

    /// Gives the keys of a map, in the order of the file.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2008` when there is nothing at the keys.
    /// - `P2016` when something else is there, or the file is not YAML.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.yaml", "b: 1\na:\n  c: 2\n");
    /// yaml::keys("/etc/x.yaml", []) == ["b", "a"] && yaml::keys("/etc/x.yaml", "a") == ["c"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn keys(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<Array> {
        ctx.call_world(|world| script::names::<Yaml>(world.tree(), path, &keys))
    }

    /// Sets a value: a string, a number, a boolean, nothing, or an array or map of them.
    ///
    /// Maps that are missing on the way to it are made, and so is the file. Everything else stays
    /// byte for byte, comments too. A string that
    /// any version of YAML could take for something else is quoted. With a secret as or in the value the file is
    /// marked as secret. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2006` for a value of another type.
    /// - `P2008` for a place that a list does not have.
    /// - `P2016` when the file is not YAML, has something else on the way, or cannot be
    ///   changed there without changing more.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.yaml", "# where\nport: 80 # default\n");
    /// yaml::set("/etc/x.yaml", "port", 8080);
    /// yaml::set("/etc/x.yaml", ["log", "level"], "no");
    /// file::read("/etc/x.yaml") == "# where\nport: 8080 # default\nlog:\n  level: \"no\"\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set(
        ctx: NativeCallContext,
        path: &str,
        keys: Dynamic,
        value: Dynamic,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            script::bring::<Yaml>(world.tree(), path, &keys, &value, Change::Set)
        })
    }

    /// Removes a key with its value, or an item of a list by its place.
    ///
    /// A comment behind it goes with it, those above it stay. Returns whether there was any; a file that does not exist has none.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2016` when the file is not YAML, or it cannot be removed alone.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.yaml", "# c\na: 1\nb: 2\n");
    /// yaml::remove("/etc/x.yaml", "a") && file::read("/etc/x.yaml") == "# c\nb: 2\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| script::take::<Yaml>(world.tree(), path, &keys, &Change::Remove))
    }

    /// Makes sure that a list has an item; a new one comes at its end.
    ///
    /// The list is made when it is missing, and so is the file. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2006` for an item of another type.
    /// - `P2016` when the file is not YAML, or something else is there.
    ///
    /// # Example
    /// ```rhai
    /// yaml::ensure_item("/etc/x.yaml", ["dns", "servers"], "192.0.2.1");
    /// yaml::ensure_item("/etc/x.yaml", ["dns", "servers"], "192.0.2.2");
    /// file::read("/etc/x.yaml") == "dns:\n  servers:\n    - 192.0.2.1\n    - 192.0.2.2\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn ensure_item(
        ctx: NativeCallContext,
        path: &str,
        keys: Dynamic,
        item: Dynamic,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            script::bring::<Yaml>(world.tree(), path, &keys, &item, Change::EnsureItem)
        })
    }

    /// Removes an item from a list, every one that is equal to it.
    ///
    /// Returns whether there was any; a list or a file that does not exist has none.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2016` when the file is not YAML, or it cannot be removed alone.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.yaml", "a:\n- 1\n- 2\n- 1\n");
    /// yaml::remove_item("/etc/x.yaml", "a", 1) && yaml::get("/etc/x.yaml", "a") == [2]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_item(
        ctx: NativeCallContext,
        path: &str,
        keys: Dynamic,
        item: Dynamic,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| script::take_item::<Yaml>(world.tree(), path, &keys, &item))
    }
}
