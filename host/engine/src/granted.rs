//! The granted library made ready, once for each host: what is written in Rhai is compiled and
//! joined with the native functions of its module.

use crate::diagnostic::Diagnostic;
use crate::explain::Explainer;
use crate::explain::words::LazyWords;
use crate::language::Language;
use crate::library::{Library, LibraryModule, LibraryScript};
use crate::limits::Limits;
use rhai::{AST, Engine, Module, Scope, Shared};
use std::collections::BTreeMap;

/// A library, ready for engines.
pub(crate) struct Granted {
    /// Each namespace once, with native and scripted functions.
    pub(crate) modules: Vec<LibraryModule>,
    /// The texts of the library's own scripts by the names that errors show.
    pub(crate) sources: BTreeMap<String, String>,
    /// The first script of the library that does not compile.
    pub(crate) broken: Option<Box<Diagnostic>>,
}

impl Granted {
    pub(crate) fn new(library: &dyn Library, language: &Language, limits: &Limits) -> Self {
        let scripts = library.scripts();
        let mut granted = Self {
            modules: library.modules(),
            sources: scripts
                .iter()
                .map(|script| (script.name(), script.source.to_owned()))
                .collect(),
            broken: None,
        };
        let engine = granted.compiler(&scripts, language, limits);
        for script in scripts {
            match compile(&engine, script) {
                Ok(module) => granted.join(script, module),
                Err(error) => {
                    let broken = granted.explain(script, &error, language);
                    granted.broken.get_or_insert(Box::new(broken));
                }
            }
        }
        granted
    }

    /// Makes what the library has callable.
    pub(crate) fn register(&self, engine: &mut Engine) {
        for LibraryModule { name, module } in &self.modules {
            if name.is_empty() {
                engine.register_global_module(Shared::clone(module));
            } else {
                engine.register_static_module(*name, Shared::clone(module));
            }
        }
    }

    /// An engine that knows the names of all modules, so that scripts may call one another in any
    /// order; which function is meant is found when it is called.
    fn compiler(&self, scripts: &[LibraryScript], language: &Language, limits: &Limits) -> Engine {
        let mut engine = language.engine();
        self.register(&mut engine);
        let has = |name| self.modules.iter().any(|module| module.name == name);
        for script in scripts.iter().filter(|script| !has(script.module)) {
            engine.register_static_module(script.module, Module::new().into());
        }
        limits.apply(&mut engine);
        engine
    }

    fn join(&mut self, script: LibraryScript, scripted: Module) {
        let place = self.modules.iter().position(|m| m.name == script.module);
        let mut joined = place.map_or_else(Module::new, |at| (*self.modules[at].module).clone());
        joined.combine(scripted);
        // The name under which errors in its scripted functions are reported.
        joined.set_id(script.name());
        joined.build_index();
        let joined = LibraryModule {
            name: script.module,
            module: joined.into(),
        };
        match place {
            Some(at) => self.modules[at] = joined,
            None => self.modules.push(joined),
        }
    }

    fn explain(
        &self,
        script: LibraryScript,
        error: &rhai::EvalAltResult,
        language: &Language,
    ) -> Diagnostic {
        let words = LazyWords::new(self.modules.clone(), language.core());
        let (name, none) = (script.name(), BTreeMap::new());
        let explainer = Explainer::new(&name, script.source, &none, &none, &words);
        match error {
            rhai::EvalAltResult::ErrorParsing(kind, position) => {
                explainer.parse_error(&name, &rhai::ParseError(kind.clone().into(), *position))
            }
            other => Diagnostic::new(crate::Code::P2011, format!("`{name}` failed: {other}")),
        }
    }
}

fn compile(engine: &Engine, script: LibraryScript) -> Result<Module, Box<rhai::EvalAltResult>> {
    let mut ast = engine.compile(script.source)?;
    ast.set_source(script.name());
    let mut module = Module::eval_ast_as_new(Scope::new(), &ast, engine)?;
    module.set_doc(doc(&ast));
    Ok(module)
}

/// The comment at the head of a script, without its marks.
fn doc(ast: &AST) -> String {
    let lines = ast.doc().lines().map(|line| {
        let line = line.trim().trim_start_matches("//!");
        line.strip_prefix(' ').unwrap_or(line).to_owned()
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests;
