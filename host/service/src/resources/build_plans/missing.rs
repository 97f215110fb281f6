//! What a build plan's scripts ask for and the plan does not have: warned of, not refused, because
//! Image Streamer takes such plans.

use super::super::plan_scripts::asked;
use crate::error::ApiError;
use mintage_records::View;
use mintage_records::model::{BuildPlan, PlanScript, PlanType};
use std::collections::BTreeSet;

/// The most warnings.
const MAX: usize = 100;

/// One sentence for each thing that is missing.
pub(super) fn warnings(view: &mut View<'_>, plan: &BuildPlan) -> Result<Vec<String>, ApiError> {
    let declared: BTreeSet<&str> = plan
        .custom_attributes
        .iter()
        .map(|attribute| attribute.name.as_str())
        .collect();
    let mut scripts = BTreeSet::new();
    let mut warnings = Vec::new();
    for step in &plan.steps {
        if !scripts.insert(&step.plan_script) {
            continue;
        }
        let Some(script) = view.find::<PlanScript>(&step.plan_script)? else {
            continue;
        };
        let script = script.body;
        warnings.extend(wrong_kind(plan, &script));
        let asked = asked(script.language, &script.content).into_iter();
        let missing =
            asked.filter(|asked| asked.is_required && !declared.contains(asked.attribute.as_str()));
        warnings.extend(missing.map(|asked| {
            let (script, name) = (&script.name, &asked.name);
            format!("plan script `{script}` asks for attribute `{name}`, which is not declared")
        }));
    }
    warnings.truncate(MAX);
    Ok(warnings)
}

/// A script that is not for plans of this type.
fn wrong_kind(plan: &BuildPlan, script: &PlanScript) -> Option<String> {
    let kind = match script.plan_type {
        PlanType::General => return None,
        PlanType::Deploy => "deploy",
        PlanType::Capture => "capture",
    };
    let fits = plan.oe_build_plan_type.eq_ignore_ascii_case(kind);
    (!fits).then(|| format!("plan script `{}` is meant for {kind} plans", script.name))
}
