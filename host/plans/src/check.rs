//! Finds what is wrong with a plan library without an image and without running anything.

mod scripts;

use crate::library::PlanLibrary;
use mintage_engine::{Diagnostic, Library, Limits, PlanHost};
use serde::{Deserialize, Serialize};

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
/// exist; attributes that are asked for are declared and the other way round; templates exist and
/// parse.
pub fn check(library: &PlanLibrary, grant: &dyn Library) -> Vec<Finding> {
    let host = host(library, grant, Limits::default());
    let mut findings = Vec::new();
    for (name, source) in library.scripts() {
        findings.extend(scripts::check(library, &host, name, source));
    }
    findings.extend(wrong_templates(library, grant).into_iter().map(error));
    findings.extend(scripts::unused(library));
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
    let templates = library.templates();
    let checked = templates.filter_map(|(name, text)| grant.check_template(name, text).err());
    checked.map(Diagnostic::from).collect()
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

#[cfg(test)]
mod tests;
