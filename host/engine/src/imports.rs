//! What scripts import: only scripts of the same plan library, by literal names, found before
//! anything runs.

use crate::codes::Code;
use crate::error::PlanError;
use crate::tokens::{Kind, tokens};
use rhai::{Engine, EvalAltResult, Module, ModuleResolver, Position, Shared};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// An `import` in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Import {
    /// As written; none when it is computed.
    pub(crate) name: Option<String>,
    /// Where the name is: line and column from 1.
    pub(crate) place: (usize, usize),
}

/// The imports of a script, in order.
pub(crate) fn imports(source: &str) -> Vec<Import> {
    let tokens = tokens(source);
    let after = |at: usize| tokens.get(at + 1).zip(Some(tokens.get(at + 2)));
    let words = tokens.iter().enumerate();
    words
        .filter(|(_, word)| word.is("import"))
        .filter_map(|(at, _)| after(at))
        .map(|(name, end)| Import {
            name: match &name.kind {
                // Anything else after the literal would compute with it.
                Kind::Text(text) if end.is_none_or(|end| end.is("as") || end.is(";")) => {
                    Some(text.clone())
                }
                _ => None,
            },
            place: (name.line, name.column),
        })
        .collect()
}

/// The name in `scripts` of what is imported as `name`: itself, without `scripts/`, without
/// `.rhai`.
///
/// # Errors
/// `P1006` for a name that is no name of a script here, whatever it tries to be.
pub(crate) fn find<'s>(
    scripts: &'s BTreeMap<String, String>,
    name: &str,
) -> Result<(&'s str, &'s str), PlanError> {
    let escapes = name.starts_with('/')
        || name.contains(['\\', ':', '\0'])
        || name.split('/').any(|part| matches!(part, "" | "." | ".."));
    if escapes {
        let message = format!(
            "cannot import `{}`: it is not the name of a script",
            shown(name)
        );
        return Err(PlanError::new(Code::P1006, message)
            .help("only scripts of the same plan library can be imported, by their names"));
    }
    [
        name.to_owned(),
        format!("{name}.rhai"),
        format!("scripts/{name}"),
        format!("scripts/{name}.rhai"),
    ]
    .iter()
    .find_map(|key| scripts.get_key_value(key))
    .map(|(key, source)| (key.as_str(), source.as_str()))
    .ok_or_else(|| unknown(scripts, name))
}

fn unknown(scripts: &BTreeMap<String, String>, name: &str) -> PlanError {
    let message = format!(
        "cannot import `{}`: this plan library has no such script",
        shown(name)
    );
    let names: Vec<_> = scripts
        .keys()
        .take(20)
        .map(|key| format!("`{key}`"))
        .collect();
    let help = match names.len() {
        0 => "it has no scripts to import".to_owned(),
        _ => format!("it has {}", names.join(", ")),
    };
    PlanError::new(Code::P1006, message).help(help)
}

fn shown(name: &str) -> String {
    name.escape_debug().take(100).collect()
}

/// Gives running scripts the modules that their imports became, by the names they wrote.
#[derive(Clone, Default)]
pub(crate) struct Imported(Arc<Mutex<BTreeMap<String, Shared<Module>>>>);

impl Imported {
    pub(crate) fn add(&self, name: &str, module: &Shared<Module>) {
        let mut modules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        modules.insert(name.to_owned(), Shared::clone(module));
    }
}

impl ModuleResolver for Imported {
    fn resolve(
        &self,
        _engine: &Engine,
        _source: Option<&str>,
        name: &str,
        position: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let modules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        modules
            .get(name)
            .cloned()
            .ok_or_else(|| EvalAltResult::ErrorModuleNotFound(name.to_owned(), position).into())
    }
}
