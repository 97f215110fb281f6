//! What is wrong with a script, as far as its text tells.

use super::{Finding, error, warning};
use crate::library::PlanLibrary;
use crate::problem::problem;
use mintage_engine::nearest::suggest;
use mintage_engine::{
    AttributeUse, Call, Code, DefaultValue, Diagnostic, Frame, PlanHost, attribute_uses, calls,
};
use std::collections::BTreeSet;

/// The functions whose argument at this place, counted from 0, is the name of a template.
const TEMPLATES_BY: [(&str, usize); 2] = [("template::render", 0), ("file::render", 1)];

pub(super) fn check(
    library: &PlanLibrary,
    host: &PlanHost,
    name: &str,
    source: &str,
) -> Vec<Finding> {
    // What does not compile has only one fault for now: others may come of it.
    if let Err(fault) = host.compile(name, source) {
        return vec![error(*fault)];
    }
    let unknown = host.unknown_calls(name, source).into_iter().map(error);
    let uses = attribute_uses(source).into_iter();
    let uses = uses.filter_map(|used| wrong_use(library, name, source, &used));
    let calls = calls(source).into_iter();
    let templates = calls.filter_map(|call| missing_template(library, name, source, &call));
    let mut findings: Vec<Finding> = unknown.chain(uses).chain(templates.map(error)).collect();
    findings.sort_by_key(|finding| {
        let frame = finding.diagnostic.frames.first();
        frame.map(|frame| (frame.line, frame.column))
    });
    findings
}

/// What is wrong with asking for an attribute.
fn wrong_use(
    library: &PlanLibrary,
    script: &str,
    source: &str,
    used: &AttributeUse,
) -> Option<Finding> {
    let at = |code, message: String| {
        let width = "attribute".len();
        let frame = frame(script, source, used.line, used.column, width);
        let mut diagnostic = problem(code, message);
        diagnostic.frames.push(frame);
        diagnostic
    };
    let Some(name) = &used.name else {
        let message = "the attribute's name is computed, so nobody can tell what the script needs";
        let computed = at(Code::P4002, message.to_owned());
        return Some(warning(
            computed.with_help("write the name as a plain string"),
        ));
    };
    let declared = &library.plan().attributes;
    if let Some(attribute) = declared.get(name) {
        let gets_none = attribute.default.is_none() && attribute.required == Some(false);
        if used.default == DefaultValue::Required && gets_none {
            let message = format!(
                "attribute `{name}` need not have a value, but the script gives no default for it"
            );
            let optional = at(Code::P4001, message);
            let help = format!("give one: `attribute(\"{name}\", default)`");
            return Some(warning(optional.with_help(help)));
        }
        return None;
    }
    let message = format!("the build plan does not declare the attribute `{name}`");
    let mut undeclared = at(Code::P4002, message);
    undeclared.help = suggest(name, declared.keys().map(String::as_str));
    Some(match used.default {
        DefaultValue::Required => error(undeclared),
        _ => warning(undeclared),
    })
}

/// A template that is named by a plain string and does not exist.
fn missing_template(
    library: &PlanLibrary,
    script: &str,
    source: &str,
    call: &Call,
) -> Option<Diagnostic> {
    let by = TEMPLATES_BY
        .iter()
        .find(|(function, _)| *function == call.name);
    let name = call.texts.get(by?.1)?.as_ref()?;
    if library.template(name).is_some() {
        return None;
    }
    let message = format!("the library has no template `{name}`");
    let mut missing = problem(Code::P2014, message);
    missing.help = suggest(name, library.templates().map(|(name, _)| name));
    missing
        .frames
        .push(frame(script, source, call.line, call.column, call.width));
    Some(missing)
}

/// Attributes that are declared and that no script asks for.
pub(super) fn unused(library: &PlanLibrary) -> Vec<Finding> {
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
        warning(problem(Code::P4002, message))
    });
    unused.collect()
}

fn frame(script: &str, source: &str, line: usize, column: usize, width: usize) -> Frame {
    let text = source.lines().nth(line.saturating_sub(1));
    Frame {
        script: script.to_owned(),
        line,
        column,
        width,
        function: None,
        text: text.unwrap_or_default().to_owned(),
        label: None,
    }
}
