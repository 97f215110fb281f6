//! `BundleDiff`: how two bundles differ, artifact by artifact and line by line.
//!
//! Artifacts are the same when they have the same name: ids differ between services, and are not
//! compared. The values of passwords are not shown.

use super::Bundle;
use super::archive::ImageFacts;
use super::artifact::{Artifact, ArtifactKind, BuildStep, PlanScript};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// How two bundles differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BundleDiff {
    /// What the bundles say of themselves, as a unified diff; empty when it is the same.
    pub manifest: String,
    /// The artifacts that differ, by kind and name.
    pub artifacts: Vec<ArtifactChange>,
}

/// How one artifact differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ArtifactChange {
    /// Its kind.
    pub kind: ArtifactKind,
    /// Its name.
    pub name: String,
    /// What happened to it.
    pub change: Change,
    /// The parts that differ; all of them, when it is only in one bundle.
    pub parts: Vec<Part>,
}

/// What happened to an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// It is only in the second bundle.
    Added,
    /// It is only in the first bundle.
    Removed,
    /// It is in both.
    Changed,
}

/// A part of an artifact that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Part {
    /// `fields`, `content`, the name of a template, or `image`.
    pub name: String,
    /// The lines, as a unified diff without file names.
    pub diff: String,
}

/// The texts of an artifact's parts by name.
type Parts = BTreeMap<String, String>;
/// The artifacts of a bundle, and what is known of its images, by the image's id.
type Side<'a> = (&'a Bundle, &'a BTreeMap<String, ImageFacts>);

impl BundleDiff {
    /// Compares two bundles.
    pub fn between(before: Side<'_>, after: Side<'_>) -> Self {
        let passwords = Passwords::of(before.0);
        let (old, new) = (parts(before, None), parts(after, Some(&passwords)));
        let keys: BTreeSet<_> = old.keys().chain(new.keys()).cloned().collect();
        let nothing = Parts::new();
        let changes = keys.into_iter().filter_map(|key| {
            let change = match (old.contains_key(&key), new.contains_key(&key)) {
                (false, _) => Change::Added,
                (_, false) => Change::Removed,
                _ => Change::Changed,
            };
            let (old, new) = (old.get(&key), new.get(&key));
            let parts = compare(old.unwrap_or(&nothing), new.unwrap_or(&nothing));
            let (kind, name) = key;
            (!parts.is_empty()).then_some(ArtifactChange {
                kind,
                name,
                change,
                parts,
            })
        });
        Self {
            artifacts: changes.collect(),
            manifest: lines(&manifest(before.0), &manifest(after.0)),
        }
    }

    /// Whether there is no difference.
    pub fn is_empty(&self) -> bool {
        self.manifest.is_empty() && self.artifacts.is_empty()
    }
}

fn compare(old: &Parts, new: &Parts) -> Vec<Part> {
    let names: BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let parts = names.into_iter().filter_map(|name| {
        let text = |parts: &Parts| parts.get(name).cloned().unwrap_or_default();
        let (old, new) = (text(old), text(new));
        (old != new).then(|| Part {
            name: name.clone(),
            diff: lines(&old, &new),
        })
    });
    parts.collect()
}

fn lines(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    diff.unified_diff().context_radius(CONTEXT).to_string()
}

fn manifest(bundle: &Bundle) -> String {
    // A time stamp says when a bundle was made, which is no difference of what is in it.
    let manifest = &bundle.manifest;
    format!(
        "name: {}\nread-only: {}\ndescription: {}\n",
        manifest.name, manifest.read_only, manifest.description
    )
}

