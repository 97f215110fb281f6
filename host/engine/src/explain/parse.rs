//! What the parser says, in our words.

use super::words::Words;
use crate::codes::Code;
use crate::diagnostic::Diagnostic;
use crate::nearest::nearest;
use crate::tokens::{Kind, Token};
use rhai::{LexError, ParseErrorType};

/// What is wrong, and where that is better shown.
pub(super) struct Found {
    pub(super) diagnostic: Diagnostic,
    pub(super) place: (usize, usize),
}

/// What is wrong at `at`, where the parser noticed it.
pub(super) fn explain(
    error: &ParseErrorType,
    at: (usize, usize),
    tokens: &[Token<'_>],
    words: &Words,
) -> Found {
    let place = match error {
        ParseErrorType::MissingToken(token, _) if token == ";" => end_before(tokens, at),
        ParseErrorType::UnexpectedEOF => end_before(tokens, (usize::MAX, 0)),
        // Noticed after the last token, perhaps in a line that has no text.
        _ if tokens.last().is_some_and(|t| (t.line, t.column) < at) => end_before(tokens, at),
        _ => at,
    };
    Found {
        diagnostic: describe(error, tokens, words),
        place,
    }
}

fn describe(error: &ParseErrorType, tokens: &[Token<'_>], words: &Words) -> Diagnostic {
    use ParseErrorType as E;
    let syntax = |message: String| Diagnostic::new(Code::P1001, message);
    match error {
        E::VariableUndefined(name) => unknown_variable(name, tokens, words),
        E::ModuleUndefined(name) => unknown_module(name, words),
        E::ExprTooDeep => Diagnostic::new(Code::P1005, "this is nested deeper than the limit")
            .with_help("take a part of it out into a variable or a function"),
        E::TooManyFunctions => Diagnostic::new(
            Code::P1008,
            "the script defines more functions than the limit",
        )
        .with_help("move some of them into a script of their own and import it"),
        E::LiteralTooLarge(kind, limit) => {
            let message = format!("{} is larger than the limit of {limit}", polish(kind));
            Diagnostic::new(Code::P2003, message)
        }
        E::MissingToken(token, _) if token == ";" => {
            syntax("this statement does not end with `;`".to_owned())
        }
        E::MissingToken(token, why) => syntax(format!("expected `{token}` {}", polish(why))),
        E::UnexpectedEOF => syntax("the script ends in the middle of a statement".to_owned()),
        E::Reserved(word) => syntax(format!("`{word}` is not available to plan scripts")),
        E::BadInput(LexError::UnterminatedString) => syntax("this string does not end".to_owned())
            .with_help("strings in `\"` end in the same line; those in backticks need not"),
        E::BadInput(LexError::ImproperSymbol(symbol, _)) => {
            syntax(format!("`{symbol}` is not available to plan scripts"))
        }
        E::AssignmentToConstant(name) => syntax(format!("`{name}` is a constant")),
        other => syntax(polish(&other.to_string())),
    }
}

pub(super) fn unknown_variable(name: &str, tokens: &[Token<'_>], words: &Words) -> Diagnostic {
    let message = format!("no variable `{name}` is known here");
    let diagnostic = Diagnostic::new(Code::P1003, message);
    let names = tokens.iter().filter(|token| token.kind == Kind::Name);
    match nearest(name, names.map(|token| token.text)) {
        Some(near) => diagnostic.with_help(format!("did you mean `{near}`?")),
        None if words.modules().any(|module| module == name) => diagnostic.with_help(format!(
            "`{name}` is a module: call its functions by `{name}::`"
        )),
        None => diagnostic,
    }
}

pub(super) fn unknown_module(name: &str, words: &Words) -> Diagnostic {
    let message = format!("no module `{name}` is known here");
    let diagnostic = Diagnostic::new(Code::P1007, message);
    match words.like_module(name) {
        Some(near) => diagnostic.with_help(format!("did you mean `{near}`?")),
        None => {
            let modules: Vec<_> = words.modules().map(|m| format!("`{m}`")).collect();
            diagnostic.with_help(format!("there are {}", modules.join(", ")))
        }
    }
}

/// The end of the last token before a place: there something is missing.
fn end_before(tokens: &[Token<'_>], at: (usize, usize)) -> (usize, usize) {
    let before = tokens.iter().rev().find(|t| (t.line, t.column) < at);
    before.map_or((1, 1), |token| {
        let lines = token.text.matches('\n').count();
        let last = token.text.rsplit('\n').next().unwrap_or_default();
        let width = last.chars().count();
        let column = if lines == 0 { token.column } else { 1 };
        (token.line + lines, column + width)
    })
}

/// Rhai's text in the form of ours: lower case first, names in backticks.
pub(super) fn polish(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|c| c.to_lowercase().to_string());
    let text = first.unwrap_or_default() + chars.as_str();
    text.replace('\'', "`")
}
