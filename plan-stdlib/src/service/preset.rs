//! What the distribution's and the administrator's presets say of a unit.

use super::name::UnitName;
use super::unit::list;
use crate::file::access;
use crate::text::pattern::Pattern;
use mintage_engine::PlanError;
use mintage_volume::tree::VolumeTree;
use std::collections::BTreeMap;

/// Where presets are, first the directory that wins.
const DIRECTORIES: [&str; 4] = [
    "/etc/systemd/system-preset",
    "/usr/local/lib/systemd/system-preset",
    "/usr/lib/systemd/system-preset",
    "/lib/systemd/system-preset",
];

/// The largest preset file that is read, in bytes.
const MAX_PRESET: usize = 1024 * 1024;

/// What a preset says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Preset {
    /// Enable the unit, of a template these instances.
    Enable(Vec<String>),
    Disable,
    Ignore,
}

/// The presets of a volume, in the order in which they are asked.
pub(super) struct Presets {
    rules: Vec<(Pattern, Preset)>,
}

impl Presets {
    /// Files by their names; of two with the same name, only the one of the first directory.
    pub(super) fn read(tree: &VolumeTree) -> Result<Self, PlanError> {
        let mut files = BTreeMap::new();
        for directory in DIRECTORIES {
            for name in list(tree, directory)? {
                if name.ends_with(".preset") {
                    let path = format!("{directory}/{name}");
                    files.entry(name).or_insert(path);
                }
            }
        }
        let mut rules = Vec::new();
        for path in files.values() {
            // A link to nothing takes a preset away.
            if access::look(tree, path)?.is_some() {
                let content = access::read(tree, path, MAX_PRESET)?;
                rules.extend(String::from_utf8_lossy(&content).lines().filter_map(rule));
            }
        }
        Ok(Self { rules })
    }

    /// The first rule that the name fits; a unit of which nothing is said is enabled.
    pub(super) fn of(&self, name: &UnitName) -> Preset {
        let fits = |pattern: &Pattern, rule: &Preset| {
            let template = name.template();
            pattern.matches(name.as_str().as_bytes())
                || template.is_some_and(|template| {
                    matches!(rule, Preset::Enable(instances)
                        if instances.iter().any(|i| Some(i.as_str()) == name.instance()))
                        && pattern.matches(template.as_str().as_bytes())
                })
        };
        let found = self
            .rules
            .iter()
            .find(|(pattern, rule)| fits(pattern, rule));
        found.map_or(Preset::Enable(Vec::new()), |(_, rule)| rule.clone())
    }
}

fn rule(line: &str) -> Option<(Pattern, Preset)> {
    let mut words = line.split_ascii_whitespace();
    let verb = words.next().filter(|word| !word.starts_with(['#', ';']))?;
    let pattern = Pattern::parse(words.next()?).ok()?;
    let preset = match verb {
        "enable" => Preset::Enable(words.map(str::to_owned).collect()),
        "disable" => Preset::Disable,
        "ignore" => Preset::Ignore,
        _ => return None,
    };
    Some((pattern, preset))
}
