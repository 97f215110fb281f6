//! Finds what is wrong with a plan library without an image and without running anything.

mod defaults;
mod scripts;
mod templates;
mod unused;

use crate::library::PlanLibrary;
use mintage_engine::{Diagnostic, Frame, Library, Limits, PlanHost};
use serde::{Deserialize, Serialize};
use templates::Templates;

/// Something that a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, and where.
    #[serde(flatten)]
    pub diagnostic: Diagnostic,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A run would fail here, if it came by.
    Error,
    /// It may be meant so.
    Warning,
}

/// What is wrong with a plan library, scripts in the order of their names, then templates, then
/// the build plan: every script compiles with what `grant` grants and calls only functions that
/// exist; attributes that are asked for are declared, with defaults of their type; templates exist,
/// parse, and get the variables that they take. What nothing uses and what can never be reached is
/// worth a warning.
pub fn check(library: &PlanLibrary, grant: &dyn Library) -> Vec<Finding> {
    let host = host(library, grant, Limits::default());
    let mut templates = Templates::read(library, grant);
    let mut findings = Vec::new();
    for (name, source) in library.scripts() {
        findings.extend(scripts::check(library, &host, &templates, name, source));
    }
    findings.extend(std::mem::take(&mut templates.faults).into_iter().map(error));
    findings.extend(templates.unused());
    findings.extend(unused::attributes(library));
    findings.extend(unused::scripts(library, &host));
    findings.extend(unused::steps(library));
    findings
}

/// The host of a library's scripts.
pub(crate) fn host(library: &PlanLibrary, grant: &dyn Library, limits: Limits) -> PlanHost {
    let scripts = library.scripts();
    let scripts = scripts.map(|(name, text)| (name.to_owned(), text.to_owned()));
    PlanHost::new(grant, limits).with_scripts(scripts.collect())
}

/// What is wrong with templates by themselves.
pub(crate) fn wrong_templates(library: &PlanLibrary, grant: &dyn Library) -> Vec<Diagnostic> {
    Templates::read(library, grant).faults
}

fn error(diagnostic: Diagnostic) -> Finding {
    Finding {
        severity: Severity::Error,
        diagnostic,
    }
}

fn warning(diagnostic: Diagnostic) -> Finding {
    Finding {
        severity: Severity::Warning,
        diagnostic,
    }
}

/// A place in a script or template.
fn frame(file: &str, text: &str, line: usize, column: usize, width: usize) -> Frame {
    let shown = text.lines().nth(line.saturating_sub(1));
    Frame {
        script: file.to_owned(),
        line,
        column,
        width,
        function: None,
        text: shown.unwrap_or_default().to_owned(),
        label: None,
    }
}

#[cfg(test)]
mod tests;
