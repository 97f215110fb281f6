//! What a script could have meant: the functions and modules that there are, by likeness.

use crate::catalogue::Catalogue;
use crate::library::LibraryModule;
use rhai::{Module, Shared};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::OnceLock;

/// Names longer than this are no slips of the finger; in characters.
const MAX_NAME: usize = 80;

/// The words, made when the first error asks for them.
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
#[derive(Debug)]
pub(crate) struct Words {
    /// Full names and signatures of the library's functions.
    functions: Vec<(String, String)>,
    /// Names of the language's own functions.
    core: BTreeSet<String>,
    modules: BTreeSet<String>,
}

impl Words {
    fn new(modules: &[LibraryModule], core: Shared<Module>) -> Self {
        let catalogue = Catalogue::of_modules(modules);
        let core = Catalogue::of_modules(&[LibraryModule {
            name: "",
            module: core,
        }]);
        let functions = catalogue.functions().filter(|f| !f.property);
        Self {
            functions: functions.map(|f| (f.full_name(), f.signature())).collect(),
            core: core.functions().map(|f| f.name.clone()).collect(),
            modules: modules
                .iter()
                .map(|module| module.name.to_owned())
                .filter(|name| !name.is_empty())
                .collect(),
        }
    }

    /// The signatures of the library's function `name`.
    pub(crate) fn signatures(&self, name: &str) -> Vec<&str> {
        let same = self.functions.iter().filter(|(full, _)| full == name);
        same.map(|(_, signature)| signature.as_str()).collect()
    }

    /// Whether the language or the library has a function `name`.
    pub(crate) fn has_function(&self, name: &str) -> bool {
        self.core.contains(name) || self.functions.iter().any(|(full, _)| full == name)
    }

    /// Whether a value may have a method `name`: a function of the language, or of the library,
    /// where a module's methods need no namespace.
    pub(crate) fn has_method(&self, name: &str) -> bool {
        let last = |full: &str| full.rsplit("::").next() == Some(name);
        self.core.contains(name) || self.functions.iter().any(|(full, _)| last(full))
    }

    /// The function whose name is most like `name`; `own` are the script's own.
    pub(crate) fn like_function<'s>(&'s self, name: &str, own: &[&'s str]) -> Option<&'s str> {
        let full = self.functions.iter().map(|(full, _)| full.as_str());
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
        nearest(name, self.modules.iter().map(String::as_str))
    }

    /// The names of all modules.
    pub(crate) fn modules(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().map(String::as_str)
    }
}

/// Which of `names` is so like `wanted` that it may be meant.
pub(crate) fn nearest<'n>(
    wanted: &str,
    names: impl IntoIterator<Item = &'n str>,
) -> Option<&'n str> {
    let length = wanted.chars().count();
    if length > MAX_NAME {
        return None;
    }
    let limit = (length / 3).max(1);
    names
        .into_iter()
        .filter(|name| *name != wanted)
        .map(|name| (distance(wanted, name, limit), name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// How many letters must be changed, added, removed or swapped with the next to make `b` of `a`;
/// more than `limit` when it is more than that.
fn distance(a: &str, b: &str, limit: usize) -> usize {
    let (a, b): (Vec<_>, Vec<_>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > limit {
        return limit + 1;
    }
    // The last two rows of the table of Damerau and Levenshtein, and the one in work.
    let mut rows = [vec![0; b.len() + 1], (0..=b.len()).collect(), Vec::new()];
    for (i, x) in a.iter().enumerate() {
        let [before, last, _] = &rows;
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(x != y);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            let swapped = i > 0 && j > 0 && a[i - 1] == *y && b[j - 1] == *x;
            if swapped {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        rows = [std::mem::take(&mut rows[1]), row, Vec::new()];
    }
    rows[1].last().copied().unwrap_or(limit + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, expected) in [
            ("read", "read", 0),
            ("reed", "read", 1),
            ("raed", "read", 1),
            ("", "ab", 2),
            ("adresses", "addresses", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(a, b, 5), expected, "{a} {b}");
            assert_eq!(distance(b, a, 5), expected, "{b} {a}");
        }
    }

    #[test]
    fn only_what_is_like_it_is_meant() {
        let names = ["file::read", "file::write", "print"];
        assert_eq!(nearest("file::reed", names), Some("file::read"));
        assert_eq!(nearest("prnit", names), Some("print"));
        assert_eq!(nearest("launch", names), None);
    }
}
