//! Which custom attributes a script asks for, found without running it.

use crate::tokens::{Kind, Token, tokens};
use crate::value::Value;

/// How far the end of a call is looked for, in tokens.
const MAX_CALL: usize = 1000;

/// A call of `attribute` in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeUse {
    /// The attribute; none when the script computes the name, so that it cannot be listed.
    pub name: Option<String>,
    /// What is used when the attribute has no value.
    pub default: DefaultValue,
    /// Line of the call, from 1.
    pub line: usize,
    /// Column of the call in characters, from 1.
    pub column: usize,
}

/// The second argument of `attribute`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DefaultValue {
    /// There is none: the attribute must have a value.
    Required,
    /// A literal.
    Literal(Value),
    /// Something that the script computes.
    Computed,
}

/// The calls of `attribute` in `source`, in order, those in functions, closures and `${…}` too.
///
/// A name that is not a plain string is listed without a name. Whether a call is ever reached is
/// not looked at; comments and strings are no calls.
pub fn attribute_uses(source: &str) -> Vec<AttributeUse> {
    let tokens = tokens(source);
    (0..tokens.len())
        .filter(|at| is_call(&tokens, *at))
        .filter_map(|at| Some((tokens.get(at)?, tokens.get(at + 2..)?)))
        .map(|(word, rest)| attribute_use(word, rest))
        .collect()
}

/// Whether the token at `at` is the name in `attribute(…)`, and no method's, no other module's, and
/// not in its definition.
fn is_call(tokens: &[Token<'_>], at: usize) -> bool {
    let is = |at: usize, text| {
        tokens
            .get(at)
            .is_some_and(|token: &Token<'_>| token.is(text))
    };
    let before = at.checked_sub(1);
    let foreign = before.is_some_and(|at| is(at, ".") || is(at, "::") || is(at, "fn"));
    is(at, "attribute") && is(at + 1, "(") && !foreign
}

fn attribute_use(word: &Token<'_>, rest: &[Token<'_>]) -> AttributeUse {
    let arguments = arguments(rest.get(..MAX_CALL).unwrap_or(rest));
    let name = match arguments.first() {
        Some(
            [
                Token {
                    kind: Kind::Text(name),
                    ..
                },
            ],
        ) => Some(name.clone()),
        _ => None,
    };
    let default = match arguments.get(1) {
        None => DefaultValue::Required,
        Some(argument) => match literal(argument) {
            Some((value, [])) => DefaultValue::Literal(value),
            _ => DefaultValue::Computed,
        },
    };
    AttributeUse {
        name,
        default,
        line: word.line,
        column: word.column,
    }
}

/// The arguments of a call, whose first token after the parenthesis comes first.
pub(crate) fn arguments<'t, 'a>(tokens: &'t [Token<'a>]) -> Vec<&'t [Token<'a>]> {
    let (mut found, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, token) in tokens.iter().enumerate() {
        let ends = depth == 0 && (token.is(",") || token.is(")"));
        if ends {
            found.extend(
                tokens
                    .get(start..at)
                    .filter(|argument| !argument.is_empty()),
            );
            start = at + 1;
        }
        if depth == 0 && token.is(")") {
            return found;
        }
        if ["(", "[", "{", "#{", "?["]
            .iter()
            .any(|open| token.is(open))
        {
            depth += 1;
        } else if [")", "]", "}"].iter().any(|close| token.is(close)) {
            depth = depth.saturating_sub(1);
        }
    }
    // The call does not end: what is left is something to compute.
    found.extend(tokens.get(start..));
    found
}

/// A literal at the start of `tokens`, and what follows it.
fn literal<'t, 'a>(tokens: &'t [Token<'a>]) -> Option<(Value, &'t [Token<'a>])> {
    let (first, rest) = tokens.split_first()?;
    let value = match &first.kind {
        Kind::Text(text) => Value::Text(text.clone()),
        Kind::Number => Value::Number(integer(first.text)?),
        Kind::Name if first.text == "true" => Value::Boolean(true),
        Kind::Name if first.text == "false" => Value::Boolean(false),
        Kind::Symbol => return compound(first.text, rest),
        _ => return None,
    };
    Some((value, rest))
}

