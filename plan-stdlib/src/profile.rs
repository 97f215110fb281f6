//! `profile`: the server that the volume is for.

use crate::values::shorten;
use mintage_engine::{Code, PlanError, PlanWorld, Value};
use rhai::plugin::*;
use rhai::{Dynamic, Module};

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Tells of the server profile that the volume is for.");
    module
}

/// What is at a path of keys; `None` where there is nothing, or null.
fn at(world: &dyn PlanWorld, keys: &[&str]) -> Option<Value> {
    let mut value = world.profile();
    for key in keys {
        value = match value {
            Value::Map(mut entries) => entries.remove(*key)?,
            Value::List(mut items) => {
                let index = key.parse().ok().filter(|index| *index < items.len())?;
                items.swap_remove(index)
            }
            _ => return None,
        };
    }
    Some(value).filter(|value| *value != Value::Null)
}

fn value(world: &dyn PlanWorld, path: &str) -> Option<Dynamic> {
    let keys: Vec<&str> = path.split('.').collect();
    at(world, &keys).map(|value| value.to_dynamic())
}

fn label(world: &dyn PlanWorld, key: &str) -> Option<Dynamic> {
    at(world, &["labels", key]).map(|value| value.to_dynamic())
}

fn missing(what: &str, name: &str, function: &str) -> PlanError {
    let shown = shorten(name);
    let message = format!("the server profile has no {what} `{shown}`");
    PlanError::new(Code::P2008, message).help(format!(
        "give a default: `{function}(\"{shown}\", default)`"
    ))
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Dynamic, NativeCallContext};

    /// Gives the name of the server profile.
    ///
    /// # Errors
    /// - `P2008` when the run was given no profile with a name.
    ///
    /// # Example
    /// ```rhai
    /// profile::name() == "web01"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn name(ctx: NativeCallContext) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| {
            let name = super::value(world, "name");
            name.ok_or_else(|| super::missing("value", "name", "profile::value"))
        })
    }

    #[rhai_fn(volatile, return_raw)]
    pub fn label(ctx: NativeCallContext, key: &str) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| {
            let label = super::label(world, key);
            label.ok_or_else(|| super::missing("label", key, "profile::label"))
        })
    }

    /// Gives a label of the server profile, or the default when it has none of this name.
    ///
    /// # Errors
    /// - `P2008` when there is none and no default is given.
    ///
    /// # Example
    /// ```rhai
    /// profile::label("rack") == "r12" && profile::label("row", "none") == "none"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "label", volatile, return_raw)]
    pub fn label_or(ctx: NativeCallContext, key: &str, default: Dynamic) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| Ok(super::label(world, key).unwrap_or(default)))
    }

    #[rhai_fn(volatile, return_raw)]
    pub fn value(ctx: NativeCallContext, path: &str) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| {
            let value = super::value(world, path);
            value.ok_or_else(|| super::missing("value", path, "profile::value"))
        })
    }

    /// Gives any value of the server profile, or the default when there is none.
    ///
    /// The path is made of keys, and of indexes from 0 in lists, with dots between them.
    ///
    /// # Errors
    /// - `P2008` when there is none and no default is given.
    ///
    /// # Example
    /// ```rhai
    /// profile::value("hardware.cpus") == 64 && profile::value("hardware.gpus", 0) == 0
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "value", volatile, return_raw)]
    pub fn value_or(ctx: NativeCallContext, path: &str, default: Dynamic) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| Ok(super::value(world, path).unwrap_or(default)))
    }
}