/// The parts of all artifacts.
fn parts(
    (bundle, facts): Side<'_>,
    known: Option<&Passwords>,
) -> BTreeMap<(ArtifactKind, String), Parts> {
    let mut all = BTreeMap::new();
    for script in &bundle.plan_scripts {
        all.insert(key(script), script_parts(script));
    }
    for image in &bundle.golden_images {
        let mut parts = fields_of(image, &[]);
        if let Some(facts) = facts.get(&image.id) {
            let text = format!("{} bytes, SHA-256 {}\n", facts.size, facts.sha256);
            parts.insert("image".to_owned(), text);
        }
        all.insert(key(image), parts);
    }
    for plan in &bundle.build_plans {
        let mut map = plan.to_json();
        let names = plan.steps.iter().map(|step| step_name(bundle, step));
        map.insert("buildStep".to_owned(), names.collect());
        mask(&mut map, &plan.name, known);
        all.insert(key(plan), shown(map, &[]));
    }
    for plan in &bundle.deployment_plans {
        let mut map = plan.to_json();
        mask(&mut map, &plan.name, known);
        all.insert(key(plan), shown(map, &[]));
    }
    all
}

fn key<A: Artifact>(artifact: &A) -> (ArtifactKind, String) {
    (A::KIND, artifact.name().to_owned())
}

/// A step is the name of its script.
fn step_name(bundle: &Bundle, step: &BuildStep) -> Json {
    let script = step.script_id().and_then(|id| bundle.plan_script(id));
    let name = script.map(|script| script.name.clone());
    name.or_else(|| step.script_name.clone())
        .or_else(|| step.script_uri.clone())
        .into()
}

fn script_parts(script: &PlanScript) -> Parts {
    let mut parts = fields_of(script, &["content", "templates"]);
    parts.insert("content".to_owned(), script.content.clone());
    for (name, text) in &script.templates {
        parts.insert(format!("templates/{name}"), text.clone());
    }
    parts
}

fn fields_of(artifact: &impl Artifact, apart: &[&str]) -> Parts {
    shown(artifact.to_json(), apart)
}

/// The fields that are neither null nor an id nor a part of their own, a line each at least.
fn shown(mut map: Map<String, Json>, apart: &[&str]) -> Parts {
    map.retain(|name, value| {
        !value.is_null()
            && !matches!(name.as_str(), "id" | "buildPlanid")
            && !apart.contains(&name.as_str())
    });
    if let Some(Json::Array(attributes)) = map.get_mut("customAttributes") {
        for attribute in attributes.iter_mut().filter_map(Json::as_object_mut) {
            attribute.retain(|name, value| !value.is_null() && name != "id");
        }
    }
    // What is made of these types always has a JSON form.
    let text = serde_json::to_string_pretty(&Json::Object(map)).unwrap_or_default();
    Parts::from([("fields".to_owned(), format!("{text}\n"))])
}

/// The values of password attributes by plan and attribute, to tell whether they differ.
struct Passwords(BTreeMap<(String, String), String>);

impl Passwords {
    fn of(bundle: &Bundle) -> Self {
        let build = bundle
            .build_plans
            .iter()
            .map(|plan| (&plan.name, &plan.attributes));
        let deploy = bundle
            .deployment_plans
            .iter()
            .map(|plan| (&plan.name, &plan.attributes));
        let mut all = BTreeMap::new();
        for (plan, attributes) in build.chain(deploy) {
            for attribute in attributes.iter().filter(|attribute| attribute.is_secret()) {
                let value = attribute.value.clone().unwrap_or_default();
                all.insert((plan.clone(), attribute.name.clone()), value);
            }
        }
        Self(all)
    }
}

/// Hides the values of passwords; one that is not among the `known` ones is another.
fn mask(map: &mut Map<String, Json>, plan: &str, known: Option<&Passwords>) {
    let Some(Json::Array(attributes)) = map.get_mut("customAttributes") else {
        return;
    };
    for attribute in attributes.iter_mut().filter_map(Json::as_object_mut) {
        let text = |name: &str| {
            attribute
                .get(name)
                .and_then(Json::as_str)
                .unwrap_or_default()
        };
        let value = text("value").to_owned();
        if value.is_empty() || !text("type").eq_ignore_ascii_case("password") {
            continue;
        }
        let key = (plan.to_owned(), text("name").to_owned());
        let is_same = known.is_none_or(|known| known.0.get(&key) == Some(&value));
        let hidden = if is_same {
            "[secret]"
        } else {
            "[another secret]"
        };
        attribute.insert("value".to_owned(), hidden.into());
    }
}
