//! `Parts`: what of an artifact is compared, as texts. Two artifacts are equal when these are.

use super::kind::ArtifactKind;
use super::wanted::{BUILD_PLAN, DISK, GOLDEN_IMAGE};
use serde::Serialize;
use serde_json::{Map, Value as Json};
use similar::TextDiff;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// The texts of an artifact by the names of its parts. A password is in none of them, only whether
/// there is one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parts(BTreeMap<String, String>);

/// A part that differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `content`, `attributes`, `templates/motd.j2`, …
    pub part: String,
    /// The lines, as a unified diff without file names.
    pub diff: String,
}

impl Parts {
    /// Those of an artifact in the form of [`Wanted`](super::Wanted). What is null, empty or missing
    /// is the same.
    pub fn of(kind: ArtifactKind, name: &str, body: &Map<String, Json>) -> Self {
        let mut parts = Self::default();
        parts.line("name", name);
        parts.line("description", text(body, "description"));
        match kind {
            ArtifactKind::GoldenImage => parts.line("disk", text(body, DISK)),
            ArtifactKind::PlanScript => {
                parts.line("type", &text(body, "planType").to_ascii_lowercase());
                parts.line("language", text(body, "language"));
                parts.whole("content", text(body, "content"));
                for (name, template) in members(body, "templates") {
                    let template = template.as_str().unwrap_or_default();
                    let name = format!("templates/{name}");
                    parts.0.insert(name, template.to_owned());
                }
            }
            ArtifactKind::BuildPlan => {
                parts.line("type", text(body, "oeBuildPlanType"));
                parts.whole("steps", &steps(body));
                parts.whole("attributes", &attributes(body));
                let mounts = members(body, "mounts");
                let mounts = mounts.map(|(point, from)| format!("{point}: {}\n", plain(from)));
                parts.whole("mounts", &mounts.collect::<String>());
                let deadline = body.get("deadlineSeconds").and_then(Json::as_u64);
                let deadline = deadline.filter(|seconds| *seconds > 0);
                let deadline = deadline.map(|seconds| format!("{seconds} s"));
                parts.line("deadline", &deadline.unwrap_or_default());
            }
            ArtifactKind::DeploymentPlan => {
                parts.line("build plan", text(body, BUILD_PLAN));
                parts.line("golden image", text(body, GOLDEN_IMAGE));
                parts.whole("attributes", &attributes(body));
            }
        }
        parts
    }

    /// How `self` becomes `other`.
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let names: BTreeSet<_> = self.0.keys().chain(other.0.keys()).collect();
        let differing = names.into_iter().filter(|name| {
            let (old, new) = (self.0.get(*name), other.0.get(*name));
            old != new
        });
        let differences = differing.map(|name| {
            let of = |parts: &Self| parts.0.get(name).cloned().unwrap_or_default();
            let (old, new) = (of(self), of(other));
            let diff = TextDiff::from_lines(&old, &new);
            Difference {
                part: name.clone(),
                diff: diff.unified_diff().context_radius(CONTEXT).to_string(),
            }
        });
        differences.collect()
    }

    fn line(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.0
                .insert(name.to_owned(), format!("{}\n", one_line(text)));
        }
    }

    fn whole(&mut self, name: &str, text: &str) {
        if !text.is_empty() {
            self.0.insert(name.to_owned(), text.to_owned());
        }
    }
}

/// The steps in order, each with its number.
fn steps(body: &Map<String, Json>) -> String {
    let steps = body.get("buildStep").and_then(Json::as_array);
    let mut lines = String::new();
    for (number, step) in (1..).zip(steps.into_iter().flatten()) {
        let member = |name: &str| step.get(name).and_then(Json::as_str).unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{number}. {}", one_line(member("planScriptName")));
        let parameters = member("parameters");
        if !parameters.is_empty() {
            let _ = writeln!(lines, "   parameters: {}", one_line(parameters));
        }
    }
    lines
}

/// The custom attributes in order, a line for each thing that is said of one.
fn attributes(body: &Map<String, Json>) -> String {
    let attributes = body.get("customAttributes").and_then(Json::as_array);
    let mut lines = String::new();
    for attribute in attributes.into_iter().flatten() {
        let member = |name: &str| attribute.get(name).map(plain).unwrap_or_default();
        let _ = writeln!(lines, "{} ({})", one_line(&member("name")), member("type"));
        let value = match is_password(attribute) && !member("value").is_empty() {
            true => "[secret]".to_owned(),
            false => one_line(&member("value")),
        };
        let said = [
            ("value", value),
            ("description", one_line(&member("description"))),
            ("constraints", one_line(&member("constraints"))),
            ("editable", member("editable")),
            ("visible", member("visible")),
        ];
        for (name, text) in said.iter().filter(|(_, text)| !text.is_empty()) {
            let _ = writeln!(lines, "  {name}: {text}");
        }
    }
    lines
}

/// Whether an attribute's value is never shown.
pub(super) fn is_password(attribute: &Json) -> bool {
    let kind = attribute.get("type").and_then(Json::as_str);
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("password"))
}

fn text<'a>(body: &'a Map<String, Json>, member: &str) -> &'a str {
    body.get(member).and_then(Json::as_str).unwrap_or_default()
}

/// The members of an object, in the order of their names.
fn members<'a>(
    body: &'a Map<String, Json>,
    member: &str,
) -> impl Iterator<Item = (&'a String, &'a Json)> {
    let members = body.get(member).and_then(Json::as_object);
    let sorted: BTreeMap<_, _> = members.into_iter().flatten().collect();
    sorted.into_iter()
}

/// A text as it is, null as an empty one, and anything else as JSON.
fn plain(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A text in one line: as it is, or as JSON where it has several or looks like that already.
fn one_line(text: &str) -> String {
    match text.starts_with('"') || text.contains(char::is_control) {
        true => Json::from(text).to_string(),
        false => text.to_owned(),
    }
}
