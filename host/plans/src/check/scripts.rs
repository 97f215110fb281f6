//! What is wrong with a script, as far as its text tells.

use super::defaults::wrong_default;
use super::templates::Templates;
use super::{Finding, error, frame, unused, warning};
use crate::library::PlanLibrary;
use crate::problem::problem;
use mintage_engine::nearest::suggest;
use mintage_engine::{AttributeUse, Code, DefaultValue, Diagnostic, PlanHost, attribute_uses};

pub(super) fn check(
    library: &PlanLibrary,
    host: &PlanHost,
    templates: &Templates<'_>,
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
    let mut findings: Vec<Finding> = unknown.chain(uses).collect();
    findings.extend(templates.wrong_renderings(name, source));
    findings.extend(unused::statements(name, source));
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
    let placed = |mut diagnostic: Diagnostic| {
        let width = "attribute".len();
        let frame = frame(script, source, used.line, used.column, width);
        diagnostic.frames.push(frame);
        diagnostic
    };
    let at = |code, message: String| placed(problem(code, message));
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
        let DefaultValue::Literal(default) = &used.default else {
            return None;
        };
        let wrong = placed(wrong_default(name, attribute, default)?);
        // Such a default may stand for something else in the script; another type is a mistake.
        return Some(match wrong.code {
            Code::P4003 => error(wrong),
            _ => warning(wrong),
        });
    }
    let message = format!("the build plan does not declare the attribute `{name}`");
    let mut undeclared = at(Code::P4002, message);
    undeclared.help = suggest(name, declared.keys().map(String::as_str));
    Some(match used.default {
        DefaultValue::Required => error(undeclared),
        _ => warning(undeclared),
    })
}
