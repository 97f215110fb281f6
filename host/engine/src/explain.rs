//! Makes diagnostics of Rhai's errors: what failed in our words, and where, with the calls that
//! led there.

mod parse;
pub(crate) mod runtime;
pub(crate) mod words;

use crate::context::{Halt, Place};
use crate::diagnostic::{Diagnostic, Frame};
use crate::error::PlanError;
use crate::script::{CLOSURE, Failure};
use crate::tokens::{Kind, Token, tokens};
use rhai::{EvalAltResult, ParseError, Position};
use std::collections::BTreeMap;
use words::LazyWords;

/// Knows the scripts that errors point into, and what scripts could have meant.
pub(crate) struct Explainer<'a> {
    name: &'a str,
    source: &'a str,
    scripts: &'a BTreeMap<String, String>,
    library: &'a BTreeMap<String, String>,
    words: &'a LazyWords,
}

impl<'a> Explainer<'a> {
    /// For errors of the script `name` with the text `source`, which imports from `scripts` and
    /// calls functions of the library's own scripts.
    pub(crate) fn new(
        name: &'a str,
        source: &'a str,
        scripts: &'a BTreeMap<String, String>,
        library: &'a BTreeMap<String, String>,
        words: &'a LazyWords,
    ) -> Self {
        Self {
            name,
            source,
            scripts,
            library,
            words,
        }
    }

    /// What is wrong with the script `name`, that the parser found.
    pub(crate) fn parse_error(&self, name: &str, error: &ParseError) -> Diagnostic {
        let tokens = tokens(self.source_of(name));
        let found = parse::explain(
            error.err_type(),
            point(error.position()),
            &tokens,
            self.words.get(),
        );
        let mut diagnostic = found.diagnostic;
        diagnostic.frames.push(self.frame(name, found.place, None));
        diagnostic
    }

    pub(crate) fn runtime_error(&self, failure: &Failure) -> Diagnostic {
        let (mut frames, inner) = self.unwind(failure);
        let script = frames.first().map_or(self.name, |frame| &frame.script);
        let tokens = tokens(self.source_of(script));
        let mut diagnostic = match inner {
            EvalAltResult::ErrorParsing(error, position) => {
                parse::explain(error, point(*position), &tokens, self.words.get()).diagnostic
            }
            inner => runtime::explain(inner, &tokens, self.words.get()),
        };
        if let (Some(path), Some(first)) = (&diagnostic.path, frames.first_mut()) {
            first.label = argument_name(&tokens, (first.line, first.column))
                .map(|name| format!("`{name}` is `{path}`"));
        }
        frames.extend(failure.from.iter().cloned());
        self.place(&mut diagnostic, frames);
        diagnostic
    }

    /// The run was ended from inside: the place is known by itself, of the calls only the first.
    pub(crate) fn halted(&self, halt: &Halt, failure: Option<&Failure>) -> Diagnostic {
        let mut diagnostic = Diagnostic::from(halt.error.clone());
        let outer = failure.map(|failure| self.runtime_error(failure).frames);
        let outer = outer.unwrap_or_default();
        let Some(place) = &halt.place else {
            diagnostic.frames = outer;
            return diagnostic;
        };
        let at = point(place.position);
        let function = self.function_at(&place.script, at);
        let is_called = function.is_some();
        let mut frames = vec![self.frame(&place.script, at, function)];
        if is_called {
            frames.extend(outer);
        }
        self.place(&mut diagnostic, frames);
        diagnostic
    }

    /// Says where it is: the author's own places, and apart from them those in the library's own
    /// scripts, which the author cannot change.
    fn place(&self, diagnostic: &mut Diagnostic, frames: Vec<Frame>) {
        let is_own = |frame: &Frame| !self.library.contains_key(&frame.script);
        let (own, within) = frames.into_iter().partition(is_own);
        diagnostic.frames = own;
        diagnostic.within = within;
    }

    /// A native function panicked, in the call at `place` if that is known.
    pub(crate) fn panicked(&self, error: PlanError, place: Option<Place>) -> Diagnostic {
        let halt = Halt { error, place };
        self.halted(&halt, None)
    }

