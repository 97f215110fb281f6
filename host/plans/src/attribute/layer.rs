//! Values for attributes as they were given, before their types are known, from one source.

use crate::problem::{problem, problem_with_help};
use crate::section::{Source, to_json};
use mintage_engine::{Code, Diagnostic};
use mintage_volume::escape::escape;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::fmt;

/// The longest file with values, in bytes.
const MAX_VALUES_FILE: usize = 1024 * 1024;

/// Values from one source. Any of them may turn out to be a secret, so `Debug` shows only names.
#[derive(Clone, PartialEq, Eq)]
pub struct ValueLayer {
    source: ValueSource,
    values: BTreeMap<String, Json>,
}

/// Where values come from, the weakest first: of two values, that of the stronger source counts.
/// A default in the build plan is weaker than all, a script's own default weaker still.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValueSource {
    /// A secret in a stored build plan, which is no default that everybody may read.
    BuildPlan,
    /// A deployment plan.
    DeploymentPlan,
    /// The server profile.
    Profile,
    /// The request for a deployment.
    Request,
    /// A file with values.
    File,
    /// A test case.
    TestCase,
    /// The command line.
    Setting,
}

impl fmt::Display for ValueSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BuildPlan => "the build plan",
            Self::DeploymentPlan => "the deployment plan",
            Self::Profile => "the server profile",
            Self::Request => "the request",
            Self::File => "the values file",
            Self::TestCase => "the test case",
            Self::Setting => "the command line",
        })
    }
}

impl fmt::Debug for ValueLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&String> = self.values.keys().collect();
        f.debug_struct("ValueLayer")
            .field("source", &self.source)
            .field("names", &names)
            .finish_non_exhaustive()
    }
}

impl ValueLayer {
    /// The values of `map`; a key like `ManagementNIC.address` is a field of a nic.
    pub fn new(source: ValueSource, map: Map<String, Json>) -> Self {
        let mut layer = Self {
            source,
            values: BTreeMap::new(),
        };
        map.into_iter()
            .for_each(|(key, value)| layer.add(key, value));
        layer
    }

    /// Reads a values file: TOML, or JSON when its name ends with `.json`. `name` is for errors.
    ///
    /// # Errors
    /// P4003 when it cannot be read as a table of values.
    pub fn from_file_text(name: &str, text: &str) -> Result<Self, Vec<Diagnostic>> {
        if text.len() > MAX_VALUES_FILE {
            let message = format!("the values file `{name}` is larger than 1 MiB");
            return Err(vec![problem(Code::P4003, message)]);
        }
        let map = if name.ends_with(".json") {
            parse_json(Code::P4003, name, text)?
        } else {
            parse_toml(name, text)?
        };
        Ok(Self::new(ValueSource::File, map))
    }

    /// Reads settings of the form `NAME=VALUE` and `NIC.FIELD=VALUE`.
    ///
    /// # Errors
    /// P4003 for each that has no `=` or no name.
    pub fn from_settings<S: AsRef<str>>(
        settings: impl IntoIterator<Item = S>,
    ) -> Result<Self, Vec<Diagnostic>> {
        let mut layer = Self::new(ValueSource::Setting, Map::new());
        let mut problems = Vec::new();
        for (number, setting) in (1..).zip(settings) {
            match setting.as_ref().split_once('=') {
                Some((name, value)) if !name.trim().is_empty() => {
                    layer.add(name.trim().to_owned(), Json::String(value.to_owned()));
                }
                // Nothing of the setting is shown: it may be the text of a secret.
                _ => problems.push(problem_with_help(
                    Code::P4003,
                    format!("setting {number} has no name and value"),
                    "write it as `NAME=VALUE`",
                )),
            }
        }
        if problems.is_empty() {
            Ok(layer)
        } else {
            Err(problems)
        }
    }

    /// Where the values come from.
    pub fn source(&self) -> ValueSource {
        self.source
    }

    /// The values by attribute name, the fields of a nic gathered.
    pub(super) fn values(&self) -> &BTreeMap<String, Json> {
        &self.values
    }

    fn add(&mut self, key: String, value: Json) {
        let Some((name, field)) = key.split_once('.') else {
            match (self.values.get_mut(&key), value) {
                (Some(Json::Object(fields)), Json::Object(more)) => fields.extend(more),
                (_, value) => {
                    self.values.insert(key, value);
                }
            }
            return;
        };
        let entry = self.values.entry(name.to_owned()).or_insert(Json::Null);
        if !entry.is_object() {
            *entry = Json::Object(Map::new());
        }
        if let Json::Object(fields) = entry {
            fields.insert(field.to_owned(), value);
        }
    }
}

/// A JSON file that holds one object.
pub(crate) fn parse_json(
    code: Code,
    name: &str,
    text: &str,
) -> Result<Map<String, Json>, Vec<Diagnostic>> {
    // The parser's own message may quote a value, which may be a secret: only its place is shown.
    let refused = |place: String| {
        let message = format!("`{}` is not a JSON object{place}", escape(name.as_bytes()));
        vec![problem(code, message)]
    };
    match serde_json::from_str(text) {
        Ok(Json::Object(map)) => Ok(map),
        Ok(_) => Err(refused(String::new())),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            Err(refused(format!(": line {line}, column {column}")))
        }
    }
}

fn parse_toml(name: &str, text: &str) -> Result<Map<String, Json>, Vec<Diagnostic>> {
    let source = Source::without_text(name, text, Code::P4003);
    let map = source.parse().map(|table| {
        let entries = table.get_ref().iter();
        entries
            .map(|(key, value)| (key.get_ref().to_string(), to_json(value.get_ref())))
            .collect()
    });
    source.finish(map)
}
