//! The catalogue of what scripts can call, read from the functions' own metadata and doc comments.

mod book;
mod check;
mod definitions;
mod docs;
mod markdown;
mod read;
mod signature;

pub use docs::{Docs, ErrorDoc};
pub(crate) use read::names;

use crate::granted::Granted;
use crate::language::Language;
use crate::library::{Library, LibraryModule};
use crate::limits::Limits;
use serde::Serialize;

/// All functions of a library, by module and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Catalogue {
    /// The modules, by name; the first is that without a name.
    pub modules: Vec<Module>,
}

/// The functions of one namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Module {
    /// `file` for `file::read`; empty for functions without a namespace.
    pub name: String,
    /// What it is for.
    pub doc: String,
    /// Its functions, by name, then by number of parameters.
    pub functions: Vec<Function>,
}

/// One function, or one overload of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Function {
    /// The namespace; empty without one.
    pub module: String,
    /// The name, without namespace; of a property, its name.
    pub name: String,
    /// Whether it is the property of a value: `nic.mac`.
    pub property: bool,
    /// What it takes.
    pub parameters: Vec<Parameter>,
    /// The type of what it gives; none when it gives nothing.
    pub returns: Option<String>,
    /// What its doc comment says.
    pub docs: Docs,
    /// Whether it reached for the run although Rhai was free to call it before the run.
    #[serde(skip)]
    not_volatile: bool,
}

/// One parameter of a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its type as scripts call it: `string`, `int`, `map`, `any`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// An example out of a doc comment. It is a script whose last expression is `true`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The function that it is for, `file::read`.
    pub function: String,
    /// The script.
    pub source: String,
}

impl Catalogue {
    /// The catalogue of `library`.
    pub fn of(library: &dyn Library) -> Self {
        let granted = Granted::new(library, &Language::new(), &Limits::default());
        Self::of_modules(&granted.modules)
    }

    pub(crate) fn of_modules(modules: &[LibraryModule]) -> Self {
        read::catalogue(modules)
    }

    /// Every function.
    pub fn functions(&self) -> impl Iterator<Item = &Function> {
        self.modules.iter().flat_map(|module| &module.functions)
    }

    /// Every example, to be run as a test.
    pub fn examples(&self) -> Vec<Example> {
        let of = |function: &Function| {
            let name = function.full_name();
            let sources = function.docs.examples.clone().into_iter();
            sources.map(move |source| Example {
                function: name.clone(),
                source,
            })
        };
        self.functions().flat_map(of).collect()
    }

    /// The whole reference as the files of an mdBook: path and text of each.
    pub fn book(&self) -> Vec<(String, String)> {
        book::files(self)
    }

    /// What editors need to know the functions: a Rhai definition file for each module, name and
    /// text.
    pub fn definitions(&self) -> Vec<(String, String)> {
        definitions::files(self)
    }

    /// What is wrong with the functions' docs and declarations, a sentence for each.
    pub fn problems(&self) -> Vec<String> {
        check::problems(self)
    }
}

impl Module {
    /// The page of the reference for this module.
    pub fn to_markdown(&self) -> String {
        markdown::page(self)
    }

    /// The name of its page without an ending: that of the module, or `functions`.
    pub fn page_name(&self) -> &str {
        match self.name.as_str() {
            "" => "functions",
            name => name,
        }
    }
}

impl Function {
    /// `file::read`.
    pub fn full_name(&self) -> String {
        full_name(&self.module, &self.name)
    }

    /// Its section of the reference.
    pub fn to_markdown(&self) -> String {
        markdown::section(self)
    }

    /// `file::read(path: string) -> string`; of a property, `nic.mac -> string`.
    pub fn signature(&self) -> String {
        let parameters = self.parameters.iter();
        let mut text = if self.property {
            let of = parameters.map(|p| p.kind.as_str()).next();
            format!("{}.{}", of.unwrap_or("any"), self.name)
        } else {
            let parameters: Vec<_> = parameters
                .map(|p| format!("{}: {}", p.name, p.kind))
                .collect();
            format!("{}({})", self.full_name(), parameters.join(", "))
        };
        if let Some(returns) = &self.returns {
            text.push_str(&format!(" -> {returns}"));
        }
        text
    }
}

fn full_name(module: &str, name: &str) -> String {
    match module {
        "" => name.to_owned(),
        module => format!("{module}::{name}"),
    }
}

#[cfg(test)]
mod tests;
