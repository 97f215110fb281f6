//! `TestCase`: what `tests/NAME/case.toml` says.

use crate::folder::Folder;
use crate::runner::TestVolume;
use mintage_engine::nearest::suggest;
use mintage_engine::{Code, Diagnostic};
use mintage_plans::run::parse_time;
use mintage_plans::{PlanLibrary, Profile, RunInput, ValueLayer, ValueSource, resolve};
use mintage_volume::escape::escape;
use serde::Deserialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// The longest case file, in bytes.
const MAX_CASE: u64 = 1 << 20;
/// The longest tree text, in bytes.
const MAX_TREE: u64 = 64 << 20;
/// What a run takes for now where the case does not say.
const TIME: &str = "2026-01-01T00:00:00Z";

/// One test case, as its file says.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TestCase {
    volume: VolumeNames,
    seed: Option<String>,
    time: Option<String>,
    #[serde(default)]
    attributes: toml::Table,
    #[serde(default)]
    profile: toml::Table,
    #[serde(default)]
    identity: toml::Table,
}

/// The volume: one text, or several that add up.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "the volume must be a text, or a list of texts")]
enum VolumeNames {
    One(String),
    Several(Vec<String>),
}

/// What a case needs to be run.
#[derive(Debug)]
pub(crate) struct Prepared {
    pub(crate) volume: TestVolume,
    /// The run's input; or why the build plan refuses the values, which is an outcome too.
    pub(crate) input: Result<RunInput, Vec<Diagnostic>>,
}

impl TestCase {
    /// The path of the file of the case `name`.
    pub(crate) fn path(name: &str) -> String {
        format!("tests/{name}/case.toml")
    }

    /// Reads the case `name`.
    ///
    /// # Errors
    /// P5001, P5003, P5004, P5006.
    pub(crate) fn read(folder: &Folder, name: &str) -> Result<Self, Diagnostic> {
        let path = Self::path(name);
        let text = folder.text(&path, MAX_CASE)?;
        let text = text.ok_or_else(|| wrong(&path, "it is not there"))?;
        toml::from_str(&text).map_err(|error| {
            let place = error.span().map(|span| place(&text, span.start));
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            wrong(&path, &format!("{}{message}", place.unwrap_or_default()))
        })
    }

    /// Everything that running the case `name` of `library` needs.
    ///
    /// # Errors
    /// P5005, P5006, and those of reading a file of the library.
    pub(crate) fn prepare(
        &self,
        folder: &Folder,
        library: &PlanLibrary,
        name: &str,
    ) -> Result<Prepared, Vec<Diagnostic>> {
        let path = Self::path(name);
        let volume = self.volume(folder, name).map_err(|error| vec![error])?;
        let time = self.time.as_deref().unwrap_or(TIME);
        let Some(time) = parse_time(time) else {
            let why = "`time` must have the form 2026-01-01T00:00:00Z";
            return Err(vec![wrong(&path, why)]);
        };
        let (profile, in_profile) = Profile::parse(&path, &self.profile().to_string())?;
        let in_case = ValueLayer::new(ValueSource::TestCase, to_map(&self.attributes));
        let seed = match (self.seed.as_deref(), profile.name()) {
            (Some(seed), _) => seed,
            (None, "") => name,
            (None, server) => server,
        };
        let input = resolve(library, &[in_profile, in_case]).map(|values| {
            let mut input = RunInput::new(library.clone(), values, seed, Some(time));
            input.profile = profile.clone();
            input
        });
        Ok(Prepared { volume, input })
    }

    /// The server profile as its JSON file would be.
    fn profile(&self) -> Json {
        let mut profile = to_map(&self.profile);
        if !self.identity.is_empty() {
            profile.insert("identity".to_owned(), to_map(&self.identity).into());
        }
        profile.into()
    }

    fn volume(&self, folder: &Folder, case: &str) -> Result<TestVolume, Diagnostic> {
        match &self.volume {
            VolumeNames::One(name) if name.ends_with(".img") => {
                let image = beside(case, name, |path| folder.file(path))?;
                Ok(TestVolume::Image(image))
            }
            VolumeNames::One(name) => Ok(TestVolume::Text(text(folder, case, name)?)),
            VolumeNames::Several(names) => {
                let texts = names.iter().map(|name| text(folder, case, name));
                let texts: Vec<String> = texts.collect::<Result<_, _>>()?;
                Ok(TestVolume::Text(layered(&texts)))
            }
        }
    }
}

