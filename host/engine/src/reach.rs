//! Which statements of a script can never be reached, found without running it: what follows a
//! statement that always leaves its block.

use crate::calls::argument::{closes, opens};
use crate::explain::runtime::own_functions;
use crate::tokens::{Kind, Token, tokens};

/// A statement that is never reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreachable {
    /// The word that leaves the block before it: `return`, `throw`, `break`, `continue`, `fail`.
    pub after: &'static str,
    /// The line of that word, from 1.
    pub left_at: usize,
    /// The statement's line, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// How many characters its first token has.
    pub width: usize,
}

/// Words that leave a block.
const LEAVING: [&str; 5] = ["return", "throw", "break", "continue", "fail"];

/// The statements of `source` that are never reached, the first of each block.
pub fn unreachable(source: &str) -> Vec<Unreachable> {
    let tokens = tokens(source);
    let leaving = leaving(&tokens).into_iter();
    let found = leaving.filter_map(|(at, after)| {
        let next = tokens.get(statement_end(&tokens, at)? + 1)?;
        // Functions are there wherever they are defined.
        let is_fine = ["}", "fn", "private", ";"].iter().any(|text| next.is(text));
        (!is_fine).then_some(Unreachable {
            after,
            left_at: tokens.get(at)?.line,
            line: next.line,
            column: next.column,
            width: next.width(),
        })
    });
    found.collect()
}

/// The line of the statement by which a run of `source` always fails, if it can be told.
pub fn always_fails(source: &str) -> Option<usize> {
    let tokens = tokens(source);
    let leaving = leaving(&tokens).into_iter();
    let mut outermost = leaving.filter(|(at, _)| depth(&tokens, *at) == 0);
    let (at, word) = outermost.next()?;
    let fails = matches!(word, "fail" | "throw");
    fails.then(|| tokens.get(at).map(|token| token.line))?
}

/// The statements that leave their block: where each begins, and its word.
fn leaving(tokens: &[Token<'_>]) -> Vec<(usize, &'static str)> {
    let own_fail = own_functions(tokens).contains(&"fail");
    let found = tokens.iter().enumerate().filter_map(|(at, token)| {
        let word = LEAVING.into_iter().find(|word| token.is(word))?;
        let begins = match at.checked_sub(1).and_then(|before| tokens.get(before)) {
            None => true,
            Some(before) => ["{", "}", ";"].iter().any(|text| before.is(text)),
        };
        let is_call = || tokens.get(at + 1).is_some_and(|next| next.is("("));
        let leaves = word != "fail" || (is_call() && !own_fail);
        (token.kind == Kind::Name && begins && leaves).then_some((at, word))
    });
    found.collect()
}

/// Where the `;` of the statement that begins at `from` is; none when it ends with its block.
fn statement_end(tokens: &[Token<'_>], from: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        if depth == 0 && token.is(";") {
            return Some(at);
        }
        if opens(token) {
            depth += 1;
        } else if closes(token) {
            depth = depth.checked_sub(1)?;
        }
    }
    None
}

/// How many brackets are open before the token at `at`.
fn depth(tokens: &[Token<'_>], at: usize) -> usize {
    let before = tokens.get(..at).unwrap_or(tokens).iter();
    before.fold(0, |depth: usize, token| {
        if opens(token) {
            depth + 1
        } else if closes(token) {
            depth.saturating_sub(1)
        } else {
            depth
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Vec<(&'static str, usize, usize)> {
        let found = unreachable(source).into_iter();
        found
            .map(|found| (found.after, found.line, found.column))
            .collect()
    }

    #[test]
    fn what_follows_a_statement_that_leaves_is_found() {
        for (source, expected) in [
            ("fail(\"no\");\nlog::info(1);", vec![("fail", 2, 1)]),
            ("return;\nlet x = 1; let y = 2;", vec![("return", 2, 1)]),
            (
                "fn f() {\n  return f(#{ a: 1 });\n  g();\n}",
                vec![("return", 3, 3)],
            ),
            ("loop { break; x(); }", vec![("break", 1, 15)]),
            (
                "for x in y { if x { continue; z(); } }",
                vec![("continue", 1, 31)],
            ),
            ("throw \"x;y\"; z()", vec![("throw", 1, 14)]),
            (
                "if a { return; }\nreturn 1;\n`${b}`;",
                vec![("return", 3, 1)],
            ),
        ] {
            assert_eq!(found(source), expected, "{source}");
        }
    }

    #[test]
    fn what_can_be_reached_is_not() {
        for source in [
            "",
            "return",
            "if a { fail(\"no\") } b();",
            "if a { fail(\"no\"); } else { return 1; } b();",
            "return f();\nfn f() { 1 }\nprivate fn g() { 2 }",
            "fn fail(x) { x } fail(1); b();",
            "let x = switch y { 1 => fail(\"no\"), _ => 2 }; b();",
            "a.fail(1); b(); x::fail(2); c();",
            "let closure = |x| { return x; }; b();",
            "loop { if a { break; } } b();",
        ] {
            assert_eq!(found(source), [], "{source}");
        }
    }

    #[test]
    fn a_script_that_always_fails_is_known() {
        for (source, expected) in [
            ("a();\nfail(\"no\");", Some(2)),
            ("throw 1", Some(1)),
            ("if a { fail(\"no\"); }", None),
            ("return; fail(\"no\");", None),
            ("fn f() { fail(\"no\"); }", None),
            ("", None),
        ] {
            assert_eq!(always_fails(source), expected, "{source}");
        }
    }
}
