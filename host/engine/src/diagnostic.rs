//! A diagnostic: an error with its place in a script, as data, and how it is rendered.

use crate::codes::Code;
use crate::error::PlanError;
use serde::{Deserialize, Serialize};

/// An error as users see it, the same in a terminal, in JSON and in a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// The code from the registry.
    pub code: Code,
    /// What failed and why, one sentence.
    pub message: String,
    /// Where in a script, innermost first; empty when no script is involved.
    pub frames: Vec<Frame>,
    /// Where in the scripts of the library itself, innermost first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<Frame>,
    /// The path in the volume that it is about, escaped for printing.
    pub path: Option<String>,
    /// More that is known.
    pub notes: Vec<String>,
    /// What to do about it.
    pub help: Option<String>,
}

/// How a diagnostic is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// Text only.
    #[default]
    Plain,
    /// With a terminal's colours.
    Colour,
}

/// One place in a script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The script's name in its plan library, `scripts/network.rhai`.
    pub script: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// How many characters the token there has.
    pub width: usize,
    /// The script's function that this place is in; none at the top level.
    pub function: Option<String>,
    /// The text of the line.
    pub text: String,
    /// What is to be said about the token, `` `path` is `/etc/hosts` ``.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

impl Frame {
    /// Whether both are the same place.
    pub(crate) fn is_at(&self, other: &Self) -> bool {
        let place = |frame: &Self| (frame.line, frame.column);
        self.script == other.script && place(self) == place(other)
    }
}

impl Diagnostic {
    /// A diagnostic with `code` that says `message`, about no place in particular.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        PlanError::new(code, message).into()
    }

    /// Says what to do about it.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// As it is shown to people, several lines, each with its end; see [`Style`].
    pub fn render(&self, style: Style) -> String {
        crate::render::render(self, style, annotate_snippets::Level::ERROR)
    }

    /// As [`Self::render`], for what is worth a look but is no error.
    pub fn render_warning(&self, style: Style) -> String {
        crate::render::render(self, style, annotate_snippets::Level::WARNING)
    }
}

impl From<PlanError> for Diagnostic {
    fn from(error: PlanError) -> Self {
        Self {
            code: error.code,
            message: error.message,
            frames: Vec::new(),
            within: Vec::new(),
            path: error.path,
            notes: Vec::new(),
            help: error.help,
        }
    }
}