/// `-1`, `()`, and lists of literals; maps are left to the script.
fn compound<'t, 'a>(symbol: &str, rest: &'t [Token<'a>]) -> Option<(Value, &'t [Token<'a>])> {
    let (next, after) = rest.split_first()?;
    match symbol {
        "-" if next.kind == Kind::Number => {
            Some((Value::Number(integer(next.text)?.checked_neg()?), after))
        }
        "(" if next.is(")") => Some((Value::Null, after)),
        "[" => list(rest),
        _ => None,
    }
}

/// The rest of a list after its `[`; lists in lists are left to the script.
fn list<'t, 'a>(mut tokens: &'t [Token<'a>]) -> Option<(Value, &'t [Token<'a>])> {
    let mut values = Vec::new();
    loop {
        let (next, after) = tokens.split_first()?;
        if next.is("]") {
            return Some((Value::List(values), after));
        }
        if next.is("[") {
            return None;
        }
        let (value, after) = literal(tokens)?;
        values.push(value);
        let (end, rest) = after.split_first()?;
        tokens = if end.is(",") { rest } else { after };
        if !end.is(",") && !end.is("]") {
            return None;
        }
    }
}

/// An integer as Rhai writes it: `1_000`, `0xff`.
fn integer(text: &str) -> Option<i64> {
    let text = text.replace('_', "").to_lowercase();
    let (digits, radix) = match text.get(..2) {
        Some("0x") => (text.get(2..)?, 16),
        Some("0o") => (text.get(2..)?, 8),
        Some("0b") => (text.get(2..)?, 2),
        _ => (text.as_str(), 10),
    };
    i64::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(source: &str) -> Vec<(Option<String>, DefaultValue)> {
        let uses = attribute_uses(source).into_iter();
        uses.map(|found| (found.name, found.default)).collect()
    }

    #[test]
    fn calls_are_found_wherever_they_are() {
        let source = r#"
            let a = attribute("A"); // attribute("not in a comment")
            fn f() { if true { attribute("B") } else { "attribute(\"not in a string\")" } }
            let c = [1].map(|x| `${attribute("C")} ${attribute(`D`)}`);
            other::attribute("no"); x.attribute("no"); fn attribute(n) { n }
        "#;
        let names: Vec<_> = uses(source)
            .into_iter()
            .filter_map(|found| found.0)
            .collect();
        assert_eq!(names, ["A", "B", "C", "D"]);
        let first = &attribute_uses(source)[0];
        assert_eq!((first.line, first.column), (2, 21));
    }

    #[test]
    fn defaults_are_read_where_they_are_literals() {
        use DefaultValue::{Computed, Literal, Required};
        let text = |text: &str| Value::Text(text.into());
        for (argument, expected) in [
            ("", Required),
            (", \"x\\ty\"", Literal(text("x\ty"))),
            (", 1_000", Literal(Value::Number(1000))),
            (", -0xff", Literal(Value::Number(-255))),
            (", true", Literal(Value::Boolean(true))),
            (", ()", Literal(Value::Null)),
            (", []", Literal(Value::List(vec![]))),
            (
                ", [\"a\", 2,]",
                Literal(Value::List(vec![text("a"), Value::Number(2)])),
            ),
            (", [[1]]", Computed),
            (", [1 + 1]", Computed),
            (", 1 + 1", Computed),
            (", 1.5", Computed),
            (", host + \".org\"", Computed),
            (", f(\"a\", \"b\")", Computed),
            (", #{a: 1}", Computed),
        ] {
            let found = uses(&format!("attribute(\"A\"{argument});"));
            assert_eq!(found, [(Some("A".into()), expected)], "{argument}");
        }
    }

    #[test]
    fn what_cannot_be_listed_is_said() {
        for source in [
            "attribute(name)",
            "attribute(\"A\" + n)",
            "attribute(`${n}`)",
            "attribute(",
        ] {
            assert_eq!(uses(source)[0].0, None, "{source}");
        }
    }
}
