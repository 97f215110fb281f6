//! What must be right before anything of a volume is touched.

use super::input::RunInput;
use crate::check;
use crate::problem::problem;
use mintage_engine::{Code, CompiledScript, Diagnostic, Library, PlanError, PlanHost};
use mintage_volume::tree::VolumeTree;

/// The compiled steps of a build plan, in order, and the host that runs them.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) host: PlanHost,
    pub(super) steps: Vec<CompiledScript>,
}

/// Checks the inputs and compiles every step.
///
/// # Errors
/// Everything that is wrong; at least one problem.
pub(super) fn prepare(input: &RunInput, grant: &dyn Library) -> Result<Prepared, Vec<Diagnostic>> {
    let library = &input.library;
    let host = check::host(library, grant, input.limits.script.clone());
    let mut problems = wrong_values(input);
    problems.extend(check::wrong_templates(library, grant));
    let mut steps = Vec::new();
    for step in &library.plan().steps {
        match library.script(step).map(|text| host.compile(step, text)) {
            Some(Ok(script)) => {
                problems.extend(host.unknown_calls(step, script.source()));
                steps.push(script);
            }
            Some(Err(error)) => problems.push(*error),
            None => {
                let message = format!("the library has no script `{step}`");
                problems.push(problem(Code::P5001, message));
            }
        }
    }
    if problems.is_empty() {
        Ok(Prepared { host, steps })
    } else {
        Err(problems)
    }
}

/// Values that are missing or that nobody asked for. Their types were checked when they were
/// resolved.
fn wrong_values(input: &RunInput) -> Vec<Diagnostic> {
    let library = &input.library;
    let missing = library
        .plan()
        .attributes
        .keys()
        .filter(|name| library.requires(name) && input.values.get(name).is_none());
    let missing =
        missing.map(|name| problem(Code::P4001, format!("attribute `{name}` has no value")));
    let unknown = input
        .values
        .names()
        .filter(|name| !library.plan().attributes.contains_key(*name));
    let unknown = unknown.map(|name| {
        let plan = &library.plan().name;
        problem(
            Code::P4002,
            format!("build plan `{plan}` has no attribute `{name}`"),
        )
    });
    missing.chain(unknown).collect()
}

/// A root filesystem that cannot be written to would fail the first step that writes.
///
/// # Errors
/// P3012.
pub(super) fn check_writable(tree: &VolumeTree) -> Result<(), PlanError> {
    let root = tree.mounts().iter().find(|mount| mount.point.is_root());
    match root {
        Some(root) if root.read_only => {
            let message = format!("the root filesystem ({}) is read-only", root.source);
            Err(PlanError::new(Code::P3012, message)
                .help("a build plan needs a root filesystem that it can write to"))
        }
        _ => Ok(()),
    }
}
