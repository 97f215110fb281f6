//! `build-plan.toml`: name, type, steps, attributes, mounts, limits.

use crate::attribute::Attribute;
use crate::problem::problem;
use crate::section::{Section, Source, to_json};
use mintage_engine::nearest::suggest;
use mintage_engine::{Code, Diagnostic};
use mintage_volume::VolumePath;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

/// The most steps of a build plan.
const MAX_STEPS: usize = 256;
/// The most attributes of a build plan.
const MAX_ATTRIBUTES: usize = 512;
/// The longest deadline that a build plan may set.
const MAX_DEADLINE: Duration = Duration::from_secs(24 * 60 * 60);

/// A build plan: which scripts run in which order, and what they ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BuildPlan {
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub kind: PlanKind,
    /// The names of the scripts to run, in order: `scripts/network.rhai`.
    pub steps: Vec<String>,
    /// The custom attributes, by name.
    pub attributes: BTreeMap<String, Attribute>,
    /// What is mounted where, if the volume's own fstab is not to say: mount point and source.
    pub mounts: BTreeMap<String, MountSource>,
    /// How long all steps together may take, where the plan sets it.
    pub deadline: Option<Duration>,
}

/// What a build plan is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlanKind {
    /// It makes a server's own volume of a golden image.
    Deploy,
    /// It makes a golden image of a server's volume.
    Capture,
}

/// Which filesystem of a volume is meant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MountSource {
    /// That in the partition with this number, from 1.
    Partition(u32),
    /// That with this label.
    Label(String),
    /// That with this UUID.
    Uuid(String),
    /// That in the partition with this UUID.
    PartUuid(String),
}

/// Reads the text of a build plan file; `scripts` are the names that steps may have.
pub(super) fn parse(
    file: &str,
    text: &str,
    scripts: &[&str],
) -> Result<BuildPlan, Vec<Diagnostic>> {
    let source = Source::new(file, text, Code::P5002);
    let table = source.parse();
    let plan = table
        .as_ref()
        .and_then(|table| read(source.root(table.get_ref()), scripts));
    source.finish(plan)
}

fn read(mut root: Section<'_>, scripts: &[&str]) -> Option<BuildPlan> {
    let name = root.required_text("name");
    let kind = read_kind(&mut root);
    let steps = read_steps(&mut root, scripts);
    let attributes = root.section("attribute").map(read_attributes);
    let mounts = root.section("mounts").map(read_mounts);
    let deadline = root.section("limits").and_then(read_deadline);
    root.finish();
    Some(BuildPlan {
        name: name?,
        kind: kind?,
        steps,
        attributes: attributes.unwrap_or_default(),
        mounts: mounts.unwrap_or_default(),
        deadline,
    })
}

fn read_kind(root: &mut Section<'_>) -> Option<PlanKind> {
    let Some(entry) = root.take("type") else {
        root.report_missing("type");
        return None;
    };
    match to_json(entry.value.get_ref()).as_str() {
        Some("deploy") => Some(PlanKind::Deploy),
        Some("capture") => Some(PlanKind::Capture),
        _ => {
            root.report(entry.value.span(), "`type` must be `deploy` or `capture`");
            None
        }
    }
}

fn read_steps(root: &mut Section<'_>, scripts: &[&str]) -> Vec<String> {
    let is_given = root.has("steps");
    let Some(steps) = root.texts("steps").or((!is_given).then(Vec::new)) else {
        return Vec::new();
    };
    if steps.is_empty() || steps.len() > MAX_STEPS {
        let message = format!("`steps` must list 1 to {MAX_STEPS} scripts");
        root.report(root.span(), message);
        return Vec::new();
    }
    for (step, span) in &steps {
        if !scripts.contains(&step.as_str()) {
            let message = format!("the library has no script `{step}`");
            let mut missing = problem(Code::P5001, message);
            missing.help = suggest(step, scripts.iter().copied());
            root.report_diagnostic(span.clone(), missing);
        }
    }
    steps.into_iter().map(|(step, _)| step).collect()
}

fn read_attributes(mut section: Section<'_>) -> BTreeMap<String, Attribute> {
    let entries = section.take_rest();
    if entries.len() > MAX_ATTRIBUTES {
        let message = format!("there are more than {MAX_ATTRIBUTES} attributes");
        section.report(section.span(), message);
        return BTreeMap::new();
    }
    let mut attributes = BTreeMap::new();
    for (name, entry) in entries {
        if !is_attribute_name(&name) {
            let message = "an attribute's name has letters, digits, `_` and `-`, a letter first";
            section.report(entry.key.clone(), message);
        }
        let attribute = section.open(&name, &entry).and_then(Attribute::declare);
        attributes.extend(attribute.map(|attribute| (name, attribute)));
    }
    attributes
}

/// A name that can stand in a setting, where a dot separates a nic's field.
pub(crate) fn is_attribute_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
}

fn read_mounts(mut section: Section<'_>) -> BTreeMap<String, MountSource> {
    let mut mounts = BTreeMap::new();
    for (point, entry) in section.take_rest() {
        match VolumePath::parse(&point) {
            Ok(path) if path.as_bytes() == point.as_bytes() => {}
            _ => {
                let message = "a mount point must be a path like `/boot/efi`";
                section.report(entry.key.clone(), message);
            }
        }
        let mount = section.open(&point, &entry).and_then(read_mount);
        mounts.extend(mount.map(|mount| (point, mount)));
    }
    mounts
}

fn read_mount(mut section: Section<'_>) -> Option<MountSource> {
    let number = section.count("partition");
    let sources = [
        number
            .and_then(|n| u32::try_from(n).ok())
            .map(MountSource::Partition),
        section.text("label").map(MountSource::Label),
        section.text("uuid").map(MountSource::Uuid),
        section.text("partuuid").map(MountSource::PartUuid),
    ];
    let span = section.span();
    let mut given = sources.into_iter().flatten();
    let (first, second) = (given.next(), given.next());
    if first.is_none() || second.is_some() || number == Some(0) {
        let message = "a mount has one of `partition` (from 1), `label`, `uuid`, `partuuid`";
        section.report(span, message);
    }
    section.finish();
    first
}

fn read_deadline(mut section: Section<'_>) -> Option<Duration> {
    let entry = section.take("deadline");
    let deadline = entry.and_then(|entry| {
        let span: Range<usize> = entry.value.span();
        let text = to_json(entry.value.get_ref());
        let deadline = text.as_str().and_then(parse_duration);
        let deadline = deadline.filter(|d| !d.is_zero() && *d <= MAX_DEADLINE);
        if deadline.is_none() {
            section.report(
                span,
                "`deadline` must be a time like `\"90s\"`, `\"10m\"`, `\"1h\"`, at most a day",
            );
        }
        deadline
    });
    section.finish();
    deadline
}

/// `90s`, `10m`, `1h`.
fn parse_duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return None,
    };
    number
        .parse::<u64>()
        .ok()?
        .checked_mul(unit)
        .map(Duration::from_secs)
}
