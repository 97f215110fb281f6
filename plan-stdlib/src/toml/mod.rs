//! `toml`: TOML.

mod document;

use document::Toml;
use rhai::Module;
use rhai::plugin::*;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Edits files of TOML.");
    module
}

#[export_module]
mod exported {
    use super::Toml;
    use crate::RhaiResultOf;
    use crate::structured::{Change, script};
    use mintage_engine::CallWorld;
    use rhai::{Array, Dynamic, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn get(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| script::get::<Toml>(world.tree(), path, &keys))
    }

    /// Gives a value, or the default when the file does not have it.
    ///
    /// The keys are one key, or an array of keys and places in lists that lead to the value; an
    /// empty array is the whole file. A date or
    /// time comes as a string.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2008` when there is none and no default is given.
    /// - `P2016` when the file is not TOML.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.toml", "[log]\nlevel = \"info\" # c\nto = [\"a\", \"b\"]\n");
    /// toml::get("/etc/x.toml", ["log", "to", 1]) == "b"
    ///     && toml::get("/etc/x.toml", "port", 80) == 80
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
            Ok(script::find::<Toml>(world.tree(), path, &keys)?.unwrap_or(default))
        })
    }

    /// Says whether the file has anything at the keys.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2016` when the file is not TOML.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.toml", "[log]\nlevel = \"info\"\n");
    /// toml::has("/etc/x.toml", ["log", "level"]) && !toml::has("/etc/x.toml", "level")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn has(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| Ok(script::find::<Toml>(world.tree(), path, &keys)?.is_some()))
    }

    /// Gives the keys of a map, in the order of the file.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2008` when there is nothing at the keys.
    /// - `P2016` when something else is there, or the file is not TOML.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.toml", "b = 1\n[a]\nc = 2\n");
    /// toml::keys("/etc/x.toml", []) == ["b", "a"] && toml::keys("/etc/x.toml", "a") == ["c"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn keys(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<Array> {
        ctx.call_world(|world| script::names::<Toml>(world.tree(), path, &keys))
    }

    /// Sets a value: a string, a number, a boolean, nothing, or an array or map of them.
    ///
    /// Maps that are missing on the way to it are made, and so is the file. Everything else stays
    /// byte for byte, comments too. A new map becomes a table of its own, in
    /// a table written in braces another such. With a secret as or in the value the file is
    /// marked as secret. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2006` for a value of another type.
    /// - `P2008` for a place that a list does not have.
    /// - `P2016` when the file is not TOML, has something else on the way, or cannot be
    ///   changed there without changing more.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.toml", "# where\nport = 80 # default\n");
    /// toml::set("/etc/x.toml", "port", 8080);
    /// toml::set("/etc/x.toml", ["log", "level"], "info");
    /// file::read("/etc/x.toml") == "# where\nport = 8080 # default\n\n[log]\nlevel = \"info\"\n"
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
            script::bring::<Toml>(world.tree(), path, &keys, &value, Change::Set)
        })
    }

    /// Removes a key with its value, or an item of a list by its place.
    ///
    /// A comment behind it goes with it, those above it stay. Returns whether there was any; a file that does not exist has none.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2016` when the file is not TOML, or it cannot be removed alone.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.toml", "# c\na = 1\nb = 2\n");
    /// toml::remove("/etc/x.toml", "a") && file::read("/etc/x.toml") == "# c\nb = 2\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| script::take::<Toml>(world.tree(), path, &keys, &Change::Remove))
    }

    /// Makes sure that a list has an item; a new one comes at its end.
    ///
    /// The list is made when it is missing, and so is the file. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2006` for an item of another type.
    /// - `P2016` when the file is not TOML, or something else is there.
    ///
    /// # Example
    /// ```rhai
    /// toml::ensure_item("/etc/x.toml", ["dns", "servers"], "192.0.2.1");
    /// toml::ensure_item("/etc/x.toml", ["dns", "servers"], "192.0.2.2");
    /// toml::get("/etc/x.toml", "dns").servers == ["192.0.2.1", "192.0.2.2"]
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
            script::bring::<Toml>(world.tree(), path, &keys, &item, Change::EnsureItem)
        })
    }

    /// Removes an item from a list, every one that is equal to it.
    ///
    /// Returns whether there was any; a list or a file that does not exist has none.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2016` when the file is not TOML, or it cannot be removed alone.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.toml", "a = [1, 2, 1]\n");
    /// toml::remove_item("/etc/x.toml", "a", 1) && toml::get("/etc/x.toml", "a") == [2]
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
        ctx.call_world(|world| script::take_item::<Toml>(world.tree(), path, &keys, &item))
    }
}
