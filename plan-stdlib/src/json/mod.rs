//! `json`: JSON, with comments too.

mod document;
mod write;

use document::Json;
use rhai::Module;
use rhai::plugin::*;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Edits files of JSON, with comments too.");
    module
}

#[export_module]
mod exported {
    use super::Json;
    use crate::RhaiResultOf;
    use crate::structured::{Change, script};
    use mintage_engine::CallWorld;
    use rhai::{Array, Dynamic, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn get(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| script::get::<Json>(world.tree(), path, &keys))
    }

    /// Gives a value, or the default when the file does not have it.
    ///
    /// The keys are one key, or an array of keys and places in lists that lead to the value; an
    /// empty array is the whole file. Comments and
    /// commas behind the last item may stand in the file, as many programs take them. A number
    /// too large for a script comes as a string.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2008` when there is none and no default is given.
    /// - `P2016` when the file is not JSON.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.json", `{"log": {"level": "info", "to": ["a", "b"]}}`);
    /// json::get("/etc/x.json", ["log", "to", 1]) == "b"
    ///     && json::get("/etc/x.json", "port", 80) == 80
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
            Ok(script::find::<Json>(world.tree(), path, &keys)?.unwrap_or(default))
        })
    }

    /// Says whether the file has anything at the keys.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2016` when the file is not JSON.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.json", `{"log": {"level": "info"}}`);
    /// json::has("/etc/x.json", ["log", "level"]) && !json::has("/etc/x.json", "level")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn has(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| Ok(script::find::<Json>(world.tree(), path, &keys)?.is_some()))
    }

    /// Gives the keys of a map, in the order of the file.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2008` when there is nothing at the keys.
    /// - `P2016` when something else is there, or the file is not JSON.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.json", `{"b": 1, "a": {"c": 2}}`);
    /// json::keys("/etc/x.json", []) == ["b", "a"] && json::keys("/etc/x.json", "a") == ["c"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn keys(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<Array> {
        ctx.call_world(|world| script::names::<Json>(world.tree(), path, &keys))
    }

    /// Sets a value: a string, a number, a boolean, nothing, or an array or map of them.
    ///
    /// Maps that are missing on the way to it are made, and so is the file. Everything else stays
    /// byte for byte, comments too. New lines are
    /// written in the style of the file. With a secret as or in the value the file is
    /// marked as secret. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2006` for a value of another type.
    /// - `P2008` for a place that a list does not have.
    /// - `P2016` when the file is not JSON, has something else on the way, or cannot be
    ///   changed there without changing more.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.json", "{\n  // where\n  \"port\": 80\n}\n");
    /// json::set("/etc/x.json", "port", 8080);
    /// json::set("/etc/x.json", ["log", "level"], "info");
    /// file::read("/etc/x.json").contains("// where\n  \"port\": 8080,\n  \"log\": {")
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
            script::bring::<Json>(world.tree(), path, &keys, &value, Change::Set)
        })
    }

    /// Removes a key with its value, or an item of a list by its place.
    ///
    /// Returns whether there was any; a file that does not exist has none.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2016` when the file is not JSON, or it cannot be removed alone.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.json", `{"a": 1, "b": 2}`);
    /// json::remove("/etc/x.json", "a") && file::read("/etc/x.json") == `{"b": 2}`
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, path: &str, keys: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| script::take::<Json>(world.tree(), path, &keys, &Change::Remove))
    }

    /// Makes sure that a list has an item; a new one comes at its end.
    ///
    /// The list is made when it is missing, and so is the file. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2006` for an item of another type.
    /// - `P2016` when the file is not JSON, or something else is there.
    ///
    /// # Example
    /// ```rhai
    /// json::ensure_item("/etc/x.json", ["dns", "servers"], "192.0.2.1");
    /// json::ensure_item("/etc/x.json", ["dns", "servers"], "192.0.2.2");
    /// json::get("/etc/x.json", "dns").servers == ["192.0.2.1", "192.0.2.2"]
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
            script::bring::<Json>(world.tree(), path, &keys, &item, Change::EnsureItem)
        })
    }

    /// Removes an item from a list, every one that is equal to it.
    ///
    /// Returns whether there was any; a list or a file that does not exist has none.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2016` when the file is not JSON, or it cannot be removed alone.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/x.json", `{"a": [1, 2, 1]}`);
    /// json::remove_item("/etc/x.json", "a", 1) && json::get("/etc/x.json", "a") == [2]
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
        ctx.call_world(|world| script::take_item::<Json>(world.tree(), path, &keys, &item))
    }
}
