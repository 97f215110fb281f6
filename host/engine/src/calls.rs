//! Which functions a script calls, found without running it: Rhai itself finds out that a function
//! does not exist only when it is called.

pub(crate) mod argument;

pub use argument::{Argument, MapKey};

use crate::attributes::arguments;
use crate::diagnostic::Diagnostic;
use crate::explain::runtime::{no_such_function, own_functions};
use crate::explain::words::Words;
use crate::imports::find;
use crate::tokens::{Kind, Token, tokens};
use std::collections::{BTreeMap, BTreeSet};

/// A call in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The function with its namespace, `file::read`.
    pub name: String,
    /// Whether it is called on a value: `text.trim()`.
    pub method: bool,
    /// The arguments, in order.
    pub arguments: Vec<Argument>,
    /// Line of the name's last part, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// How many characters it has.
    pub width: usize,
}

/// Words that a parenthesis may follow without a call, and functions that are part of the language.
const LANGUAGE: &[&str] = &[
    "if",
    "else",
    "while",
    "until",
    "for",
    "in",
    "loop",
    "do",
    "switch",
    "return",
    "throw",
    "catch",
    "let",
    "const",
    "and",
    "or",
    "not",
    "print",
    "debug",
    "type_of",
    "is_def_var",
    "is_def_fn",
    "is_shared",
    "call",
    "this",
];

/// The calls in `source`, in order, those in functions, closures and `${…}` too.
pub fn calls(source: &str) -> Vec<Call> {
    let tokens = tokens(source);
    (0..tokens.len())
        .filter_map(|at| call(&tokens, at))
        .collect()
}

fn call(tokens: &[Token<'_>], at: usize) -> Option<Call> {
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.is(text));
    let word = tokens.get(at).filter(|word| word.kind == Kind::Name)?;
    let before = |text: &str| at.checked_sub(1).is_some_and(|at| is(at, text));
    if !is(at + 1, "(") || before("fn") || LANGUAGE.contains(&word.text) {
        return None;
    }
    let arguments = arguments(tokens.get(at + 2..)?);
    Some(Call {
        name: full_name(tokens, at),
        method: before(".") || before("?."),
        arguments: arguments.into_iter().map(Argument::read).collect(),
        line: word.line,
        column: word.column,
        width: word.width(),
    })
}

/// The name that ends at `at`, with its namespaces.
fn full_name(tokens: &[Token<'_>], at: usize) -> String {
    let mut names: Vec<&str> = tokens.get(at).map(|token| token.text).into_iter().collect();
    let mut rest = tokens.get(..at).unwrap_or_default();
    while let [before @ .., space, path] = rest {
        if !path.is("::") || space.kind != Kind::Name {
            break;
        }
        names.push(space.text);
        rest = before;
    }
    names.reverse();
    names.join("::")
}

/// The calls of functions that neither the language, nor the library, nor the script, nor what it
/// imports has: what each would fail with, and the call.
pub(crate) fn unknown_calls(
    source: &str,
    scripts: &BTreeMap<String, String>,
    words: &Words,
) -> Vec<(Diagnostic, Call)> {
    let tokens = tokens(source);
    let own = own_functions(&tokens);
    let variables = variables(&tokens);
    let properties = properties(&tokens);
    let imported = imported(&tokens, scripts);
    let is_known = |call: &Call| match call.name.rsplit_once("::") {
        _ if call.method => {
            own.contains(&call.name.as_str())
                || properties.contains(call.name.as_str())
                || words.has_method(&call.name)
        }
        None => {
            own.contains(&call.name.as_str())
                || variables.contains(call.name.as_str())
                || words.has_function(&call.name)
        }
        Some((space, name)) => match imported.get(space) {
            Some(functions) => functions.contains(name),
            None => words.has_function(&call.name),
        },
    };
    let unknown = calls(source).into_iter().filter(|call| !is_known(call));
    unknown
        .map(|call| (no_such_function(&call.name, &own, words), call))
        .collect()
}

/// Names that may hold a function pointer: variables, parameters of functions and closures.
fn variables<'t>(tokens: &[Token<'t>]) -> BTreeSet<&'t str> {
    let mut names = BTreeSet::new();
    let mut in_parameters = false;
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| tokens.get(at));
        let is_definition = before.is_some_and(|b| ["let", "const", "for"].iter().any(|w| b.is(w)));
        if token.is("|") {
            in_parameters = !in_parameters;
        } else if token.is("fn") {
            let end = tokens.iter().skip(at).position(|t| t.is(")"));
            let parameters = tokens.iter().skip(at + 2).take(end.unwrap_or(0));
            names.extend(parameters.filter(|t| t.kind == Kind::Name).map(|t| t.text));
        } else if token.kind == Kind::Name && (is_definition || in_parameters) {
            names.insert(token.text);
        }
    }
    names
}

