//! `file::render`: a file from a template.

use super::access::{self, ACCESS_KEYS, Access};
use crate::options::Options;
use crate::template::render;
use mintage_engine::{PlanError, PlanWorld};
use rhai::plugin::*;
use rhai::{Dynamic, Map};

fn render_file(
    world: &mut dyn PlanWorld,
    path: &str,
    template: &str,
    variables: Map,
    options: Map,
    limit: usize,
) -> Result<bool, PlanError> {
    let options = Options::checked("file::render", options, &ACCESS_KEYS)?;
    let access = Access::from_options(&options, world.tree())?;
    let content = render::render(world, template, &Dynamic::from_map(variables), limit)?;
    access::write(world.tree(), path, &content, access)
}

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Map, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn render(
        ctx: NativeCallContext,
        path: &str,
        template: &str,
        variables: Map,
    ) -> RhaiResultOf<bool> {
        let limit = ctx.max_string();
        ctx.call_world(|world| {
            super::render_file(world, path, template, variables, Map::new(), limit)
        })
    }

    /// Writes a file from a template of the plan library.
    ///
    /// The template is rendered as by `template::render`, the file is written as by `file::write`,
    /// with the same options. When a secret is among the variables, the file counts as one. Returns
    /// whether anything changed.
    ///
    /// # Errors
    /// - `P2003` when the text would be too long.
    /// - `P2013` for a wrong option.
    /// - `P2014` when the template does not exist or fails.
    /// - `P2015` when it takes too many steps.
    /// - `P3001` when the directory does not exist.
    /// - `P3004` when a directory is at the path.
    ///
    /// # Example
    /// ```rhai
    /// file::render("/etc/motd", "motd.j2", #{ rack: profile::label("rack") }, #{ mode: 0o644 });
    /// file::read("/etc/motd") == "Rack r12\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "render", volatile, return_raw)]
    pub fn render_with(
        ctx: NativeCallContext,
        path: &str,
        template: &str,
        variables: Map,
        options: Map,
    ) -> RhaiResultOf<bool> {
        let limit = ctx.max_string();
        ctx.call_world(|world| super::render_file(world, path, template, variables, options, limit))
    }
}
