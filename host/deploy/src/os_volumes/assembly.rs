//! From stored artifacts to a plan library: what the service runs is what `mintage run` would run of
//! the same plan in a folder.

use super::pinned_plan::PinnedPlan;
use super::problem::{DeployError, from_diagnostic, problem};
use mintage_plans::attribute::{Attribute, Declaration};
use mintage_plans::library::MountSource;
use mintage_plans::{BuildPlan, PlanKind, PlanLibrary};
use mintage_records::model::{AttributeValue, CustomAttribute, Language, PlanScript, TaskError};
use mintage_volume::escape::escape;
use std::collections::BTreeMap;
use std::time::Duration;

/// Makes the plan library of a stored build plan.
///
/// # Errors
/// `Refused` with everything that keeps it from running: scripts in a language that is not run,
/// attributes that cannot be, templates of one name and different texts, and what a build plan's file
/// could have wrong.
pub fn library(pinned: &PinnedPlan) -> Result<PlanLibrary, DeployError> {
    let mut assembly = Assembly::default();
    let plan = assembly.build_plan(pinned);
    for script in &pinned.scripts {
        assembly.add(&script.body);
    }
    if !assembly.problems.is_empty() {
        return Err(DeployError::Refused(assembly.problems));
    }
    let manifest = PlanLibrary::MANIFEST.to_owned();
    assembly.files.insert(manifest, plan.manifest());
    Ok(PlanLibrary::from_files(assembly.files)?)
}

/// The file of a plan library that a script becomes.
fn file_name(script: &PlanScript) -> String {
    format!("scripts/{}.rhai", script.name)
}

#[derive(Default)]
struct Assembly {
    /// Texts by their names in the library.
    files: BTreeMap<String, String>,
    /// Which script brought a template.
    templates: BTreeMap<String, String>,
    problems: Vec<TaskError>,
}

impl Assembly {
    fn build_plan(&mut self, pinned: &PinnedPlan) -> BuildPlan {
        let stored = &pinned.build_plan.body;
        let steps = stored.steps.iter();
        let steps = steps.filter_map(|step| Some(file_name(pinned.script(&step.plan_script)?)));
        let attributes = stored.custom_attributes.iter();
        let attributes = attributes
            .filter_map(|declared| Some((declared.name.clone(), self.attribute(declared)?)));
        let attributes = attributes.collect();
        let mounts = stored.mounts.iter();
        let mounts = mounts
            .filter_map(|(point, source)| Some((point.clone(), self.mount(point, source)?)))
            .collect();
        BuildPlan {
            name: stored.name.clone(),
            kind: self.kind(&stored.oe_build_plan_type),
            steps: steps.collect(),
            mounts,
            attributes,
            deadline: stored.deadline_seconds.map(Duration::from_secs),
        }
    }

    fn kind(&mut self, text: &str) -> PlanKind {
        match text.to_ascii_lowercase().as_str() {
            "deploy" => {}
            "capture" => return PlanKind::Capture,
            _ => self.problems.push(problem(
                "WRONG_PLAN_TYPE",
                format!("`{}` is no type of a build plan", escape(text.as_bytes())),
                "Set `oeBuildPlanType` to `deploy` or `capture`.",
            )),
        }
        PlanKind::Deploy
    }

    fn attribute(&mut self, declared: &CustomAttribute) -> Option<Attribute> {
        match declaration(declared).read() {
            Ok(attribute) => Some(attribute),
            Err(problems) => {
                self.problems
                    .extend(problems.into_iter().map(from_diagnostic));
                None
            }
        }
    }

    fn mount(&mut self, point: &str, source: &str) -> Option<MountSource> {
        let mount = source.split_once(':').and_then(|(what, value)| match what {
            "partition" => value.parse().ok().map(MountSource::Partition),
            "label" => Some(MountSource::Label(value.to_owned())),
            "uuid" => Some(MountSource::Uuid(value.to_owned())),
            "partuuid" => Some(MountSource::PartUuid(value.to_owned())),
            _ => None,
        });
        if mount.is_none() {
            self.problems.push(problem(
                "WRONG_MOUNT",
                format!(
                    "`{}` cannot be mounted on `{}`",
                    escape(source.as_bytes()),
                    escape(point.as_bytes())
                ),
                "Write it as `partition:NUMBER`, `label:LABEL`, `uuid:UUID` or `partuuid:UUID`.",
            ));
        }
        mount
    }

    fn add(&mut self, script: &PlanScript) {
        if script.language != Language::Rhai {
            self.problems.push(problem(
                "LANGUAGE_NOT_RUN",
                format!(
                    "plan script `{}` is written for guestfish, which is not run yet",
                    escape(script.name.as_bytes())
                ),
                "Write the script in Rhai; the guestfish script can be kept beside it.",
            ));
            return;
        }
        self.files.insert(file_name(script), script.content.clone());
        for (name, text) in &script.templates {
            let file = format!("templates/{name}");
            let before = self.files.insert(file, text.clone());
            let bringer = self.templates.insert(name.clone(), script.name.clone());
            if let (Some(_), Some(other)) = (before.filter(|before| before != text), bringer) {
                self.problems.push(problem(
                    "TEMPLATE_CONFLICT",
                    format!(
                        "plan scripts `{}` and `{}` bring different templates with the name `{}`",
                        escape(other.as_bytes()),
                        escape(script.name.as_bytes()),
                        escape(name.as_bytes())
                    ),
                    "Give one of the templates another name.",
                ));
            }
        }
    }
}

/// A stored attribute as a declaration; a sealed value is left out.
pub(crate) fn declaration(attribute: &CustomAttribute) -> Declaration<'_> {
    Declaration {
        name: &attribute.name,
        kind: &attribute.kind,
        description: attribute.description.as_deref().unwrap_or_default(),
        value: match &attribute.value {
            Some(AttributeValue::Plain(value)) => value,
            Some(AttributeValue::Sealed(_)) | None => "",
        },
        constraints: attribute.constraints.as_deref().unwrap_or_default(),
    }
}
