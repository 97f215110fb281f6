//! A script that compiled, together with all that it imports.

use crate::codes::Code;
use crate::diagnostic::{Diagnostic, Frame};
use crate::error::PlanError;
use crate::explain::Explainer;
use crate::imports::{Imported, find, imports};
use crate::limits::Limits;
use rhai::{AST, Engine, EvalAltResult, Module, Scope, Shared};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

/// A script that compiled, with the name that errors show. Run it with the host that made it.
#[derive(Clone)]
pub struct CompiledScript {
    main: Unit,
    /// What it imports, and what that imports, in the order in which they must run.
    imported: Vec<Unit>,
}

/// One script.
#[derive(Clone)]
struct Unit {
    name: String,
    source: Arc<str>,
    ast: AST,
    /// The names that any script imports it by.
    spellings: Vec<String>,
    /// Where it was first imported, innermost first.
    from: Vec<Frame>,
}

/// How the names that Rhai gives to closures begin.
pub(crate) const CLOSURE: &str = "anon$";

/// What failed while a script or one of its imports ran.
pub(crate) struct Failure {
    pub(crate) error: Box<EvalAltResult>,
    /// The script that was run.
    pub(crate) script: String,
    /// Where it was imported.
    pub(crate) from: Vec<Frame>,
    /// Which script each closure stands in, by the name that Rhai gives it: wherever a closure is
    /// called, Rhai takes it for a part of the script that calls it.
    pub(crate) closures: BTreeMap<String, String>,
}

impl CompiledScript {
    /// The name that errors show.
    pub fn name(&self) -> &str {
        &self.main.name
    }

    /// The script's text.
    pub fn source(&self) -> &str {
        &self.main.source
    }

    /// The names of the scripts that it imports, and that those import.
    pub fn imports(&self) -> impl Iterator<Item = &str> {
        self.imported.iter().map(|unit| unit.name.as_str())
    }

    /// Runs what it imports, each once, then the script itself. What is imported never runs inside
    /// of something else, so no chain of imports makes the stack deep.
    pub(crate) fn run(&self, engine: &mut Engine) -> Result<(), Failure> {
        self.run_units(engine).map_err(|failure| Failure {
            closures: self.closures(),
            ..failure
        })
    }

    fn run_units(&self, engine: &mut Engine) -> Result<(), Failure> {
        let modules = Imported::default();
        engine.set_module_resolver(modules.clone());
        for unit in &self.imported {
            let module = Module::eval_ast_as_new(Scope::new(), &unit.ast, engine);
            let module = Shared::new(module.map_err(|error| unit.failure(error))?);
            for name in &unit.spellings {
                modules.add(name, &module);
            }
        }
        engine
            .run_ast(&self.main.ast)
            .map_err(|error| self.main.failure(error))
    }

    fn closures(&self) -> BTreeMap<String, String> {
        let units = self.imported.iter().chain([&self.main]);
        let of = |unit: &Unit| -> Vec<(String, String)> {
            let functions = unit.ast.iter_functions();
            let closures = functions.filter(|function| function.name.starts_with(CLOSURE));
            closures
                .map(|closure| (closure.name.to_owned(), unit.name.clone()))
                .collect()
        };
        units.flat_map(of).collect()
    }
}

impl Unit {
    fn failure(&self, error: Box<EvalAltResult>) -> Failure {
        Failure {
            error,
            script: self.name.clone(),
            from: self.from.clone(),
            closures: BTreeMap::new(),
        }
    }
}

impl fmt::Debug for CompiledScript {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompiledScript")
            .field("name", &self.main.name)
            .field("imports", &self.imports().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

/// Compiles a script and what it imports.
pub(crate) struct Compiler<'h> {
    engine: Engine,
    limits: &'h Limits,
    scripts: &'h BTreeMap<String, String>,
    explainer: Explainer<'h>,
    done: Vec<Unit>,
    /// The scripts whose imports are being compiled, the outermost first, and where each imports:
    /// line and column.
    open: Vec<(String, (usize, usize))>,
}

type Compiled<T> = Result<T, Box<Diagnostic>>;

impl<'h> Compiler<'h> {
    pub(crate) fn new(
        engine: Engine,
        limits: &'h Limits,
        scripts: &'h BTreeMap<String, String>,
        explainer: Explainer<'h>,
    ) -> Self {
        Self {
            engine,
            limits,
            scripts,
            explainer,
            done: Vec::new(),
            open: Vec::new(),
        }
    }

    pub(crate) fn compile(mut self, name: &str, source: &str) -> Compiled<CompiledScript> {
        let main = self.unit(name, source)?;
        Ok(CompiledScript {
            main,
            imported: self.done,
        })
    }

    fn unit(&mut self, name: &str, source: &str) -> Compiled<Unit> {
        self.check_size(name, source)?;
        for import in imports(source) {
            self.open.push((name.to_owned(), import.place));
            self.import(import.name.as_deref())?;
            self.open.pop();
        }
        let parsed = self.engine.compile(source);
        let mut ast = parsed
            .map_err(|error| self.explainer.parse_error(name, &error))
            .map_err(|error| self.imported_here(error))?;
        ast.set_source(name);
        Ok(Unit {
            name: name.to_owned(),
            source: source.into(),
            ast,
            spellings: Vec::new(),
            from: self.from(),
        })
    }

    fn import(&mut self, name: Option<&str>) -> Compiled<()> {
        let name = name.ok_or_else(|| {
            self.refused("an import must name its script by a plain string, not compute it")
        })?;
        let (key, source) =
            find(self.scripts, name).map_err(|error| self.imported_here(error.into()))?;
        if self.open.iter().any(|(open, _)| open == key) {
            return Err(self.refused(&format!("`{key}` imports itself in the end")));
        }
        if !self.done.iter().any(|unit| unit.name == key) {
            let limit = self.limits.modules;
            if self.done.len() + self.open.len() > limit {
                let message = format!("more than {limit} scripts are imported");
                let error = PlanError::new(Code::P1008, message);
                return Err(self.imported_here(error.into()));
            }
            let unit = self.unit(key, source)?;
            self.done.push(unit);
        }
        let unit = self.done.iter_mut().find(|unit| unit.name == key);
        if let Some(unit) = unit {
            unit.spellings.push(name.to_owned());
        }
        Ok(())
    }

    fn refused(&self, message: &str) -> Box<Diagnostic> {
        self.imported_here(PlanError::new(Code::P1006, message).into())
    }

    /// Adds the places of the imports that are being compiled.
    fn imported_here(&self, mut diagnostic: Diagnostic) -> Box<Diagnostic> {
        diagnostic.frames.extend(self.from());
        Box::new(diagnostic)
    }

    fn from(&self) -> Vec<Frame> {
        self.open
            .iter()
            .rev()
            .map(|(name, place)| self.explainer.frame(name, *place, None))
            .collect()
    }

    fn check_size(&self, name: &str, source: &str) -> Compiled<()> {
        let Limits {
            source_bytes,
            source_lines,
            source_columns,
            ..
        } = *self.limits;
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
        Err(self.imported_here(PlanError::new(Code::P1004, message).into()))
    }
}
