//! What every function of a library owes its readers.

use super::{Catalogue, Function};
use crate::codes::Code;
use std::collections::BTreeMap;

pub(super) fn problems(catalogue: &Catalogue) -> Vec<String> {
    let mut found = Vec::new();
    for ((name, _), overloads) in overloads(catalogue) {
        // Docs stand at one of the overloads, the longest.
        let documented = overloads.iter().any(|f| !f.docs.summary.is_empty());
        if !documented {
            found.push(format!("`{name}` has no doc comment"));
        }
        for function in overloads {
            let problems = of_function(function);
            found.extend(problems.iter().map(|what| format!("`{name}` {what}")));
        }
    }
    found
}

fn overloads(catalogue: &Catalogue) -> BTreeMap<(String, bool), Vec<&Function>> {
    let mut groups = BTreeMap::<_, Vec<_>>::new();
    for function in catalogue.functions() {
        let group = (function.full_name(), function.property);
        groups.entry(group).or_default().push(function);
    }
    groups
}

fn of_function(function: &Function) -> Vec<String> {
    let docs = &function.docs;
    let mut found = Vec::new();
    if function.not_volatile {
        found.push("reaches for the run but is not marked `volatile`".to_owned());
    }
    if function
        .parameters
        .iter()
        .any(|parameter| parameter.kind.is_empty())
    {
        found.push(
            "has a parameter of no known type: its `# Signature` is missing or wrong".to_owned(),
        );
    }
    for error in &docs.errors {
        if !Code::ALL.iter().any(|code| code.as_str() == error.code) {
            found.push(format!("names the unknown error code `{}`", error.code));
        }
    }
    if docs.summary.is_empty() || function.property {
        return found;
    }
    if !docs.summary.ends_with('.') {
        found.push("has a summary that is not a sentence".to_owned());
    }
    for section in ["Errors", "Example", "Since"] {
        if !docs.sections.iter().any(|found| found == section) {
            found.push(format!("has no section `# {section}`"));
        }
    }
    if docs.examples.is_empty() {
        found.push("has no example fenced as `rhai`".to_owned());
    }
    found
}
