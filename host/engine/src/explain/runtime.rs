//! What Rhai says while a script runs, in our words.

use super::parse::{polish, unknown_module, unknown_variable};
use super::words::Words;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::error::PlanError;
use crate::language::{SECRET, holds_secret, shown};
use crate::tokens::{Kind, Token};
use rhai::{Dynamic, EvalAltResult};

/// How much of a thrown value is shown, in characters.
const SHOWN: usize = 200;

/// What failed; `tokens` are those of the script in which it did.
pub(super) fn explain(error: &EvalAltResult, tokens: &[Token<'_>], words: &Words) -> Diagnostic {
    use EvalAltResult as E;
    let plain = |code| Diagnostic::new(code, polish(&without_place(error)));
    match error {
        E::ErrorRuntime(value, _) | E::ErrorTerminated(value, _) => thrown(value),
        E::ErrorFunctionNotFound(signature, _) => unknown_function(signature, tokens, words),
        E::ErrorVariableNotFound(name, _) => unknown_variable(name, tokens, words),
        E::ErrorModuleNotFound(name, _) => unknown_module(name, words),
        E::ErrorMismatchDataType(wanted, found, _)
        | E::ErrorMismatchOutputType(wanted, found, _) => mismatch(wanted, found),
        E::ErrorDotExpr(text, _) | E::ErrorIndexingType(text, _) => no_such_part(text),
        E::ErrorFor(_) => Diagnostic::new(Code::P2006, "`for` cannot go through this value")
            .with_help("it goes through arrays, ranges and strings; through a map by `map.keys()`"),
        E::ErrorPropertyNotFound(name, _) => {
            Diagnostic::new(Code::P2008, format!("the map has no key `{name}`")).with_help(format!(
                "ask first: `\"{name}\" in map`, or `map.contains(\"{name}\")`"
            ))
        }
        E::ErrorIndexNotFound(..)
        | E::ErrorArrayBounds(..)
        | E::ErrorStringBounds(..)
        | E::ErrorBitFieldBounds(..) => plain(Code::P2008),
        E::ErrorArithmetic(..) => plain(Code::P2007),
        E::ErrorTooManyOperations(_) => {
            Diagnostic::new(Code::P2001, "the script did more operations than the limit").with_help(
                "look for a loop that does not end; long work is for the functions of modules",
            )
        }
        E::ErrorStackOverflow(_) => Diagnostic::new(
            Code::P2002,
            "functions call each other deeper than the limit",
        ),
        E::ErrorDataTooLarge(what, _) => too_large(what),
        E::ErrorTooManyVariables(_) => Diagnostic::new(
            Code::P2018,
            "more variables are alive at once than the limit",
        ),
        E::ErrorTooManyModules(_) => {
            Diagnostic::new(Code::P1008, "more scripts are imported than the limit")
        }
        E::ErrorSystem(..) => Diagnostic::new(Code::P2011, "the script engine failed"),
        _ => plain(Code::P2017),
    }
}

/// A value past its limit, by Rhai's name of what is too much: `Length of string`.
fn too_large(what: &str) -> Diagnostic {
    let value = match what {
        "Length of string" => "string",
        "Size of object map" => "map",
        _ => "array",
    };
    Diagnostic::new(Code::P2003, format!("the {value} is larger than the limit")).with_help(
        "let functions of the product work on large contents: scripts need not hold them",
    )
}

/// A value that the script threw, or an error of ours.
fn thrown(value: &Dynamic) -> Diagnostic {
    if let Some(error) = value.read_lock::<PlanError>() {
        return error.clone().into();
    }
    if holds_secret(value) {
        return shown("the script threw a value with a secret in it").into();
    }
    let text = match value.read_lock::<rhai::ImmutableString>() {
        Some(text) => text.to_string(),
        None => format!("{value:?}"),
    };
    let mut message = format!("the script threw: {}", first(&text));
    if value.is_unit() {
        "the script threw nothing".clone_into(&mut message);
    }
    Diagnostic::new(Code::P2009, message)
}

fn first(text: &str) -> String {
    let mut head: String = text.chars().take(SHOWN).collect();
    if head.len() < text.len() {
        head.push('…');
    }
    head
}

fn unknown_function(signature: &str, tokens: &[Token<'_>], words: &Words) -> Diagnostic {
    let Some((name, types)) = signature.split_once(" (") else {
        // `sort` reports so what it cannot compare.
        if signature.contains("::Secret") {
            return shown("secrets cannot be compared").into();
        }
        return Diagnostic::new(Code::P2006, polish(signature));
    };
    let types = types
        .trim_end_matches(')')
        .replace("&str | ImmutableString | String", "string");
    let types: Vec<_> = types.split(", ").map(type_name).collect();
    if types.contains(&SECRET) {
        return shown(&format!("`{name}` does not take a secret")).into();
    }
    let types = types.join(", ");
    if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
        return Diagnostic::new(Code::P2006, format!("`{name}` does not take ({types})"));
    }
    let own = own_functions(tokens);
    if own.contains(&name) || words.has_function(name) {
        let message = format!("`{name}` does not take ({types})");
        let mut diagnostic = Diagnostic::new(Code::P1002, message);
        let signatures = words.signatures(name).into_iter();
        diagnostic.notes = signatures.map(|s| format!("there is `{s}`")).collect();
        return diagnostic;
    }
    no_such_function(name, &own, words)
}

/// A script calls `name`, which neither the library nor its `own` functions are.
pub(crate) fn no_such_function(name: &str, own: &[&str], words: &Words) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::P1002, format!("no function `{name}` is known"));
    match words.like_function(name, own) {
        Some(near) => {
            let near = words
                .signatures(near)
                .first()
                .map_or(near, |signature| *signature);
            diagnostic.with_help(format!("did you mean `{near}`?"))
        }
        None => diagnostic,
    }
}

