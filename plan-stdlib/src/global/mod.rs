//! Functions that scripts call without a module: `attribute`, `fail`, `assert`, `crypt`.

mod attribute;
mod failing;
mod secret;

use rhai::Module;
use rhai::plugin::combine_with_exported_module;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = Module::new();
    module.set_doc("The values of custom attributes, what can be made of a secret, and ends that a script decides on.");
    combine_with_exported_module!(&mut module, "attribute", attribute::exported);
    combine_with_exported_module!(&mut module, "failing", failing::exported);
    combine_with_exported_module!(&mut module, "secret", secret::exported);
    module
}
