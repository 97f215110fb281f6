//! Defaults that a script gives for attributes, as far as they are literals: whether they are what
//! the build plan would take.

use crate::attribute::{Attribute, AttributeType, shown};
use crate::problem::problem;
use mintage_engine::{Code, Diagnostic, Value};

/// What is wrong with `default` for the attribute `name`. `()` stands for no value, whatever the
/// type.
pub(super) fn wrong_default(
    name: &str,
    attribute: &Attribute,
    default: &Value,
) -> Option<Diagnostic> {
    if *default == Value::Null {
        return None;
    }
    if attribute.is_secret() {
        let message = format!("a default for the password `{name}` stands in the script");
        let secret = problem(Code::P4003, message);
        return Some(secret.with_help("give `()`, and ask whether there is a value"));
    }
    let items = match (attribute.list, default) {
        (true, Value::List(items)) => items.as_slice(),
        (true, _) => return Some(wrong_type(name, "a list")),
        (false, single) => std::slice::from_ref(single),
    };
    let must = must_be(&attribute.kind);
    if !items.iter().all(|item| has_type(&attribute.kind, item)) {
        let must = match attribute.list {
            true => format!("a list, each of it {must}"),
            false => must.to_owned(),
        };
        return Some(wrong_type(name, &must));
    }
    let refusal = attribute.parse(&shown(default)).err()?;
    let message = format!(
        "the default for `{name}` breaks what the build plan asks of it: {}",
        refusal.why
    );
    Some(problem(Code::P4004, message))
}

fn wrong_type(name: &str, must: &str) -> Diagnostic {
    let message = format!("the default for `{name}` has the wrong type: it must be {must}");
    problem(Code::P4003, message)
}

fn has_type(kind: &AttributeType, value: &Value) -> bool {
    match kind {
        AttributeType::Number(_) => matches!(value, Value::Number(_)),
        AttributeType::Boolean(_) => matches!(value, Value::Boolean(_)),
        AttributeType::Nic(_) => matches!(value, Value::Map(_)),
        _ => matches!(value, Value::Text(_)),
    }
}

fn must_be(kind: &AttributeType) -> &'static str {
    match kind {
        AttributeType::Number(_) => "a whole number",
        AttributeType::Boolean(_) => "`true` or `false`",
        AttributeType::Nic(_) => "a map",
        _ => "a text",
    }
}
