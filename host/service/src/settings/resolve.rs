//! `resolve`: each setting from where it is said first: flag, environment, file, default.

use super::file::{self, Entries};
use super::table::{Setting, table};
use super::{DEFAULT_FILE, FILE_VARIABLE, Settings};
use mintage_engine::{Code, Diagnostic};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where settings are said, besides the file.
#[derive(Debug, Clone, Default)]
pub struct Layers {
    /// The values of flags, by the settings' names.
    pub flags: BTreeMap<String, String>,
    /// The variables of the environment.
    pub environment: BTreeMap<String, String>,
    /// The file that a flag names.
    pub file: Option<PathBuf>,
}

/// Where a value was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// By a flag.
    Flag(&'static str),
    /// By a variable of the environment.
    Environment(&'static str),
    /// By a line of the file.
    File(PathBuf, usize),
    /// Nowhere.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(name) => write!(f, "--{name}"),
            Self::Environment(name) => f.write_str(name),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
            Self::Default => f.write_str("default"),
        }
    }
}

/// A setting with its value.
#[derive(Debug, Clone)]
pub struct Value {
    /// Which setting.
    pub setting: &'static Setting,
    /// Its value; none when it is not set.
    pub value: Option<Json>,
    /// Where that was said.
    pub origin: Origin,
}

impl Value {
    /// As it may be shown: a secret is not.
    pub fn shown(&self) -> Option<String> {
        let value = self.value.as_ref()?;
        Some(match self.setting.secret {
            true => "********".to_owned(),
            false => self.setting.form.shown(value),
        })
    }
}

/// The whole configuration, and where each value was said.
#[derive(Debug, Clone)]
pub struct Resolved {
    /// In the order of the table.
    pub values: Vec<Value>,
    /// The same, as the service uses it.
    pub settings: Settings,
}

impl Layers {
    /// Flags and the environment of this process.
    pub fn of_process(flags: BTreeMap<String, String>, file: Option<PathBuf>) -> Self {
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let is_ours = name.starts_with("MINTAGE_");
            // What is no text fits no form, and is refused as that.
            is_ours.then(|| (name, value.to_string_lossy().into_owned()))
        });
        Self {
            flags,
            environment: variables.collect(),
            file,
        }
    }

    /// The file to read, and whether it was named.
    fn file(&self) -> (PathBuf, bool) {
        let named = self.environment.get(FILE_VARIABLE).map(PathBuf::from);
        match self.file.clone().or(named) {
            Some(path) => (path, true),
            None => (DEFAULT_FILE.into(), false),
        }
    }
}

/// Takes every setting from where it is said first.
///
/// # Errors
/// All that is wrong with the configuration.
pub fn resolve(layers: &Layers) -> Result<Resolved, Vec<Diagnostic>> {
    let (path, is_named) = layers.file();
    let entries = match is_named || path.exists() {
        true => file::read(&path)?,
        false => Entries::new(),
    };
    let mut problems = Vec::new();
    let mut values = Vec::new();
    for setting in table() {
        match find(setting, layers, &path, &entries) {
            Ok(value) => values.push(value),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let settings = settings(&values)?;
    // What does not fit together is told before anything is started.
    settings
        .export
        .daemons(&settings.data)
        .map_err(|problem| vec![problem])?;
    settings.boot.check().map_err(|problem| vec![problem])?;
    Ok(Resolved { values, settings })
}

fn find(
    setting: &'static Setting,
    layers: &Layers,
    path: &Path,
    entries: &Entries,
) -> Result<Value, Diagnostic> {
    let said = |value, origin| Value {
        setting,
        value,
        origin,
    };
    let parse = |text: &str, origin: Origin| match setting.form.parse(text) {
        Some(value) => Ok(said(Some(value), origin)),
        None => {
            let message = format!("`{origin}` must be {}", setting.form.rule());
            Err(Diagnostic::new(Code::P9001, message))
        }
    };
    if let Some(text) = layers.flags.get(&setting.name) {
        return parse(text, Origin::Flag(&setting.flag));
    }
    if let Some(text) = layers.environment.get(&setting.variable) {
        return parse(text, Origin::Environment(&setting.variable));
    }
    if let Some(entry) = entries.get(setting.name.as_str()) {
        let origin = Origin::File(path.to_owned(), entry.line);
        return Ok(said(Some(entry.value.clone()), origin));
    }
    match setting.default.value() {
        Some(text) => parse(&text, Origin::Default),
        None => Ok(said(None, Origin::Default)),
    }
}

/// The values as the struct that has a field for each.
fn settings(values: &[Value]) -> Result<Settings, Vec<Diagnostic>> {
    let mut root = Map::new();
    for Value { setting, value, .. } in values {
        let value = value.clone().unwrap_or_default();
        match setting.place() {
            (None, key) => root.insert(key.to_owned(), value),
            (Some(section), key) => root
                .entry(section)
                .or_insert_with(|| Json::Object(Map::new()))
                .as_object_mut()
                .and_then(|section| section.insert(key.to_owned(), value)),
        };
    }
    serde_json::from_value(Json::Object(root)).map_err(|error| {
        let message = format!("the configuration does not fit together: {error}");
        vec![Diagnostic::new(Code::P9001, message)]
    })
}
