//! JSON as it stands in a file: read by a parser that tells where everything is, edited at those
//! places.

use super::write::{self, Style};
use crate::structured::change::{Action, deeper};
use crate::structured::flow::{Comments, Flow};
use crate::structured::{Format, Key, Step, Value};
use jsonc_parser::ast::{self, ObjectPropName};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};
use mintage_engine::{Code, PlanError};
use std::collections::BTreeSet;
use std::ops::Range;

/// The format. Comments and commas behind the last item are taken, nothing else that JSON has not.
pub(super) enum Json {}

impl Format for Json {
    const NAME: &'static str = "JSON";

    fn parse(text: &str) -> Result<Value, PlanError> {
        match parse(text)? {
            Some(node) => value(&node, 0),
            None => Ok(Value::Null),
        }
    }

    fn step(text: &str, step: &Step) -> Result<String, PlanError> {
        let root = parse(text)?;
        let made = match &root {
            Some(root) => make(text, root, step),
            None => new(text, step),
        };
        made.ok_or_else(|| bad("it has not what is to be changed"))
    }
}

fn parse(text: &str) -> Result<Option<ast::Value<'_>>, PlanError> {
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    // The message of the library quotes the text.
    let parsed = parse_to_ast(text, &CollectOptions::default(), &options).map_err(|error| {
        let (line, column) = (error.line_display(), error.column_display());
        bad(format!("line {line}, column {column} is not JSON"))
    })?;
    Ok(parsed.value)
}

fn bad(why: impl Into<String>) -> PlanError {
    PlanError::new(Code::P2016, why)
}

fn value(node: &ast::Value<'_>, depth: usize) -> Result<Value, PlanError> {
    let depth = deeper(depth)?;
    Ok(match node {
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::BooleanLit(found) => Value::Boolean(found.value),
        ast::Value::NumberLit(found) => number(found.value),
        ast::Value::StringLit(found) => Value::Text(found.value.to_string()),
        ast::Value::Array(array) => {
            let items = array.elements.iter().map(|item| value(item, depth));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        ast::Value::Object(object) => {
            let mut seen = BTreeSet::new();
            let mut entries = Vec::with_capacity(object.properties.len());
            for property in &object.properties {
                let name = name(&property.name);
                if !seen.insert(name) {
                    return Err(bad("it has a key twice in one object"));
                }
                entries.push((name.to_owned(), value(&property.value, depth)?));
            }
            Value::Map(entries)
        }
    })
}

fn name<'n>(name: &'n ObjectPropName<'_>) -> &'n str {
    match name {
        ObjectPropName::String(name) => &name.value,
        ObjectPropName::Word(name) => name.value,
    }
}

fn number(text: &str) -> Value {
    if let Ok(number) = text.parse() {
        return Value::Integer(number);
    }
    let has_fraction = text.contains(['.', 'e', 'E']);
    match text.parse::<f64>() {
        Ok(number) if has_fraction && number.is_finite() => Value::Float(number),
        _ => Value::Other(text.to_owned()),
    }
}

/// A value where the text has none, behind its comments.
fn new(text: &str, step: &Step) -> Option<String> {
    let Action::Replace(value) = &step.action else {
        return None;
    };
    let line_break = if text.is_empty() || text.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    let value = write::value(value, Style::of("{\n  "), 0);
    Some(format!("{text}{line_break}{value}\n"))
}

/// `None` where the text does not have what the step is about.
fn make(text: &str, root: &ast::Value<'_>, step: &Step) -> Option<String> {
    let style = Style::of(text);
    let flow = Flow {
        text,
        comments: Comments::Slash,
    };
    let splice = |range: Range<usize>, new: &str| {
        Some([text.get(..range.start)?, new, text.get(range.end..)?].concat())
    };
    match &step.action {
        Action::Replace(value) => {
            let span = span(find(root, &step.at)?);
            let new = write::value(value, style, style.level(text, span.start));
            splice(span, &new)
        }
        Action::Insert(..) | Action::Append(_) => {
            let node = find(root, &step.at)?;
            let around = span(node);
            let members = members(node)?;
            let level = style.level(text, members.last().map_or(around.start, |last| last.start));
            let Some(last) = members.last() else {
                return splice(around.clone(), &write::first(&step.action, style, level));
            };
            let new = write::member(&step.action, style, level);
            Some(flow.append(around.start, last.end, &new))
        }
        Action::Remove => {
            let (last, parents) = step.at.split_last()?;
            let parent = find(root, parents)?;
            let index = match (parent, last) {
                (ast::Value::Object(object), Key::Name(wanted)) => {
                    let mut names = object.properties.iter();
                    names.position(|property| name(&property.name) == wanted)?
                }
                (ast::Value::Array(_), Key::Index(index)) => *index,
                _ => return None,
            };
            flow.remove(&members(parent)?, index)
        }
    }
}

fn find<'n>(root: &'n ast::Value<'n>, at: &[Key]) -> Option<&'n ast::Value<'n>> {
    at.iter().try_fold(root, |node, key| match (node, key) {
        (ast::Value::Object(object), Key::Name(wanted)) => {
            let mut properties = object.properties.iter();
            let found = properties.find(|property| name(&property.name) == wanted)?;
            Some(&found.value)
        }
        (ast::Value::Array(array), Key::Index(index)) => array.elements.get(*index),
        _ => None,
    })
}

fn span(node: &impl Ranged) -> Range<usize> {
    node.start()..node.end()
}

/// The places of the members of an object or array.
fn members(node: &ast::Value<'_>) -> Option<Vec<Range<usize>>> {
    match node {
        ast::Value::Object(object) => Some(object.properties.iter().map(span).collect()),
        ast::Value::Array(array) => Some(array.elements.iter().map(span).collect()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
