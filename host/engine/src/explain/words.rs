//! What a script could have meant: the functions and modules that there are, by likeness.

use crate::catalogue::{Catalogue, names};
use crate::library::LibraryModule;
use crate::nearest::nearest;
use rhai::{Module, Shared};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::OnceLock;

/// The words, made when the first script asks for them.
pub(crate) struct LazyWords {
    modules: Vec<LibraryModule>,
    core: Shared<Module>,
    words: OnceLock<Words>,
}

impl LazyWords {
    pub(crate) fn new(modules: Vec<LibraryModule>, core: Shared<Module>) -> Self {
        Self {
            modules,
            core,
            words: OnceLock::new(),
        }
    }

    pub(crate) fn get(&self) -> &Words {
        let make = || Words::new(&self.modules, Shared::clone(&self.core));
        self.words.get_or_init(make)
    }
}

impl fmt::Debug for LazyWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LazyWords").finish_non_exhaustive()
    }
}

/// The names that scripts can use.
pub(crate) struct Words {
    /// Full names of the library's functions.
    functions: BTreeSet<String>,
    /// Names of the language's own functions.
    core: BTreeSet<String>,
    library: Vec<LibraryModule>,
    /// Names and signatures of the library's functions: reading them takes far longer than the
    /// names, and only an error shows them.
    signatures: OnceLock<Vec<(String, String)>>,
}

impl Words {
    fn new(library: &[LibraryModule], core: Shared<Module>) -> Self {
        Self {
            functions: library.iter().flat_map(names).collect(),
            core: names(&LibraryModule {
                name: "",
                module: core,
            }),
            library: library.to_vec(),
            signatures: OnceLock::new(),
        }
    }

    /// The signatures of the library's function `name`.
    pub(crate) fn signatures(&self, name: &str) -> Vec<&str> {
        let all = self.signatures.get_or_init(|| {
            let catalogue = Catalogue::of_modules(&self.library);
            let functions = catalogue.functions().filter(|f| !f.property);
            functions.map(|f| (f.full_name(), f.signature())).collect()
        });
        let same = all.iter().filter(|(full, _)| full == name);
        same.map(|(_, signature)| signature.as_str()).collect()
    }

    /// Whether the language or the library has a function `name`.
    pub(crate) fn has_function(&self, name: &str) -> bool {
        self.core.contains(name) || self.functions.contains(name)
    }

    /// Whether a value may have a method `name`: a function of the language, or of the library,
    /// where a module's methods need no namespace.
    pub(crate) fn has_method(&self, name: &str) -> bool {
        let last = |full: &str| full.rsplit("::").next() == Some(name);
        self.core.contains(name) || self.functions.iter().any(|full| last(full))
    }

    /// The function whose name is most like `name`; `own` are the script's own.
    pub(crate) fn like_function<'s>(&'s self, name: &str, own: &[&'s str]) -> Option<&'s str> {
        let full = self.functions.iter().map(String::as_str);
        let all = full.clone().chain(self.core.iter().map(String::as_str));
        nearest(name, all.chain(own.iter().copied())).or_else(|| {
            // The name may be right and its namespace missing or wrong.
            let last = |full: &str| full.rsplit("::").next().unwrap_or_default().to_owned();
            let wanted = last(name);
            full.clone().find(|full| last(full) == wanted)
        })
    }

    /// The module whose name is most like `name`.
    pub(crate) fn like_module(&self, name: &str) -> Option<&str> {
        nearest(name, self.modules())
    }

    /// The names of all modules.
    pub(crate) fn modules(&self) -> impl Iterator<Item = &str> {
        let names = self.library.iter().map(|module| module.name);
        let names: BTreeSet<_> = names.filter(|name| !name.is_empty()).collect();
        names.into_iter()
    }
}
