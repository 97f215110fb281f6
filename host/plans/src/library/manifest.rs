//! A build plan as the text of `build-plan.toml`: what [`super::build_plan`] reads, written.

use super::{BuildPlan, MountSource, PlanKind};
use crate::attribute::{Attribute, AttributeType, NicMode};
use serde_json::{Map, Value as Json, json};

impl BuildPlan {
    /// The text of `build-plan.toml` that is read as this build plan.
    pub fn manifest(&self) -> String {
        let kind = match self.kind {
            PlanKind::Deploy => "deploy",
            PlanKind::Capture => "capture",
        };
        let deadline = self
            .deadline
            .map(|deadline| json!({ "deadline": format!("{}s", deadline.as_secs()) }));
        let attributes = self.attributes.iter();
        let attributes = attributes.map(|(name, attribute)| (name.clone(), table(attribute)));
        let mounts = self.mounts.iter();
        let mounts = mounts.map(|(point, source)| (point.clone(), mount(source)));
        let manifest = json!({
            "name": self.name,
            "type": kind,
            "steps": self.steps,
            "limits": deadline,
            "mounts": mounts.collect::<Map<_, _>>(),
            "attribute": attributes.collect::<Map<_, _>>(),
        });
        // A tree of tables, lists, texts, numbers and booleans without nulls can always be written.
        toml::to_string(&without_nulls(manifest)).unwrap_or_default()
    }
}

fn mount(source: &MountSource) -> Json {
    match source {
        MountSource::Partition(number) => json!({ "partition": number }),
        MountSource::Label(label) => json!({ "label": label }),
        MountSource::Uuid(uuid) => json!({ "uuid": uuid }),
        MountSource::PartUuid(uuid) => json!({ "partuuid": uuid }),
    }
}

fn table(attribute: &Attribute) -> Json {
    let mut table = json!({
        "type": attribute.kind.name(),
        "help": Some(&attribute.help).filter(|help| !help.is_empty()),
        "default": attribute.default,
        "required": attribute.required,
        "list": attribute.list.then_some(true),
    });
    if let (Json::Object(table), Json::Object(keys)) = (&mut table, keys(&attribute.kind)) {
        table.extend(keys);
    }
    table
}

/// The keys of a type's constraints.
fn keys(kind: &AttributeType) -> Json {
    match kind {
        AttributeType::String(kind) => json!({
            "min-length": kind.min_length,
            "max-length": kind.max_length,
            "pattern": kind.pattern,
            "regex": kind.regex,
            "multi-line": kind.multi_line.then_some(true),
        }),
        AttributeType::Number(kind) => json!({
            "min": kind.min,
            "max": kind.max,
            "multiple-of": kind.multiple_of,
            "step": kind.step,
            "unit": kind.unit,
        }),
        AttributeType::Password(kind) => json!({
            "min-length": kind.min_length,
            "max-length": kind.max_length,
            "allowed-characters": kind.allowed_characters,
        }),
        AttributeType::Option(kind) => json!({ "options": kind.options }),
        AttributeType::Hostname(_) | AttributeType::Boolean(_) => json!({}),
        AttributeType::Fqdn(kind) => json!({ "pattern": kind.pattern }),
        AttributeType::Ipv4(kind) => json!({ "network": kind.network }),
        AttributeType::Ipv6(kind) => json!({ "network": kind.network }),
        AttributeType::Nic(kind) => {
            let allow: Vec<&str> = kind.allow.iter().copied().map(NicMode::as_str).collect();
            json!({ "allow": allow, "require": kind.require })
        }
    }
}

/// TOML has no null: what is null is left out, wherever it is.
fn without_nulls(value: Json) -> Json {
    match value {
        Json::Object(map) => {
            let kept = map.into_iter().filter(|(_, value)| !value.is_null());
            kept.map(|(key, value)| (key, without_nulls(value)))
                .collect()
        }
        Json::Array(items) => {
            let kept = items.into_iter().filter(|item| !item.is_null());
            kept.map(without_nulls).collect()
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use crate::library::PlanLibrary;
    use std::collections::BTreeMap;

    const PLAN: &str = r#"
name = "all \"types\""
type = "deploy"
steps = ["scripts/set name.rhai", "scripts/set name.rhai"]
[limits]
deadline = "10m"
[mounts]
"/" = { partition = 2 }
"/boot" = { label = "boot" }
"/srv" = { uuid = "a-b" }
"/var" = { partuuid = "c" }
[attribute.Text]
type = "string"
help = "two\nlines"
default = "a"
required = true
list = true
min-length = 1
max-length = 9
pattern = "a*"
regex = "^a"
multi-line = true
[attribute.Number]
type = "number"
default = 3
min = -3
max = 9
multiple-of = 3
step = 2
unit = "MiB"
[attribute.Secret]
type = "password"
min-length = 8
max-length = 20
allowed-characters = "abc"
[attribute.Choice]
type = "option"
options = ["a", "b"]
[attribute.Host]
type = "hostname"
[attribute.Domain]
type = "fqdn"
pattern = "*.example.com"
[attribute.Four]
type = "ipv4"
network = "192.0.2.0/24"
[attribute.Six]
type = "ipv6"
network = "2001:db8::/32"
[attribute.Port]
type = "nic"
allow = ["disabled"]
require = ["mac"]
default = { mac = "52:54:00:00:00:01" }
[attribute.Flag]
type = "boolean"
default = false
required = false
"#;

    /// The build plan that is read from `manifest`.
    fn library(manifest: &str) -> PlanLibrary {
        let files = [("build-plan.toml", manifest), ("scripts/set name.rhai", "")];
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
        PlanLibrary::from_files(BTreeMap::from(files)).unwrap()
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for manifest in [
            PLAN,
            "name = \"x\"\ntype = \"capture\"\nsteps = [\"scripts/set name.rhai\"]\n",
        ] {
            let plan = library(manifest).plan().clone();
            let written = plan.manifest();
            assert_eq!(*library(&written).plan(), plan, "{written}");
            // The same plan gives the same text, wherever it came from.
            assert_eq!(library(&written).plan().manifest(), written);
        }
    }
}
