//! The artifacts of a bundle as they are wanted of a service.

use mintage_client::apply::{ArtifactKind, Wanted};
use mintage_plans::bundle::Bundle;
use mintage_plans::bundle::artifact::{
    Artifact, BuildPlan, BuildStep, CustomAttribute, DeploymentPlan, GoldenImage, PlanScript,
};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// All of them; `disks` has the SHA-256 of the disks whose files are there, by the names of the
/// images.
pub(super) fn of(bundle: &Bundle, disks: &BTreeMap<String, String>) -> Vec<Wanted> {
    let images = bundle.golden_images.iter().map(|one| image(one, disks));
    let scripts = bundle.plan_scripts.iter().map(script);
    let build = bundle
        .build_plans
        .iter()
        .map(|plan| build_plan(plan, bundle));
    let deploy = bundle.deployment_plans.iter();
    let deploy = deploy.map(|plan| deployment_plan(plan, bundle));
    images.chain(scripts).chain(build).chain(deploy).collect()
}

fn wanted(kind: ArtifactKind, artifact: &impl Artifact, body: Json) -> Wanted {
    Wanted {
        kind,
        name: artifact.name().to_owned(),
        body: match body {
            Json::Object(body) => body,
            _ => Map::new(),
        },
    }
}

fn image(image: &GoldenImage, disks: &BTreeMap<String, String>) -> Wanted {
    let disk = disks.get(&image.name);
    let body = json!({
        "description": text(&image.description),
        "disk": disk,
        "hasFile": disk.is_some(),
    });
    wanted(ArtifactKind::GoldenImage, image, body)
}

fn script(script: &PlanScript) -> Wanted {
    let body = json!({
        "description": text(&script.description),
        "planType": script.kind.as_deref().unwrap_or("general"),
        "language": script.language,
        "content": script.content,
        "templates": script.templates,
    });
    wanted(ArtifactKind::PlanScript, script, body)
}

fn build_plan(plan: &BuildPlan, bundle: &Bundle) -> Wanted {
    let more = |name: &str| plan.more.get(name).cloned();
    let body = json!({
        "description": text(&plan.description),
        "oeBuildPlanType": plan.kind.as_deref().unwrap_or("deploy"),
        "buildStep": steps(&plan.steps, bundle),
        "customAttributes": plan.attributes.iter().map(attribute).collect::<Vec<_>>(),
        "mounts": more("mounts").unwrap_or_else(|| json!({})),
        "deadlineSeconds": more("deadlineSeconds").unwrap_or_else(|| json!(0)),
    });
    wanted(ArtifactKind::BuildPlan, plan, body)
}

/// The steps in the order of their numbers, where each has one.
fn steps(steps: &[BuildStep], bundle: &Bundle) -> Vec<Json> {
    let number = |step: &BuildStep| step.serial_number.as_ref()?.trim().parse::<u32>().ok();
    let mut steps: Vec<&BuildStep> = steps.iter().collect();
    if steps.iter().all(|step| number(step).is_some()) {
        steps.sort_by_key(|step| number(step));
    }
    let steps = steps.into_iter().map(|step| {
        let script = step.script_id().and_then(|id| bundle.plan_script(id));
        let name = script.map(|script| script.name.clone());
        json!({
            "planScriptName": name.or_else(|| step.script_name.clone()),
            "parameters": step.more.get("parameters"),
        })
    });
    steps.collect()
}

fn deployment_plan(plan: &DeploymentPlan, bundle: &Bundle) -> Wanted {
    let attributes = plan.attributes.iter().map(|own| {
        let mut attribute = attribute(own);
        if let Json::Object(members) = &mut attribute {
            members.insert("editable".to_owned(), own.editable.unwrap_or(true).into());
            members.insert("visible".to_owned(), own.visible.unwrap_or(true).into());
        }
        attribute
    });
    let body = json!({
        "description": text(&plan.description),
        "buildPlan": plan.build_plan.as_deref().map(|given| named(given, &bundle.build_plans)),
        "goldenImage": plan.golden_image.as_deref().map(|given| named(given, &bundle.golden_images)),
        "customAttributes": attributes.collect::<Vec<_>>(),
    });
    wanted(ArtifactKind::DeploymentPlan, plan, body)
}

/// The name of what is given by its name, its id or a URI that ends in its id.
fn named(given: &str, artifacts: &[impl Artifact]) -> String {
    let by_name = artifacts.iter().find(|artifact| artifact.name() == given);
    let id = given.rsplit('/').next().unwrap_or(given);
    let found = by_name.or_else(|| artifacts.iter().find(|artifact| artifact.id() == id));
    found.map_or_else(|| given.to_owned(), |artifact| artifact.name().to_owned())
}

fn attribute(attribute: &CustomAttribute) -> Json {
    json!({
        "name": attribute.name,
        "type": attribute.kind.as_deref().unwrap_or("string"),
        "value": attribute.value,
        "description": text(&attribute.description),
        "constraints": attribute.constraints,
    })
}

/// A text that is not there is an empty one: a service keeps what a change does not mention.
fn text(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or_default()
}
