//! The host of plan scripts: compiles them and runs them.

use crate::codes::Code;
use crate::context::{Place, RunContext, Tag};
use crate::control::RunControl;
use crate::diagnostic::Diagnostic;
use crate::error::PlanError;
use crate::explain::Explainer;
use crate::language::{Language, printed_at};
use crate::library::{Library, LibraryModule};
use crate::limits::Limits;
use crate::stack::on_own_stack;
use crate::world::{LogLevel, PlanWorld};
use rhai::{AST, Dynamic, Engine, Shared};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

/// Compiles and runs plan scripts with one granted library and one set of limits.
///
/// It makes the product's only `rhai::Engine`s: one for each compilation and each run, which costs
/// next to nothing because packages and modules are shared.
pub struct PlanHost {
    language: Language,
    modules: Vec<LibraryModule>,
    scripts: BTreeMap<String, String>,
    limits: Limits,
}

/// A script that compiled, with the name that errors show. Run it with the host that made it.
#[derive(Clone)]
pub struct CompiledScript {
    name: String,
    source: Arc<str>,
    ast: AST,
}

impl PlanHost {
    /// A host that grants `library`.
    pub fn new(library: &dyn Library, limits: Limits) -> Self {
        Self {
            language: Language::new(),
            modules: library.modules(),
            scripts: BTreeMap::new(),
            limits,
        }
    }

    /// The scripts of the plan library, by name (`scripts/network.rhai`): what `import` finds.
    #[must_use]
    pub fn with_scripts(mut self, scripts: BTreeMap<String, String>) -> Self {
        self.scripts = scripts;
        self
    }

    /// What scripts may use.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Compiles `source`; `name` is what errors show.
    ///
    /// # Errors
    /// The first thing that is wrong with the script: `P1…`.
    pub fn compile(&self, name: &str, source: &str) -> Result<CompiledScript, Box<Diagnostic>> {
        self.check_size(name, source)?;
        let engine = self.engine();
        let compiled = on_own_stack("plan compile", self.limits.stack_bytes, || {
            engine.compile(source)
        });
        let mut ast = compiled
            .map_err(|error| Box::new(Diagnostic::from(error)))?
            .map_err(|error| Box::new(self.explainer(name, source).parse_error(&error)))?;
        ast.set_source(name);
        Ok(CompiledScript {
            name: name.to_owned(),
            source: source.into(),
            ast,
        })
    }

    /// Runs a script on a stack of its own, and waits for its end.
    ///
    /// The steps of a build plan run one after another with the same `world` and `control`.
    ///
    /// # Errors
    /// What ended the script, with its place.
    pub fn run(
        &self,
        script: &CompiledScript,
        world: Arc<Mutex<dyn PlanWorld>>,
        control: &RunControl,
    ) -> Result<(), Box<Diagnostic>> {
        let context = RunContext::new(world, control.clone(), self.limits.clone());
        let context = Arc::new(context);
        let engine = self.run_engine(&context);
        let result = on_own_stack("plan", self.limits.stack_bytes, || {
            engine.run_ast(&script.ast)
        });
        let explainer = self.explainer(&script.name, &script.source);
        let failed = match (result, context.halt()) {
            (Ok(Ok(())), None) => return Ok(()),
            (Ok(Ok(())), Some(halt)) => explainer.halted(&halt, None),
            (Ok(Err(error)), Some(halt)) => explainer.halted(&halt, Some(&error)),
            (Ok(Err(error)), None) => explainer.runtime_error(&error),
            (Err(panic), _) => explainer.panicked(panic, context.leave()),
        };
        Err(Box::new(failed))
    }

    fn engine(&self) -> Engine {
        let mut engine = self.language.engine();
        for LibraryModule { name, module } in &self.modules {
            if name.is_empty() {
                engine.register_global_module(Shared::clone(module));
            } else {
                engine.register_static_module(*name, Shared::clone(module));
            }
        }
        self.limits.apply(&mut engine);
        engine
    }

    fn run_engine(&self, context: &Arc<RunContext>) -> Engine {
        let mut engine = self.engine();
        engine.set_default_tag(Dynamic::from(Tag(Arc::clone(context))));
        let run = Arc::clone(context);
        engine.on_progress(move |_| run.progress());
        let run = Arc::clone(context);
        engine.on_print(move |text| run.log_or_halt(LogLevel::Info, text, printed_at(&run)));
        let run = Arc::clone(context);
        engine.on_debug(move |text, script, position| {
            let script = script.unwrap_or_default().to_owned();
            run.log_or_halt(LogLevel::Debug, text, Place { script, position });
        });
        engine
    }

    fn check_size(&self, name: &str, source: &str) -> Result<(), Box<Diagnostic>> {
        let Limits {
            source_bytes,
            source_lines,
            source_columns,
            ..
        } = self.limits;
        let what = if source.len() > source_bytes {
            format!("it has more than {source_bytes} bytes")
        } else if source.lines().count() > source_lines {
            format!("it has more than {source_lines} lines")
        } else if source
            .lines()
            .any(|line| line.chars().count() > source_columns)
        {
            format!("a line in it has more than {source_columns} characters")
        } else {
            return Ok(());
        };
        let message = format!("the script `{name}` is too large: {what}");
        Err(Box::new(PlanError::new(Code::P1004, message).into()))
    }

    fn explainer<'a>(&'a self, name: &'a str, source: &'a str) -> Explainer<'a> {
        Explainer::new(name, source, &self.scripts)
    }
}

impl CompiledScript {
    /// The name that errors show.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The script's text.
    pub fn source(&self) -> &str {
        &self.source
    }
}

impl fmt::Debug for PlanHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.modules.iter().map(|module| module.name).collect();
        f.debug_struct("PlanHost")
            .field("modules", &names)
            .field("scripts", &self.scripts.keys())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for CompiledScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledScript")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
