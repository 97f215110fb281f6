//! A plan library as the artifacts of a bundle: its build plan, and its steps as plan scripts.

use super::artifact::{
    ArtifactKind, BuildPlan, BuildStep, CustomAttribute, Language, More, PlanScript,
};
use super::error::{BundleError, Result};
use super::folder::derived_id;
use super::{Bundle, Manifest};
use crate::attribute::Attribute;
use crate::library::{MountSource, PlanKind, PlanLibrary};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// No clock may be in what comes of a library.
const NO_TIME: &str = "1970-01-01T00:00:00.000Z";

impl Bundle {
    /// The artifacts of a plan library. A script is called as the plan and its file together,
    /// `Web server: network`: in a service, scripts of all plans are side by side.
    ///
    /// # Errors
    /// P5012 when a script is no step: a service has no place for a script that others import.
    pub fn of_library(library: &PlanLibrary) -> Result<Self> {
        let plan = library.plan();
        let kind = match plan.kind {
            PlanKind::Deploy => "deploy",
            PlanKind::Capture => "capture",
        };
        let mut bundle = Self::new(Manifest {
            name: plan.name.clone(),
            description: String::new(),
            read_only: false,
            time_stamp: NO_TIME.to_owned(),
            artifact_type: Manifest::USER.to_owned(),
        });
        for (file, content) in library.scripts() {
            if !plan.steps.iter().any(|step| step == file) {
                let why =
                    "it is no step, and a service has no place for scripts that others import";
                return Err(BundleError::artifact(file, why));
            }
            let templates = library.templates();
            let templates = templates.map(|(name, text)| (name.to_owned(), text.to_owned()));
            let name = script_name(&plan.name, file);
            bundle.plan_scripts.push(PlanScript {
                id: derived_id(ArtifactKind::PlanScript, &name),
                name,
                description: None,
                kind: Some(kind.to_owned()),
                read_only: false,
                language: Language::Rhai,
                content: content.to_owned(),
                templates: templates.collect(),
                more: More::new(),
            });
        }
        let steps = plan.steps.iter().enumerate().map(|(place, file)| {
            let name = script_name(&plan.name, file);
            let id = derived_id(ArtifactKind::PlanScript, &name);
            BuildStep {
                serial_number: Some((place + 1).to_string()),
                script_uri: Some(format!("{}{id}", BuildStep::SCRIPTS)),
                script_name: Some(name),
                more: More::new(),
            }
        });
        let attributes = plan.attributes.iter();
        bundle.build_plans.push(BuildPlan {
            id: derived_id(ArtifactKind::BuildPlan, &plan.name),
            name: plan.name.clone(),
            description: None,
            kind: Some(kind.to_owned()),
            read_only: false,
            steps: steps.collect(),
            attributes: attributes.map(|(name, one)| declared(name, one)).collect(),
            more: settings(
                &plan.mounts,
                plan.deadline.map(|deadline| deadline.as_secs()),
            ),
        });
        bundle.finish()
    }
}

/// `scripts/network.rhai` of the plan `Web server` is `Web server: network`.
fn script_name(plan: &str, file: &str) -> String {
    let stem = file.strip_prefix("scripts/").unwrap_or(file);
    format!("{plan}: {}", stem.strip_suffix(".rhai").unwrap_or(stem))
}

/// An attribute with everything about it as texts.
fn declared(name: &str, attribute: &Attribute) -> CustomAttribute {
    let value = attribute.default.as_ref().map(|default| match default {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    });
    CustomAttribute {
        id: None,
        name: name.to_owned(),
        kind: Some(attribute.kind.name().to_owned()),
        value,
        description: Some(attribute.help.clone()).filter(|help| !help.is_empty()),
        constraints: Some(attribute.constraints().to_string()),
        editable: None,
        visible: None,
        more: More::new(),
    }
}

