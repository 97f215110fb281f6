//! How two versions of an artifact differ, as the wire shows them.

use serde::Serialize;
use serde_json::{Map, Value as Document};
use similar::TextDiff;
use std::time::{Duration, Instant};
use utoipa::ToSchema;

/// Members that differ between any two versions, or that are no content of the artifact.
const NO_CONTENT: [&str; 13] = [
    "type",
    "category",
    "uri",
    "id",
    "buildPlanid",
    "created",
    "modified",
    "eTag",
    "etag",
    "state",
    "status",
    "dependentArtifacts",
    "warnings",
];
/// How long the lines of all texts together are compared before the rest is taken as changed.
const PATIENCE: Duration = Duration::from_millis(500);
/// How many lines are shown around a change.
const CONTEXT: usize = 3;

/// How two versions differ.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VersionDifferences)]
pub(super) struct Differences {
    /// The older version.
    from: u64,
    /// The newer one.
    to: u64,
    /// Members with other values, without those below.
    fields: Vec<Changed>,
    /// The lines of `content`, as a unified diff; empty where they are the same.
    content: String,
    /// The lines of templates that differ.
    templates: Vec<TextChange>,
    /// The custom attributes.
    attributes: AttributeChanges,
}

/// A value that differs.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
struct Changed {
    /// The member.
    name: String,
    /// Its value before; null where there was none.
    #[schema(value_type = Object)]
    from: Document,
    /// Its value after.
    #[schema(value_type = Object)]
    to: Document,
}

/// A text that differs.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
struct TextChange {
    name: String,
    /// A unified diff.
    diff: String,
}

/// Custom attributes that differ.
#[derive(Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
struct AttributeChanges {
    added: Vec<String>,
    removed: Vec<String>,
    changed: Vec<AttributeChange>,
}

/// A custom attribute that differs.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
struct AttributeChange {
    name: String,
    /// Its members with other values; a secret is masked.
    members: Vec<Changed>,
}

/// One of the two versions.
#[derive(Debug)]
pub(super) struct Side {
    version: u64,
    members: Map<String, Document>,
}

impl Side {
    pub(super) fn new(version: u64, shown: Document) -> Self {
        let members = match shown {
            Document::Object(members) => members,
            _ => Map::new(),
        };
        Self { version, members }
    }

    fn text(&self, member: &str) -> &str {
        self.members
            .get(member)
            .and_then(Document::as_str)
            .unwrap_or_default()
    }

    /// The attributes: a list, or a text that holds one.
    fn attributes(&self) -> Vec<Map<String, Document>> {
        let list = match self.members.get("customAttributes") {
            Some(Document::String(text)) => serde_json::from_str(text).unwrap_or_default(),
            Some(list) => list.clone(),
            None => Document::Null,
        };
        let Document::Array(list) = list else {
            return Vec::new();
        };
        let objects = list.into_iter().filter_map(|one| match one {
            Document::Object(members) => Some(members),
            _ => None,
        });
        objects.collect()
    }

    fn templates(&self) -> Map<String, Document> {
        let templates = self.members.get("templates");
        templates
            .and_then(Document::as_object)
            .cloned()
            .unwrap_or_default()
    }
}

impl Differences {
    /// `secrets` names the attributes whose masks hide that they differ.
    pub(super) fn new(before: Side, after: Side, secrets: &[String]) -> Self {
        let titles = (
            format!("version {}", before.version),
            format!("version {}", after.version),
        );
        let deadline = Instant::now() + PATIENCE;
        let lines = |old: &str, new: &str| unified(old, new, &titles, deadline);
        let is_apart = |name: &str| {
            matches!(name, "content" | "templates" | "customAttributes")
                || NO_CONTENT.contains(&name)
        };
        let mut fields = changed(&before.members, &after.members);
        fields.retain(|field| !is_apart(&field.name));
        let templates = changed(&before.templates(), &after.templates()).into_iter();
        let templates = templates.map(|template| TextChange {
            diff: lines(
                template.from.as_str().unwrap_or_default(),
                template.to.as_str().unwrap_or_default(),
            ),
            name: template.name,
        });
        Self {
            from: before.version,
            to: after.version,
            fields,
            content: lines(before.text("content"), after.text("content")),
            templates: templates.collect(),
            attributes: attributes(&before.attributes(), &after.attributes(), secrets),
        }
    }
}

/// The members that differ, in the order of the newer one, then those that it has not.
fn changed(before: &Map<String, Document>, after: &Map<String, Document>) -> Vec<Changed> {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let names = after.keys().chain(gone);
    let pairs = names.map(|name| Changed {
        name: name.clone(),
        from: before.get(name).cloned().unwrap_or_default(),
        to: after.get(name).cloned().unwrap_or_default(),
    });
    pairs.filter(|pair| pair.from != pair.to).collect()
}

fn attributes(
    before: &[Map<String, Document>],
    after: &[Map<String, Document>],
    secrets: &[String],
) -> AttributeChanges {
    let name = |of: &Map<String, Document>| -> String {
        of.get("name")
            .and_then(Document::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let only = |these: &[Map<String, Document>], others: &[Map<String, Document>]| {
        let others: Vec<String> = others.iter().map(name).collect();
        let names = these.iter().map(name);
        names.filter(|name| !others.contains(name)).collect()
    };
    let mut changes = AttributeChanges {
        added: only(after, before),
        removed: only(before, after),
        changed: Vec::new(),
    };
    for new in after {
        let name_of_new = name(new);
        let Some(old) = before.iter().find(|old| name(old) == name_of_new) else {
            continue;
        };
        let mut members = changed(old, new);
        if secrets.contains(&name_of_new) {
            let mask = new.get("value").cloned().unwrap_or_default();
            members.push(Changed {
                name: "value".to_owned(),
                from: mask.clone(),
                to: mask,
            });
        }
        if !members.is_empty() {
            changes.changed.push(AttributeChange {
                name: name_of_new,
                members,
            });
        }
    }
    changes
}

/// A unified diff of lines; empty where the texts are the same.
fn unified(old: &str, new: &str, titles: &(String, String), deadline: Instant) -> String {
    if old == new {
        return String::new();
    }
    let diff = TextDiff::configure()
        .deadline(deadline)
        .diff_lines(old, new);
    let mut unified = diff.unified_diff();
    unified
        .context_radius(CONTEXT)
        .header(&titles.0, &titles.1)
        .to_string()
}
