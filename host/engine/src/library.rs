//! What scripts are granted to call: a list of modules that somebody outside hands in.

use crate::error::PlanError;
use std::collections::BTreeSet;

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

    /// What the library's template functions would make of the template `name`, without rendering
    /// it; nothing when that cannot be told.
    ///
    /// # Errors
    /// What is wrong with it.
    fn read_template(
        &self,
        name: &str,
        text: &str,
    ) -> Result<Option<TemplateFacts>, TemplateFault> {
        let _ = (name, text);
        Ok(None)
    }
}

/// What a template takes, as far as its text tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TemplateFacts {
    /// The variables without which it fails where it comes to them.
    pub required: BTreeSet<String>,
    /// The variables that it looks at, with those.
    pub used: BTreeSet<String>,
    /// The templates that it includes, imports or extends.
    pub refers: BTreeSet<String>,
    /// Whether there are more of them, whose names it computes.
    pub refers_to_any: bool,
}

/// What is wrong with a template, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateFault {
    /// What.
    pub error: PlanError,
    /// The line, from 1, where that is known.
    pub line: Option<usize>,
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
