//! Makes diagnostics of Rhai's errors.

use crate::codes::Code;
use crate::context::{Halt, Place};
use crate::diagnostic::{Diagnostic, Frame};
use crate::error::PlanError;
use rhai::{Dynamic, EvalAltResult, ParseError, ParseErrorType, Position};
use std::collections::BTreeMap;

/// Knows the scripts that errors point into.
pub(crate) struct Explainer<'a> {
    name: &'a str,
    source: &'a str,
    scripts: &'a BTreeMap<String, String>,
}

impl<'a> Explainer<'a> {
    pub(crate) fn new(
        name: &'a str,
        source: &'a str,
        scripts: &'a BTreeMap<String, String>,
    ) -> Self {
        Self {
            name,
            source,
            scripts,
        }
    }

    pub(crate) fn parse_error(&self, error: &ParseError) -> Diagnostic {
        let code = match error.err_type() {
            ParseErrorType::VariableUndefined(_) => Code::P1003,
            ParseErrorType::ModuleUndefined(_) => Code::P1007,
            ParseErrorType::ExprTooDeep => Code::P1005,
            _ => Code::P1001,
        };
        let mut diagnostic = Diagnostic::new(code, error.err_type().to_string());
        diagnostic
            .frames
            .push(self.frame(self.name, error.position(), None));
        diagnostic
    }

    pub(crate) fn runtime_error(&self, error: &EvalAltResult) -> Diagnostic {
        let (frames, inner) = self.unwind(error);
        let mut diagnostic = describe(inner);
        diagnostic.frames = frames;
        diagnostic
    }

    pub(crate) fn halted(&self, halt: &Halt, error: Option<&EvalAltResult>) -> Diagnostic {
        let mut diagnostic = Diagnostic::from(halt.error.clone());
        if let Some(error) = error {
            diagnostic.frames = self.unwind(error).0;
        }
        if let Some(place) = &halt.place {
            let function = diagnostic.frames.first().and_then(|f| f.function.clone());
            let frame = self.frame(&place.script, place.position, function);
            match diagnostic.frames.first_mut() {
                Some(first) => *first = frame,
                None => diagnostic.frames.push(frame),
            }
        }
        diagnostic
    }

    pub(crate) fn panicked(&self, error: PlanError, place: Option<Place>) -> Diagnostic {
        let mut diagnostic = Diagnostic::from(error);
        if let Some(place) = place {
            diagnostic
                .frames
                .push(self.frame(&place.script, place.position, None));
        }
        diagnostic
    }

    /// The places from the innermost out, and the innermost error.
    fn unwind<'e>(&self, error: &'e EvalAltResult) -> (Vec<Frame>, &'e EvalAltResult) {
        let mut frames = Vec::new();
        let (mut error, mut script, mut function) = (error, self.name.to_owned(), None);
        loop {
            match error {
                EvalAltResult::ErrorInFunctionCall(name, source, inner, position) => {
                    frames.push(self.frame(&script, *position, function.take()));
                    function = Some(name.clone());
                    if !source.is_empty() {
                        script.clone_from(source);
                    }
                    error = inner;
                }
                EvalAltResult::ErrorInModule(name, inner, position) => {
                    frames.push(self.frame(&script, *position, function.take()));
                    script.clone_from(name);
                    error = inner;
                }
                inner => {
                    frames.push(self.frame(&script, inner.position(), function.take()));
                    frames.reverse();
                    return (frames, inner);
                }
            }
        }
    }

    fn frame(&self, script: &str, position: Position, function: Option<String>) -> Frame {
        let source = if script == self.name {
            self.source
        } else {
            self.scripts.get(script).map_or("", String::as_str)
        };
        let line = position.line().unwrap_or(1);
        let text = source.lines().nth(line - 1).unwrap_or_default();
        Frame {
            script: script.to_owned(),
            line,
            column: position.position().unwrap_or(1),
            width: 1,
            function,
            text: text.to_owned(),
        }
    }
}

fn describe(error: &EvalAltResult) -> Diagnostic {
    use EvalAltResult as E;
    match error {
        E::ErrorRuntime(value, _) | E::ErrorTerminated(value, _) => describe_value(value),
        E::ErrorTooManyOperations(_) => Diagnostic::new(Code::P2001, error.to_string()),
        E::ErrorStackOverflow(_) => Diagnostic::new(Code::P2002, error.to_string()),
        E::ErrorDataTooLarge(..) => Diagnostic::new(Code::P2003, error.to_string()),
        E::ErrorFunctionNotFound(signature, _) => {
            Diagnostic::new(Code::P1002, format!("no function `{signature}`"))
        }
        _ => Diagnostic::new(Code::P2017, error.to_string()),
    }
}

fn describe_value(value: &Dynamic) -> Diagnostic {
    match value.read_lock::<PlanError>() {
        Some(error) => Diagnostic::from(error.clone()),
        None => Diagnostic::new(Code::P2009, format!("the script threw {value}")),
    }
}
