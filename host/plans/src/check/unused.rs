//! What a library has and nothing uses, or what can never be reached.

use super::{Finding, frame, warning};
use crate::library::PlanLibrary;
use crate::problem::{place, problem};
use mintage_engine::reach::{always_fails, unreachable};
use mintage_engine::{Code, Diagnostic, PlanHost, attribute_uses};
use std::collections::BTreeSet;
use std::ops::Range;

/// Attributes that are declared and that no script asks for.
pub(super) fn attributes(library: &PlanLibrary) -> Vec<Finding> {
    let uses = library
        .scripts()
        .flat_map(|(_, source)| attribute_uses(source));
    let names: Vec<Option<String>> = uses.map(|used| used.name).collect();
    // Where a name is computed, it may be any.
    if names.contains(&None) {
        return Vec::new();
    }
    let used: BTreeSet<String> = names.into_iter().flatten().collect();
    let declared = library.plan().attributes.keys();
    let unused = declared.filter(|name| !used.contains(*name));
    let unused = unused.map(|name| {
        let message = format!("no script asks for the attribute `{name}`");
        let span = library.places().attributes.get(name).cloned();
        warning(in_plan(library, message, Code::P5007, span))
    });
    unused.collect()
}

/// Scripts that are neither a step nor imported by one.
pub(super) fn scripts(library: &PlanLibrary, host: &PlanHost) -> Vec<Finding> {
    let mut used: BTreeSet<String> = library.plan().steps.iter().cloned().collect();
    for step in &library.plan().steps {
        let compiled = library.script(step).map(|text| host.compile(step, text));
        match compiled {
            Some(Ok(script)) => used.extend(script.imports().map(str::to_owned)),
            // What a broken script imports is not known.
            _ => return Vec::new(),
        }
    }
    let names = library.scripts().map(|(name, _)| name);
    let unused = names.filter(|name| !used.contains(*name)).map(|name| {
        let message = format!("the script `{name}` is no step, and no step imports it");
        warning(problem(Code::P5007, message))
    });
    unused.collect()
}

/// Steps that are listed twice, and steps after one that always fails.
pub(super) fn steps(library: &PlanLibrary) -> Vec<Finding> {
    let places = library.places().steps;
    let mut findings = Vec::new();
    let mut failing: Option<(&str, usize)> = None;
    for (index, step) in library.plan().steps.iter().enumerate() {
        let span = places.get(index).cloned();
        let earlier = library.plan().steps.iter().take(index);
        if earlier.into_iter().any(|other| other == step) {
            let message = format!("the step `{step}` is listed twice");
            findings.push(warning(in_plan(
                library,
                message,
                Code::P5007,
                span.clone(),
            )));
        }
        match failing {
            None => {
                let line = library.script(step).and_then(always_fails);
                failing = line.map(|line| (step.as_str(), line));
            }
            Some((before, line)) => {
                let message = format!("the step `{step}` is never reached");
                let mut never = in_plan(library, message, Code::P1009, span);
                never.notes = vec![format!("`{before}` always fails, in line {line}")];
                findings.push(warning(never));
            }
        }
    }
    findings
}

/// Statements of a script that are never reached.
pub(super) fn statements(name: &str, source: &str) -> Vec<Finding> {
    let found = unreachable(source).into_iter();
    let found = found.map(|found| {
        let message = "this statement is never reached";
        let mut diagnostic = problem(Code::P1009, message);
        let at = frame(name, source, found.line, found.column, found.width);
        diagnostic.frames.push(at);
        let (after, line) = (found.after, found.left_at);
        diagnostic.notes = vec![format!("`{after}` in line {line} always comes before it")];
        warning(diagnostic)
    });
    found.collect()
}

fn in_plan(
    library: &PlanLibrary,
    message: String,
    code: Code,
    span: Option<Range<usize>>,
) -> Diagnostic {
    let mut diagnostic = problem(code, message);
    let place = span.map(|span| place(PlanLibrary::MANIFEST, library.manifest(), span));
    diagnostic.frames.extend(place);
    diagnostic
}
