//! What scripts are granted to call: a list of modules that somebody outside hands in.

use crate::error::PlanError;

/// Functions for scripts, grouped in modules.
pub trait Library: Send + Sync {
    /// The modules, each with the namespace under which scripts see it. Called once for each
    /// [`crate::host::PlanHost`].
    fn modules(&self) -> Vec<LibraryModule>;

    /// The functions that are written in Rhai themselves, by module. They are compiled once for
    /// each host, see every module of the library, and join the native functions of their module.
    fn scripts(&self) -> Vec<LibraryScript> {
        Vec::new()
    }

    /// Whether the library's template functions could parse the template `name`.
    ///
    /// # Errors
    /// What is wrong with it.
    fn check_template(&self, name: &str, text: &str) -> Result<(), PlanError> {
        let _ = (name, text);
        Ok(())
    }
}

/// One module of a library.
#[derive(Debug, Clone)]
pub struct LibraryModule {
    /// The namespace, `file` for `file::read`; empty for functions without one (`attribute`).
    pub name: &'static str,
    /// The functions, with their doc comments.
    pub module: rhai::Shared<rhai::Module>,
}

/// The functions of one module that are written in Rhai.
///
/// Doc comments have the form of the native ones, and a section `# Signature` more, with the types
/// that Rhai does not write down: `` `(name: string, options: map) -> bool` ``. What is `private`
/// is not seen outside of the script.
#[derive(Debug, Clone, Copy)]
pub struct LibraryScript {
    /// The namespace, as in [`LibraryModule`]; never empty.
    pub module: &'static str,
    /// The text.
    pub source: &'static str,
}

impl LibraryScript {
    /// The name that errors show, `std/server.rhai`. No script of a plan library has such a name:
    /// those begin with `scripts/`.
    pub fn name(&self) -> String {
        format!("std/{}.rhai", self.module)
    }
}