/// The tree text `name`: a file of the tests, or a layout.
fn text(folder: &Folder, case: &str, name: &str) -> Result<String, Diagnostic> {
    if name.ends_with(".tree") {
        return beside(case, name, |path| folder.text(path, MAX_TREE));
    }
    let layout = mintage_trees::layout(name).map(str::to_owned);
    layout.ok_or_else(|| {
        let shown = escape(name.as_bytes());
        let why = format!("there is no layout `{shown}`");
        let mut unknown = wrong(&TestCase::path(case), &why);
        unknown.help = suggest(name, mintage_trees::names())
            .map(|help| format!("{help}; a file of the tests ends with `.tree` or `.img`"));
        unknown
    })
}

/// Several tree texts as one: an entry of a later text replaces the same path's of an earlier one.
fn layered(texts: &[String]) -> String {
    let mut entries: BTreeMap<&str, usize> = BTreeMap::new();
    let mut blocks: Vec<String> = Vec::new();
    for line in texts.iter().flat_map(|text| text.lines()) {
        let path = line.starts_with('/').then(|| path_of(line));
        // What comes before the first entry is comments.
        let starts_block = path.is_some() || blocks.is_empty();
        if starts_block {
            blocks.push(String::new());
        }
        let replaced = path.and_then(|path| entries.insert(path, blocks.len() - 1));
        if let Some(replaced) = replaced.and_then(|at| blocks.get_mut(at)) {
            replaced.clear();
        }
        if let Some(block) = blocks.last_mut() {
            block.push_str(line);
            block.push('\n');
        }
    }
    blocks.concat()
}

/// The path of an entry's line: its first word, without the `/` at the end.
fn path_of(line: &str) -> &str {
    let path = line.split([' ', '\t']).next().unwrap_or(line);
    path.trim_end_matches('/')
}

/// The file `name` in the case's folder, or else in that of all cases.
fn beside<T>(
    case: &str,
    name: &str,
    get: impl Fn(&str) -> Result<Option<T>, mintage_engine::PlanError>,
) -> Result<T, Diagnostic> {
    let shown = escape(name.as_bytes());
    if name.contains(['/', '\\', '\0']) {
        let why = format!("the volume `{shown}` must be the name of a file, without a folder");
        return Err(wrong(&TestCase::path(case), &why));
    }
    for path in [format!("tests/{case}/{name}"), format!("tests/{name}")] {
        if let Some(found) = get(&path)? {
            return Ok(found);
        }
    }
    let why = format!("there is neither `tests/{case}/{shown}` nor `tests/{shown}`");
    Err(wrong(&TestCase::path(case), &why))
}

fn wrong(path: &str, why: &str) -> Diagnostic {
    Diagnostic::new(Code::P5006, format!("cannot read `{path}`: {why}"))
}

/// `line 3, column 1: `. The line itself is not shown: a case may hold passwords.
fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default();
    format!("line {line}, column {}: ", column.chars().count() + 1)
}

fn to_map(table: &toml::Table) -> Map<String, Json> {
    let entries = table.iter();
    entries
        .map(|(key, value)| (key.clone(), to_json(value)))
        .collect()
}

/// The same value as JSON; dates and numbers with a fraction become texts.
fn to_json(value: &toml::Value) -> Json {
    match value {
        toml::Value::String(text) => Json::from(text.as_str()),
        toml::Value::Integer(number) => Json::from(*number),
        toml::Value::Float(number) => Json::from(number.to_string()),
        toml::Value::Boolean(flag) => Json::from(*flag),
        toml::Value::Datetime(time) => Json::from(time.to_string()),
        toml::Value::Array(items) => items.iter().map(to_json).collect(),
        toml::Value::Table(table) => to_map(table).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_text_replaces_entries_of_an_earlier_one() {
        let first = "# one\n/etc/a\n  | 1\n/etc/dir/ 0700\n/etc/b\n  | 2\n".to_owned();
        let second = "# two\n/etc/a 0600\n  | 3\n/etc/dir/\n/etc/c -> b".to_owned();
        assert_eq!(
            layered(&[first, second]),
            "# one\n/etc/b\n  | 2\n# two\n/etc/a 0600\n  | 3\n/etc/dir/\n/etc/c -> b\n"
        );
    }

    #[test]
    fn places_count_characters() {
        assert_eq!(place("a = 1\né = x", 10), "line 2, column 4: ");
        assert_eq!(place("a", 99), "line 1, column 2: ");
    }
}
