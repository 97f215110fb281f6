//! `Screen`: what goes to the terminal, for people or as JSON.

use crate::failure::Failure;
use mintage_volume::diff;
use mintage_volume::escape;
use serde::Serialize;
use std::fmt::{self, Display};
use std::io::{self, ErrorKind, IsTerminal, Write};

/// Where a command's results and errors go, and how they look there.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    /// Results and errors are JSON on standard output.
    pub json: bool,
    /// What goes to standard error otherwise goes to standard output, in order.
    pub one_stream: bool,
    /// Standard output shows colours.
    pub out: Paint,
    /// Standard error shows colours.
    pub err: Paint,
}

impl Screen {
    /// The screen of this process: colours only on a terminal, and not when `NO_COLOR` says so.
    pub fn new(json: bool) -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let paint = |terminal: bool| Paint(terminal && wanted && !dumb);
        Self {
            json,
            one_stream: false,
            out: paint(io::stdout().is_terminal()),
            err: paint(io::stderr().is_terminal()),
        }
    }

    /// Prints `text` on standard output as it is. A reader that went away is no error.
    ///
    /// # Errors
    /// When the output takes no more, a full disk for example.
    pub fn print(&self, text: impl Display) -> Result<(), Failure> {
        let mut out = io::stdout().lock();
        write_all(&mut out, &text.to_string()).map_err(|error| Failure::output(&error))
    }

    /// Prints `value` as JSON on standard output.
    ///
    /// # Errors
    /// As [`Self::print`].
    pub fn json(&self, value: &impl Serialize) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(value);
        let text = text.map_err(|error| Failure::output(&error.into()))?;
        self.print(format_args!("{text}\n"))
    }

    /// The same screen with everything on standard output, for a story of several commands.
    #[must_use]
    pub fn in_one_stream(self) -> Self {
        Self {
            one_stream: true,
            err: self.out,
            ..self
        }
    }

    /// Prints one line on standard error.
    pub fn note(&self, text: impl Display) {
        // There is nowhere left to say that one of these failed.
        let _ = match self.one_stream {
            true => writeln!(io::stdout().lock(), "{text}"),
            false => writeln!(io::stderr().lock(), "{text}"),
        };
    }

    /// Prints why a command failed.
    pub fn failure(&self, failure: &Failure) {
        if self.json {
            let errors = &failure.diagnostics;
            let json = serde_json::json!({ "errors": errors, "usage": failure.usage });
            let _ = self.json(&json);
            return;
        }
        if let Some(message) = &failure.usage {
            self.note(format_args!("{} {message}", self.err.red("error:")));
        }
        for diagnostic in &failure.diagnostics {
            self.note(diagnostic.render(self.err.error_style()).trim_end());
        }
    }
}

/// A text of several lines with everything escaped that a terminal would act upon.
pub fn printable(text: &str) -> String {
    escape::printable(text, &['\n'])
}

fn write_all(out: &mut impl Write, text: &str) -> io::Result<()> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

/// Whether colours are shown, and the few that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paint(pub bool);

impl Paint {
    /// What was added or went well.
    pub fn green(self, text: impl Display) -> Painted {
        self.painted("32", text)
    }

    /// What was removed or went wrong.
    pub fn red(self, text: impl Display) -> Painted {
        self.painted("31", text)
    }

    /// What was changed.
    pub fn yellow(self, text: impl Display) -> Painted {
        self.painted("33", text)
    }

    /// What can be skipped when reading.
    pub fn dim(self, text: impl Display) -> Painted {
        self.painted("2", text)
    }

    /// What is read first.
    pub fn bold(self, text: impl Display) -> Painted {
        self.painted("1", text)
    }

    /// How a diff is shown with these colours.
    pub fn diff_style(self) -> diff::Style {
        match self.0 {
            true => diff::Style::Color,
            false => diff::Style::Plain,
        }
    }

    /// How an error is shown with these colours.
    pub fn error_style(self) -> mintage_engine::Style {
        match self.0 {
            true => mintage_engine::Style::Colour,
            false => mintage_engine::Style::Plain,
        }
    }

    fn painted(self, code: &'static str, text: impl Display) -> Painted {
        Painted {
            code: self.0.then_some(code),
            text: text.to_string(),
        }
    }
}

/// A text and its colour.
#[derive(Debug)]
pub struct Painted {
    code: Option<&'static str>,
    text: String,
}

impl Display for Painted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => write!(f, "\x1b[{code}m{}\x1b[0m", self.text),
            None => f.write_str(&self.text),
        }
    }
}
