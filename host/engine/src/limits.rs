//! How much one script may use, every limit with its default.

use rhai::Engine;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How much one script may use. Every limit has a test with a script that reaches it;
/// `docs/reference/limits.md` gives the reasons for the defaults.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Limits {
    /// How deep functions of scripts may call each other; `P2002` past it.
    pub call_levels: usize,
    /// How deep expressions and blocks may nest outside of functions; `P1005` past it.
    pub expression_depth: usize,
    /// How deep they may nest inside of a function; `P1005` past it.
    pub function_expression_depth: usize,
    /// Operations of one script and its imports; `P2001` past it.
    pub operations: u64,
    /// Bytes of one string; `P2003` past it.
    pub string_bytes: usize,
    /// Items of one array, arrays in it counted too; `P2003` past it.
    pub array_items: usize,
    /// Entries of one map, maps in it counted too; `P2003` past it.
    pub map_items: usize,
    /// How deep arrays, maps and closures may be in each other; `P2003` past it.
    pub value_depth: usize,
    /// Variables that are alive at once; `P2018` past it.
    pub variables: usize,
    /// Functions that one script defines; `P1008` past it.
    pub functions: usize,
    /// Scripts that one script imports, those that they import counted too; `P1008` past it.
    pub modules: usize,
    /// Bytes of one script; `P1004` past it.
    pub source_bytes: usize,
    /// Lines of one script; `P1004` past it.
    pub source_lines: usize,
    /// Characters of one line of a script; `P1004` past it.
    pub source_columns: usize,
    /// Bytes that all steps of a run together may log; `P2012` past it.
    pub log_bytes: usize,
    /// Bytes of the stack that a script is compiled and run on. Not for scripts to reach: the
    /// limits of depth keep them far below it.
    pub stack_bytes: usize,
    /// Seconds that all steps of a run together may take; `P2004` past it.
    pub deadline_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call_levels: 32,
            expression_depth: 64,
            function_expression_depth: 32,
            operations: 20_000_000,
            string_bytes: 1 << 20,
            array_items: 4096,
            map_items: 4096,
            value_depth: 64,
            variables: 256,
            functions: 256,
            modules: 32,
            source_bytes: 256 << 10,
            source_lines: 65_000,
            source_columns: 65_000,
            log_bytes: 1 << 20,
            stack_bytes: 16 << 20,
            deadline_seconds: 600,
        }
    }
}

impl Limits {
    /// How long all steps of a run together may take.
    pub fn deadline(&self) -> Duration {
        Duration::from_secs(self.deadline_seconds)
    }

    /// Sets what Rhai itself watches. Nothing is left at Rhai's defaults, which differ between
    /// debug and release builds.
    pub(crate) fn apply(&self, engine: &mut Engine) {
        engine
            .set_max_call_levels(self.call_levels)
            .set_max_expr_depths(self.expression_depth, self.function_expression_depth)
            .set_max_operations(self.operations)
            .set_max_string_size(self.string_bytes)
            .set_max_array_size(self.array_items)
            .set_max_map_size(self.map_items)
            .set_max_variables(self.variables)
            .set_max_functions(self.functions)
            .set_max_modules(self.modules);
    }
}

#[cfg(test)]
mod tests;
