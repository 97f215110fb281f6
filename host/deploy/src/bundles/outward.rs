//! Stored artifacts as those of an archive.

use super::contents::Contents;
use mintage_plans::bundle::{Bundle, Manifest, artifact};
use mintage_records::model::{
    ArtifactBundle, AttributeValue, BuildPlan, BundleEntry, CustomAttribute, DeploymentPlan,
    GoldenImage, Language, PlanScript, PlanType, SettableAttribute,
};
use mintage_records::{Id, Stored};
use serde_json::{Value as Json, json};

/// What is done with passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passwords {
    /// They are left out.
    LeftOut,
    /// They stay sealed, in a field of their own.
    Sealed,
}

/// The field of an attribute that has a sealed password.
pub(super) const SEALED: &str = "sealedValue";
/// The field of a golden image in a backup that has all that is stored of it.
pub(super) const RECORD: &str = "record";

/// The artifacts of an archive. References by name are right: all that is needed is in `contents`.
pub(super) fn bundle(contents: &Contents, manifest: Manifest, passwords: Passwords) -> Bundle {
    let mut bundle = Bundle::new(manifest);
    bundle.plan_scripts = contents.plan_scripts.iter().map(script).collect();
    bundle.golden_images = contents
        .golden_images
        .iter()
        .map(|stored| image(stored, passwords))
        .collect();
    let build_plans = contents.build_plans.iter();
    bundle.build_plans = build_plans
        .map(|plan| build_plan(plan, contents, passwords))
        .collect();
    let deployment_plans = contents.deployment_plans.iter();
    bundle.deployment_plans = deployment_plans
        .map(|plan| deployment_plan(plan, contents, passwords))
        .collect();
    bundle
}

fn script(stored: &Stored<PlanScript>) -> artifact::PlanScript {
    let script = &stored.body;
    let kind = match script.plan_type {
        PlanType::Deploy => "deploy",
        PlanType::Capture => "capture",
        PlanType::General => "general",
    };
    artifact::PlanScript {
        id: stored.id.to_string(),
        name: script.name.clone(),
        description: script.description.clone(),
        kind: Some(kind.to_owned()),
        read_only: script.hp_provided,
        language: match script.language {
            Language::Rhai => artifact::Language::Rhai,
            Language::Guestfish => artifact::Language::Guestfish,
        },
        content: script.content.clone(),
        templates: script.templates.clone(),
        more: artifact::More::new(),
    }
}

fn image(stored: &Stored<GoldenImage>, passwords: Passwords) -> artifact::GoldenImage {
    let image = &stored.body;
    let mut more = artifact::More::new();
    if passwords == Passwords::Sealed {
        // What is stored always has a form in JSON: it came out of it.
        let record = serde_json::to_value(image).unwrap_or_default();
        more.insert(RECORD.to_owned(), record);
    }
    artifact::GoldenImage {
        id: stored.id.to_string(),
        name: image.name.clone(),
        description: image.description.clone(),
        read_only: image.read_only,
        size: Some(image.size),
        checksum: image.volume_sum.clone(),
        more,
    }
}

fn build_plan(
    stored: &Stored<BuildPlan>,
    contents: &Contents,
    passwords: Passwords,
) -> artifact::BuildPlan {
    let plan = &stored.body;
    let steps = (1..).zip(&plan.steps).map(|(number, step)| {
        let scripts = contents.plan_scripts.iter();
        let mut scripts = scripts.filter(|script| script.id == step.plan_script);
        let mut more = artifact::More::new();
        if let Some(parameters) = &step.parameters {
            more.insert("parameters".to_owned(), parameters.clone().into());
        }
        artifact::BuildStep {
            serial_number: Some(i64::to_string(&number)),
            script_name: scripts.next().map(|script| script.body.name.clone()),
            script_uri: Some(format!(
                "{}{}",
                artifact::BuildStep::SCRIPTS,
                step.plan_script
            )),
            more,
        }
    });
    let mut more = artifact::More::new();
    if !plan.mounts.is_empty() {
        more.insert("mounts".to_owned(), json!(plan.mounts));
    }
    if let Some(seconds) = plan.deadline_seconds {
        more.insert("deadlineSeconds".to_owned(), seconds.into());
    }
    artifact::BuildPlan {
        id: stored.id.to_string(),
        name: plan.name.clone(),
        description: plan.description.clone(),
        kind: Some(plan.oe_build_plan_type.clone()),
        read_only: plan.hp_provided,
        steps: steps.collect(),
        attributes: plan
            .custom_attributes
            .iter()
            .map(|own| attribute(own, passwords))
            .collect(),
        more,
    }
}