    /// The places from the innermost out, and the innermost error.
    fn unwind<'e>(&self, failure: &'e Failure) -> (Vec<Frame>, &'e EvalAltResult) {
        let mut frames = Vec::new();
        let mut error: &EvalAltResult = &failure.error;
        let (mut script, mut function) = (failure.script.clone(), None);
        loop {
            let frame = self.frame(&script, point(error.position()), function.take());
            // A native function that calls a closure is a call of its own for Rhai.
            let repeats = frames
                .last()
                .is_some_and(|last: &Frame| last.is_at(&frame) && last.function != frame.function);
            if !repeats {
                frames.push(frame);
            }
            error = match error {
                EvalAltResult::ErrorInFunctionCall(name, source, inner, _) => {
                    function = Some(function_name(name));
                    if let Some(own) = failure.closures.get(name) {
                        script.clone_from(own);
                    } else if !source.is_empty() {
                        script.clone_from(source);
                    }
                    inner
                }
                EvalAltResult::ErrorInModule(name, inner, _) => {
                    script.clone_from(name);
                    inner
                }
                inner => {
                    frames.reverse();
                    return (frames, inner);
                }
            }
        }
    }

    /// The place `line:column` in `script`, with the extent of the token there.
    pub(crate) fn frame(
        &self,
        script: &str,
        (line, column): (usize, usize),
        function: Option<String>,
    ) -> Frame {
        let source = self.source_of(script);
        let text = source.lines().nth(line.saturating_sub(1));
        let tokens = tokens(source);
        let token = token_at(&tokens, (line, column));
        Frame {
            script: script.to_owned(),
            line,
            column,
            width: token.map_or(1, |(_, token)| token.width()),
            function,
            text: text.unwrap_or_default().to_owned(),
            label: None,
        }
    }

    /// The function that the place is in the body of.
    fn function_at(&self, script: &str, at: (usize, usize)) -> Option<String> {
        let tokens = tokens(self.source_of(script));
        let starts = tokens
            .iter()
            .enumerate()
            .filter(|(_, token)| token.is("fn"));
        starts
            .filter_map(|(start, _)| Some((tokens.get(start + 1)?, body(tokens.get(start..)?)?)))
            .find(|(_, (open, close))| *open <= at && at <= *close)
            .map(|(name, _)| name.text.to_owned())
    }

    fn source_of(&self, script: &str) -> &str {
        if script == self.name {
            self.source
        } else {
            let found = self
                .scripts
                .get(script)
                .or_else(|| self.library.get(script));
            found.map_or("", String::as_str)
        }
    }
}

/// Where the braces of the function that `tokens` starts with open and close.
fn body(tokens: &[Token<'_>]) -> Option<((usize, usize), (usize, usize))> {
    let mut depth = 0_usize;
    let mut open = None;
    for token in tokens {
        if token.is("{") || token.is("#{") {
            depth += 1;
            open.get_or_insert((token.line, token.column));
        } else if token.is("}") {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                return Some((open?, (token.line, token.column)));
            }
        }
    }
    None
}

/// The token that starts at a place, and its index.
fn token_at<'t>(tokens: &'t [Token<'t>], at: (usize, usize)) -> Option<(usize, &'t Token<'t>)> {
    let index = tokens.binary_search_by_key(&at, |token| (token.line, token.column));
    index
        .ok()
        .and_then(|index| Some((index, tokens.get(index)?)))
}

/// The variable that the call at a place has as its first argument, by itself.
fn argument_name<'t>(tokens: &'t [Token<'t>], at: (usize, usize)) -> Option<&'t str> {
    let (index, _) = token_at(tokens, at)?;
    match tokens.get(index + 1..index + 4)? {
        [open, name, end] if open.is("(") && (end.is(",") || end.is(")")) => {
            (name.kind == Kind::Name).then_some(name.text)
        }
        _ => None,
    }
}

/// The name of a script's function, as scripts know it.
fn function_name(name: &str) -> String {
    if name.starts_with(CLOSURE) {
        "closure".to_owned()
    } else {
        name.to_owned()
    }
}

/// Line and column, both from 1.
fn point(position: Position) -> (usize, usize) {
    let line = position.line().unwrap_or(1);
    (line, position.position().unwrap_or(1))
}

#[cfg(test)]
mod tests;
