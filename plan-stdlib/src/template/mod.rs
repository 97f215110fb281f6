//! `template`: text from the plan library's templates, by minijinja.

pub(crate) mod facts;
mod quote;
pub(crate) mod render;

use rhai::Module;
use rhai::plugin::combine_with_exported_module;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = Module::new();
    module.set_doc("Renders the templates of the plan library.");
    combine_with_exported_module!(&mut module, "render", render::exported);
    module
}