fn deployment_plan(
    stored: &Stored<DeploymentPlan>,
    contents: &Contents,
    passwords: Passwords,
) -> artifact::DeploymentPlan {
    let plan = &stored.body;
    let build_plan = contents
        .build_plans
        .iter()
        .find(|other| other.id == plan.build_plan);
    let image = plan.golden_image.as_ref().and_then(|id| {
        let mut images = contents.golden_images.iter();
        images.find(|image| image.id == *id)
    });
    artifact::DeploymentPlan {
        id: stored.id.to_string(),
        name: plan.name.clone(),
        description: plan.description.clone(),
        read_only: plan.hp_provided,
        build_plan: build_plan.map(|plan| plan.body.name.clone()),
        golden_image: image.map(|image| image.body.name.clone()),
        attributes: plan
            .custom_attributes
            .iter()
            .map(|own| settable(own, passwords))
            .collect(),
        more: artifact::More::new(),
    }
}

fn settable(own: &SettableAttribute, passwords: Passwords) -> artifact::CustomAttribute {
    artifact::CustomAttribute {
        id: Some(own.id.clone()),
        editable: Some(own.editable),
        visible: Some(own.visible),
        ..attribute(&own.attribute, passwords)
    }
}

fn attribute(own: &CustomAttribute, passwords: Passwords) -> artifact::CustomAttribute {
    let mut more = artifact::More::new();
    let value = match &own.value {
        None => None,
        Some(AttributeValue::Plain(value)) => Some(value.clone()),
        Some(AttributeValue::Sealed(sealed)) => {
            if passwords == Passwords::Sealed {
                // A sealed value is a text.
                let sealed = serde_json::to_value(sealed).unwrap_or_default();
                more.insert(SEALED.to_owned(), sealed);
            }
            None
        }
    };
    artifact::CustomAttribute {
        id: None,
        name: own.name.clone(),
        kind: Some(own.kind.clone()),
        value,
        description: own.description.clone(),
        constraints: own.constraints.clone(),
        editable: None,
        visible: None,
        more,
    }
}

/// What the service tells of the artifacts of an archive.
pub(super) fn list(bundle: &Bundle, row: &mut ArtifactBundle) {
    let entry =
        |id: &str, name: &str, description: &Option<String>, read_only, needs| BundleEntry {
            id: Id::parse(id).unwrap_or_else(Id::generate),
            name: name.to_owned(),
            description: description.clone(),
            read_only,
            needs,
        };
    let scripts = bundle.plan_scripts.iter();
    row.plan_scripts = scripts
        .map(|own| {
            entry(
                &own.id,
                &own.name,
                &own.description,
                own.read_only,
                Vec::new(),
            )
        })
        .collect();
    let images = bundle.golden_images.iter();
    row.golden_images = images
        .map(|own| {
            entry(
                &own.id,
                &own.name,
                &own.description,
                own.read_only,
                Vec::new(),
            )
        })
        .collect();
    let plans = bundle.build_plans.iter();
    row.build_plans = plans
        .map(|own| {
            let steps = own.steps.iter().filter_map(|step| step.script_name.clone());
            entry(
                &own.id,
                &own.name,
                &own.description,
                own.read_only,
                steps.collect(),
            )
        })
        .collect();
    let plans = bundle.deployment_plans.iter();
    row.deployment_plans = plans
        .map(|own| {
            let needs = [&own.build_plan, &own.golden_image];
            let needs = needs.map(|name| name.clone().unwrap_or_default());
            entry(
                &own.id,
                &own.name,
                &own.description,
                own.read_only,
                needs.into(),
            )
        })
        .collect();
}

/// The stored form of a golden image in a backup.
pub(super) fn record(image: &artifact::GoldenImage) -> Option<GoldenImage> {
    let record: &Json = image.more.get(RECORD)?;
    serde_json::from_value(record.clone()).ok()
}
