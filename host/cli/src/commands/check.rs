//! `mintage check`: what is wrong with a plan library.

use super::ask_without_image;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use mintage_plans::PlanLibrary;
use mintage_plans::check::{Finding, Severity};
use mintage_volume::escape::escape;
use mintage_worker::Job;
use serde::Serialize;
use std::path::PathBuf;

/// Find what is wrong with a plan library, without an image and without running it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage check plans/web
  mintage check --json plans/web | jq -r '.findings[].message'

Scripts must compile and call only what there is; attributes must be declared, with defaults of
their type; templates must exist, parse, and get the variables that they need. Attributes, scripts,
templates and variables that nothing uses, and steps and statements that are never reached, are
worth a warning. Ends with 1 when there is an error; warnings alone are no failure.")]
pub struct Check {
    /// The folder with build-plan.toml.
    library: PathBuf,
}

/// What a check found.
#[derive(Debug, Serialize)]
struct Checked<'a> {
    plan: &'a str,
    hash: String,
    findings: &'a [Finding],
}

impl Check {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let library = PlanLibrary::load(&self.library)?;
        let job = Job::Check {
            library: Box::new(library.clone()),
        };
        let findings: Vec<Finding> = ask_without_image(&job)?;
        if screen.json {
            screen.json(&Checked {
                plan: &library.plan().name,
                hash: library.hash(),
                findings: &findings,
            })?;
        } else {
            show(&library, &findings, screen)?;
        }
        Ok(match count(&findings, Severity::Error) {
            0 => Exit::Success,
            _ => Exit::Failed,
        })
    }
}

fn show(library: &PlanLibrary, findings: &[Finding], screen: &Screen) -> Result<(), Failure> {
    for finding in findings {
        let style = screen.err.error_style();
        let shown = match finding.severity {
            Severity::Error => finding.diagnostic.render(style),
            Severity::Warning => finding.diagnostic.render_warning(style),
        };
        screen.note(shown.trim_end());
    }
    let steps = counted(library.plan().steps.len(), "step");
    let attributes = counted(library.plan().attributes.len(), "attribute");
    let errors = counted(count(findings, Severity::Error), "error");
    let warnings = counted(count(findings, Severity::Warning), "warning");
    screen.print(format_args!(
        "build plan \"{}\" · {steps}, {attributes} · {errors}, {warnings}\n",
        escape(library.plan().name.as_bytes())
    ))
}

fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

fn count(findings: &[Finding], severity: Severity) -> usize {
    let found = findings
        .iter()
        .filter(|finding| finding.severity == severity);
    found.count()
}