/// What is mounted where, and the deadline: fields of this product's own.
fn settings(mounts: &BTreeMap<String, MountSource>, deadline: Option<u64>) -> More {
    let mounts: Map<String, Json> = mounts
        .iter()
        .map(|(point, source)| {
            let source = match source {
                MountSource::Partition(number) => format!("partition:{number}"),
                MountSource::Label(label) => format!("label:{label}"),
                MountSource::Uuid(uuid) => format!("uuid:{uuid}"),
                MountSource::PartUuid(uuid) => format!("partuuid:{uuid}"),
            };
            (point.clone(), source.into())
        })
        .collect();
    let mut more = More::new();
    if !mounts.is_empty() {
        more.insert("mounts".to_owned(), Json::Object(mounts));
    }
    more.extend(deadline.map(|seconds| ("deadlineSeconds".to_owned(), seconds.into())));
    more
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attribute::Declaration;
    use std::path::Path;

    fn library(files: &[(&str, &str)]) -> PlanLibrary {
        let files = files.iter();
        let files = files.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        PlanLibrary::from_files(files.collect()).unwrap()
    }

    #[test]
    fn a_library_is_its_build_plan_and_its_steps() {
        let library = library(&[
            (
                "build-plan.toml",
                "name = \"Web\"\ntype = \"capture\"\nsteps = [\"scripts/b.rhai\", \"scripts/a.rhai\"]\n\
                 [mounts.\"/\"]\nlabel = \"root\"\n[limits]\ndeadline = \"2m\"\n\
                 [attribute.Host]\ntype = \"hostname\"\nhelp = \"Its name\"\n",
            ),
            ("scripts/a.rhai", "1"),
            ("scripts/b.rhai", "2"),
            ("templates/x/motd.j2", "Hello"),
        ]);
        let bundle = Bundle::of_library(&library).unwrap();
        let [plan] = bundle.build_plans.as_slice() else {
            panic!("{bundle:?}");
        };
        let steps: Vec<_> = plan
            .steps
            .iter()
            .map(|step| {
                let script = bundle.plan_script(step.script_id().unwrap()).unwrap();
                (
                    script.name.as_str(),
                    script.content.as_str(),
                    script.templates["x/motd.j2"].as_str(),
                )
            })
            .collect();
        assert_eq!(steps, [("Web: b", "2", "Hello"), ("Web: a", "1", "Hello")]);
        assert_eq!(plan.kind.as_deref(), Some("capture"));
        assert_eq!(plan.more["mounts"]["/"], "label:root");
        assert_eq!(plan.more["deadlineSeconds"], 120);
        assert_eq!(plan.attributes[0].description.as_deref(), Some("Its name"));
    }

    #[test]
    fn a_script_that_is_no_step_is_refused() {
        let library = library(&[
            (
                "build-plan.toml",
                "name = \"Web\"\ntype = \"deploy\"\nsteps = [\"scripts/a.rhai\"]\n",
            ),
            ("scripts/a.rhai", "1"),
            ("scripts/lib.rhai", "2"),
        ]);
        let error = Bundle::of_library(&library).unwrap_err();
        assert_eq!(
            error.to_string(),
            "`scripts/lib.rhai`: it is no step, and a service has no place for scripts that others import"
        );
    }

    /// What a service reads of the texts is the attribute that the library has.
    #[test]
    fn no_attribute_of_the_sample_plans_changes_on_the_way() {
        let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-plans");
        let mut count = 0;
        for folder in std::fs::read_dir(samples).unwrap() {
            let Ok(library) = PlanLibrary::load(&folder.unwrap().path()) else {
                continue;
            };
            let bundle = Bundle::of_library(&library).unwrap();
            for text in &bundle.build_plans[0].attributes {
                let read = Declaration {
                    name: &text.name,
                    kind: text.kind.as_deref().unwrap_or_default(),
                    description: text.description.as_deref().unwrap_or_default(),
                    value: text.value.as_deref().unwrap_or_default(),
                    constraints: text.constraints.as_deref().unwrap_or_default(),
                };
                let mut read = read.read().unwrap();
                let own = &library.plan().attributes[&text.name];
                // A text without a length has the wire's, and a default may have become a text.
                if let (
                    crate::attribute::AttributeType::String(read),
                    crate::attribute::AttributeType::String(own),
                ) = (&mut read.kind, &own.kind)
                {
                    read.max_length = own.max_length;
                }
                assert_eq!(
                    (&read.kind, &read.help),
                    (&own.kind, &own.help),
                    "{}",
                    text.name
                );
                assert_eq!(
                    (read.required, read.list),
                    (own.required, own.list),
                    "{}",
                    text.name
                );
                count += 1;
            }
        }
        assert!(count > 10, "{count} attributes");
    }
}
