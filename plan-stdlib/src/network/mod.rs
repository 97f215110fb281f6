//! `network`: the interfaces of the system, in whatever stack the image has.
//!
//! Scripts declare interfaces in any order, from any step; every call adds to one neutral model
//! ([`model`]) and writes all files of it anew by the renderer of the stack ([`render`]).

pub(crate) mod detect;
mod functions;
mod interfaces;
mod model;
mod nic;
mod present;
mod render;
mod resolver;
mod script;
mod update;

use rhai::Module;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(functions::exported);
    module.set_doc("Sets up network interfaces in whatever network stack the image has.");
    module
}

#[cfg(test)]
mod tests;
