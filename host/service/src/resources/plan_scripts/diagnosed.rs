//! `Diagnosed`: what the checker says of a script that is being written.

use mintage_plans::check::{Finding, Severity};
use serde::Serialize;
use utoipa::ToSchema;

/// What the checker says, in the order of the text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Diagnosed {
    diagnostics: Vec<DiagnosticWire>,
}

/// One error or warning.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Diagnostic)]
struct DiagnosticWire {
    /// From the registry of codes.
    code: &'static str,
    /// `error` or `warning`.
    severity: &'static str,
    /// What is wrong.
    message: String,
    /// What to do about it.
    help: Option<String>,
    /// From 1; none when it is of no line.
    line: Option<usize>,
    /// In characters, from 1.
    column: Option<usize>,
    /// How many characters it is about.
    width: Option<usize>,
}

impl From<Vec<Finding>> for Diagnosed {
    fn from(findings: Vec<Finding>) -> Self {
        Self {
            diagnostics: findings.into_iter().map(DiagnosticWire::from).collect(),
        }
    }
}

impl From<Finding> for DiagnosticWire {
    fn from(finding: Finding) -> Self {
        let diagnostic = finding.diagnostic;
        let place = diagnostic.frames.first();
        Self {
            code: diagnostic.code.as_str(),
            severity: match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            line: place.map(|frame| frame.line),
            column: place.map(|frame| frame.column),
            width: place.map(|frame| frame.width),
            message: diagnostic.message,
            help: diagnostic.help,
        }
    }
}