/// The functions that a script defines.
pub(crate) fn own_functions<'t>(tokens: &[Token<'t>]) -> Vec<&'t str> {
    let pairs = tokens.iter().zip(tokens.iter().skip(1));
    pairs
        .filter(|(word, name)| word.is("fn") && name.kind == Kind::Name)
        .map(|(_, name)| name.text)
        .collect()
}

fn mismatch(wanted: &str, found: &str) -> Diagnostic {
    let (wanted, found) = (type_name(wanted), type_name(found));
    if found == SECRET {
        return shown(&format!("a secret cannot stand where `{wanted}` is needed")).into();
    }
    let message = match (wanted, found) {
        ("", found) => format!("a value of type `{found}` does not fit here"),
        (wanted, "") => format!("a value of type `{wanted}` is needed here"),
        (wanted, found) => format!("a value of type `{wanted}` is needed here, not `{found}`"),
    };
    Diagnostic::new(Code::P2006, message)
}

/// A property or an index of a value that has none.
fn no_such_part(text: &str) -> Diagnostic {
    let quoted: Vec<_> = text.split('\'').skip(1).step_by(2).collect();
    if text.split([' ', '[', ']', '\'']).any(|word| word == SECRET) {
        return shown("a secret has no parts and is none").into();
    }
    let message = match quoted.as_slice() {
        [part, kind] => format!(
            "a value of type `{}` has no property `{part}`",
            type_name(kind)
        ),
        _ => format!("this value has no such index: `{text}`"),
    };
    Diagnostic::new(Code::P2006, message)
}

/// Rhai's name of a type as scripts and the catalogue call it.
fn type_name(name: &str) -> &str {
    let name = name.trim();
    match name.rsplit("::").next().unwrap_or(name) {
        "i64" => "int",
        "f64" => "float",
        "Fn" => "function",
        "Secret" => SECRET,
        "PlanError" => "error",
        last => last,
    }
}

/// The text without Rhai's `(line 1, position 2)`.
fn without_place(error: &EvalAltResult) -> String {
    let text = error.to_string();
    let place = format!(" ({})", error.position());
    text.strip_suffix(&place)
        .map(ToOwned::to_owned)
        .unwrap_or(text)
}
