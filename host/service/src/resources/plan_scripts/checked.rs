//! Whether a script in Rhai can be stored: it compiles, calls what there is, and its templates parse.

use crate::error::ApiError;
use axum::http::StatusCode;
use mintage_deploy::ScriptCheck;
use mintage_engine::{Code, Style};
use mintage_plans::PlanLibrary;
use mintage_plans::check::{Finding, Severity};
use mintage_records::model::{Language, PlanScript};
use std::collections::BTreeMap;

/// The script in the library that is checked, as errors show it.
const SCRIPT: &str = "scripts/plan-script.rhai";
/// A build plan around the script.
const PLAN: &str =
    "name = \"plan script\"\ntype = \"deploy\"\nsteps = [\"scripts/plan-script.rhai\"]\n";

/// The warnings about a script.
///
/// # Errors
/// 400 with all errors; 503 when the check did not come to an end.
pub(super) fn check(
    checker: &dyn ScriptCheck,
    script: &PlanScript,
) -> Result<Vec<String>, ApiError> {
    let findings = findings(checker, script)?.into_iter();
    let (errors, warnings): (Vec<Finding>, Vec<Finding>) =
        findings.partition(|finding| finding.severity == Severity::Error);
    match errors.is_empty() {
        true => Ok(warnings.iter().map(sentence).collect()),
        false => Err(refusal(&errors)),
    }
}

/// All that the checker says of a script by itself.
///
/// # Errors
/// 503 when the check did not come to an end.
pub(super) fn findings(
    checker: &dyn ScriptCheck,
    script: &PlanScript,
) -> Result<Vec<Finding>, ApiError> {
    if script.language != Language::Rhai {
        return Ok(Vec::new());
    }
    let mut files = BTreeMap::from([
        (PlanLibrary::MANIFEST.to_owned(), PLAN.to_owned()),
        (SCRIPT.to_owned(), script.content.clone()),
    ]);
    let templates = script.templates.iter();
    files.extend(templates.map(|(name, text)| (format!("templates/{name}"), text.clone())));
    let library = PlanLibrary::from_files(files)
        .map_err(|problems| ApiError::internal(&format!("{problems:?}")))?;
    let findings = checker.check(library).map_err(|failure| {
        let message = format!("the script could not be checked: {}", failure.message);
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "CHECK_FAILED", message)
            .action("Try again, or store it unchecked with `?validate=false`.")
    })?;
    let own = findings
        .into_iter()
        .filter(|finding| !is_of_the_plan(finding));
    Ok(own.collect())
}

/// Whether only the build plan that the script will be a step of can tell: it declares the attributes,
/// and brings the scripts that are imported.
fn is_of_the_plan(finding: &Finding) -> bool {
    matches!(
        finding.diagnostic.code,
        Code::P4001 | Code::P4002 | Code::P1006
    )
}

fn refusal(errors: &[Finding]) -> ApiError {
    let each: Vec<ApiError> = errors
        .iter()
        .map(|error| {
            let diagnostic = &error.diagnostic;
            let one = ApiError::bad_request("INVALID_SCRIPT", sentence(error))
                .details(diagnostic.render(Style::Plain))
                .source("content");
            match &diagnostic.help {
                Some(help) => one.action(help.clone()),
                None => one,
            }
        })
        .collect();
    ApiError::all("INVALID_SCRIPT", "errors of the script", each)
        .source("content")
        .action("Correct the script, or store it as it is with `?validate=false`.")
}

/// `P1002, line 3: no function …`.
fn sentence(finding: &Finding) -> String {
    let diagnostic = &finding.diagnostic;
    let place = diagnostic
        .frames
        .first()
        .map(|frame| match frame.script.as_str() {
            SCRIPT => format!(", line {}, column {}", frame.line, frame.column),
            other => format!(", {other}, line {}", frame.line),
        });
    let place = place.unwrap_or_default();
    format!("{:?}{place}: {}", diagnostic.code, diagnostic.message)
}
