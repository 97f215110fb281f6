//! `file`: files, directories and links of the volume.

pub(crate) mod access;
mod block;
mod checksum;
mod content;
mod copying;
mod directory;
pub(crate) mod glob;
mod line;
pub(crate) mod link;
mod metadata;
mod rendered;
#[cfg(test)]
mod tests;
mod xattr;

use rhai::Module;
use rhai::plugin::combine_with_exported_module;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = Module::new();
    module.set_doc("Reads, writes and edits the files, directories and links of the volume.");
    combine_with_exported_module!(&mut module, "content", content::exported);
    combine_with_exported_module!(&mut module, "line", line::exported);
    combine_with_exported_module!(&mut module, "block", block::exported);
    combine_with_exported_module!(&mut module, "copying", copying::exported);
    combine_with_exported_module!(&mut module, "directory", directory::exported);
    combine_with_exported_module!(&mut module, "glob", glob::exported);
    combine_with_exported_module!(&mut module, "link", link::exported);
    combine_with_exported_module!(&mut module, "metadata", metadata::exported);
    combine_with_exported_module!(&mut module, "xattr", xattr::exported);
    combine_with_exported_module!(&mut module, "checksum", checksum::exported);
    combine_with_exported_module!(&mut module, "rendered", rendered::exported);
    module
}
