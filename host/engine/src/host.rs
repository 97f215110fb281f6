//! The host of plan scripts: compiles them and runs them.

use crate::calls::unknown_calls;
use crate::context::{Place, RunContext, Tag};
use crate::control::RunControl;
use crate::diagnostic::Diagnostic;
use crate::explain::Explainer;
use crate::explain::words::LazyWords;
use crate::granted::Granted;
use crate::growth;
use crate::language::{Language, printed_at};
use crate::library::Library;
use crate::limits::Limits;
use crate::script::{CompiledScript, Compiler};
use crate::stack::on_own_stack;
use crate::world::{LogLevel, PlanWorld};
use rhai::{Dynamic, Engine};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

/// Compiles and runs plan scripts with one granted library and one set of limits.
///
/// It makes the product's only `rhai::Engine`s: one for each compilation and each run, which costs
/// next to nothing because packages and modules are shared.
pub struct PlanHost {
    language: Language,
    granted: Granted,
    words: LazyWords,
    scripts: BTreeMap<String, String>,
    limits: Limits,
}

impl PlanHost {
    /// A host that grants `library`.
    pub fn new(library: &dyn Library, limits: Limits) -> Self {
        let language = Language::new();
        let granted = Granted::new(library, &language, &limits);
        Self {
            words: LazyWords::new(granted.modules.clone(), language.core()),
            language,
            granted,
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
    /// The first thing that is wrong with the script: `P1…`; or with one of the library's own.
    pub fn compile(&self, name: &str, source: &str) -> Result<CompiledScript, Box<Diagnostic>> {
        if let Some(broken) = &self.granted.broken {
            return Err(broken.clone());
        }
        let explainer = self.explainer(name, source);
        let compiler = Compiler::new(self.engine(), &self.limits, &self.scripts, explainer);
        let compiled = on_own_stack("plan compile", self.limits.stack_bytes, || {
            compiler.compile(name, source)
        });
        compiled.unwrap_or_else(|panic| Err(Box::new(panic.into())))
    }

    /// What would fail in `source` because nobody has the function that is called, in order. Only a
    /// run finds a call with wrong arguments.
    pub fn unknown_calls(&self, name: &str, source: &str) -> Vec<Diagnostic> {
        let explainer = self.explainer(name, source);
        let unknown = unknown_calls(source, &self.scripts, self.words.get()).into_iter();
        unknown
            .map(|(mut diagnostic, call)| {
                let place = (call.line, call.column);
                diagnostic.frames.push(explainer.frame(name, place, None));
                diagnostic
            })
            .collect()
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
        let mut engine = self.run_engine(&context);
        let explainer = self.explainer(script.name(), script.source());
        // Errors are explained there too: the values in them may be as deep as the script likes.
        let result = on_own_stack("plan", self.limits.stack_bytes, || {
            let failed = match (script.run(&mut engine), context.halt()) {
                (Ok(()), None) => match context.overrun() {
                    None => return Ok(()),
                    Some(overrun) => explainer.halted(&overrun, None),
                },
                (result, Some(halt)) => explainer.halted(&halt, result.err().as_ref()),
                (Err(failure), None) => explainer.runtime_error(&failure),
            };
            Err(Box::new(failed))
        });
        let panicked = |error| Err(Box::new(explainer.panicked(error, context.leave())));
        result.unwrap_or_else(panicked)
    }

    fn engine(&self) -> Engine {
        let mut engine = self.language.engine();
        self.granted.register(&mut engine);
        self.limits.apply(&mut engine);
        engine
    }

    fn run_engine(&self, context: &Arc<RunContext>) -> Engine {
        let mut engine = self.engine();
        engine.set_default_tag(Dynamic::from(Tag::Run(Arc::clone(context))));
        growth::watch(&mut engine, &self.limits);
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

    fn explainer<'a>(&'a self, name: &'a str, source: &'a str) -> Explainer<'a> {
        Explainer::new(
            name,
            source,
            &self.scripts,
            &self.granted.sources,
            &self.words,
        )
    }
}

impl fmt::Debug for PlanHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self
            .granted
            .modules
            .iter()
            .map(|module| module.name)
            .collect();
        f.debug_struct("PlanHost")
            .field("modules", &names)
            .field("scripts", &self.scripts.keys())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