/// Keys of maps, which may hold a function pointer that is called as a method: `#{ key: … }`,
/// `map.key = …`.
fn properties<'t>(tokens: &[Token<'t>]) -> BTreeSet<&'t str> {
    let keys = tokens.windows(2).filter_map(|pair| match pair {
        [key, next] if next.is(":") || next.is("=") => Some(key),
        _ => None,
    });
    keys.map(|key| key.text).collect()
}

/// The functions of imported scripts by the names that they are imported as.
fn imported<'t>(
    tokens: &[Token<'t>],
    scripts: &BTreeMap<String, String>,
) -> BTreeMap<&'t str, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    for window in tokens.windows(4) {
        let [import, name, as_, alias] = window else {
            continue;
        };
        let Kind::Text(text) = &name.kind else {
            continue;
        };
        if import.is("import") && as_.is("as") {
            let source = find(scripts, text).map_or("", |(_, source)| source);
            let functions = crate::tokens::tokens(source);
            let functions = own_functions(&functions).into_iter().map(ToOwned::to_owned);
            found.insert(alias.text, functions.collect());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::TestLibrary;
    use crate::{Limits, PlanHost};

    #[test]
    fn calls_are_found_wherever_they_are() {
        let source = r#"
            // not(this)
            fn own(x) { inner(x) }
            if (a) { file::read("/etc/hosts") } else { "text".trim() }
            let s = `${f("a", 1)} not(this)`;
            return (b::c::d("x" + y));
            m(#{}, #{ a: #{ no: 1 }, "b c": [f(1), #{ x: 1 }], }, #{ a: 1 } + #{ b: 2 });
        "#;
        let found = calls(source).into_iter().map(|call| {
            let method = if call.method { "." } else { "" };
            let arguments = call.arguments.iter().map(|argument| match argument {
                Argument::Text(text) => text.clone(),
                Argument::Map(keys) => {
                    let keys: Vec<_> = keys.iter().map(|key| key.name.as_str()).collect();
                    format!("#{{{}}}", keys.join(", "))
                }
                Argument::Other => "?".to_owned(),
            });
            let arguments: Vec<_> = arguments.collect();
            format!(
                "{}:{method}{}({})",
                call.line,
                call.name,
                arguments.join(", ")
            )
        });
        let found: Vec<String> = found.collect();
        assert_eq!(
            found,
            [
                "3:inner(?)",
                "4:file::read(/etc/hosts)",
                "4:.trim()",
                "5:f(a, ?)",
                "6:b::c::d(?)",
                "7:m(#{}, #{a, b c}, ?)",
                "7:f(?)",
            ]
        );
    }

    fn unknown(source: &str) -> Vec<String> {
        let other = "fn there() { 1 }".to_owned();
        let scripts = BTreeMap::from([("scripts/other.rhai".to_owned(), other)]);
        let host = PlanHost::new(&TestLibrary, Limits::default()).with_scripts(scripts);
        let found = host.unknown_calls("a.rhai", source).into_iter();
        found
            .map(|diagnostic| {
                let frame = &diagnostic.frames[0];
                let help = diagnostic.help.unwrap_or_default();
                format!(
                    "{}:{} {} {help}",
                    frame.line, frame.column, diagnostic.message
                )
            })
            .collect()
    }

    #[test]
    fn what_a_script_defines_or_imports_is_known() {
        let source = r#"
            import "other" as o;
            fn own(f) { f(1) }
            let closure = |g| g(2);
            closure.call(3);
            own(closure); o::there(); "x".len(); [1].push(2); own("x").own(); type_of(1);
            let map = #{ key: |x| x }; map.other = |x| x; map.key(1) + map.other(2);
            print("x"); attribute("A");
        "#;
        assert_eq!(unknown(source), [""; 0]);
    }

    #[test]
    fn what_nobody_defines_is_not() {
        assert_eq!(unknown("nope(1);"), ["1:1 no function `nope` is known "]);
        assert_eq!(
            unknown("fn helper() {}\nhelpr();"),
            ["2:1 no function `helpr` is known did you mean `helper`?"]
        );
        assert_eq!(
            unknown("\"x\".trimm();"),
            ["1:5 no function `trimm` is known did you mean `trim`?"]
        );
        assert_eq!(
            unknown("import \"other\" as o; o::here();"),
            ["1:25 no function `o::here` is known "]
        );
    }
}
