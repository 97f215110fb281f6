//! What scripts are granted to call: a list of modules that somebody outside hands in.

use crate::error::PlanError;

/// Functions for scripts, grouped in modules.
pub trait Library: Send + Sync {
    /// The modules, each with the namespace under which scripts see it. Called once for each
    /// [`crate::host::PlanHost`].
    fn modules(&self) -> Vec<LibraryModule>;

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
