//! `attribute`: the values of custom attributes.

use crate::values::shorten;
use mintage_engine::{Code, PlanError, PlanWorld};
use rhai::Dynamic;
use rhai::plugin::*;

fn required(world: &dyn PlanWorld, name: &str) -> Result<Dynamic, PlanError> {
    world.attribute(name).map(|value| value.to_dynamic()).ok_or_else(|| {
        let shown = shorten(name);
        PlanError::new(Code::P4001, format!("the attribute `{shown}` has no value")).help(format!(
            "declare it in the build plan, or give a default: `attribute(\"{shown}\", default)`"
        ))
    })
}

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Dynamic, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn attribute(ctx: NativeCallContext, name: &str) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| required(world, name))
    }

    /// Gives the value of a custom attribute, or the default when it has none.
    ///
    /// Without a default, a missing value is an error. A password is a secret: it can be written
    /// into a file and used in a template, but never shown. A nic is a map.
    ///
    /// # Errors
    /// - `P4001` when it has no value and no default is given.
    ///
    /// # Example
    /// ```rhai
    /// attribute("HostName") == "web01" && attribute("Missing", 7) == 7
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "attribute", volatile, return_raw)]
    pub fn attribute_or(
        ctx: NativeCallContext,
        name: &str,
        default: Dynamic,
    ) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| {
            let value = world.attribute(name);
            Ok(value.map_or(default, |value| value.to_dynamic()))
        })
    }
}
