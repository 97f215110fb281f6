//! The configuration file: TOML with a table for each section.

use super::form::Form;
use super::table::{Setting, table};
use mintage_engine::nearest::suggest;
use mintage_engine::{Code, Diagnostic};
use mintage_plans::place;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The longest configuration file, in bytes.
const MAX_LENGTH: u64 = 1 << 20;

/// What a file says of one setting.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    /// The value.
    pub(super) value: Json,
    /// The line that it stands in, from 1.
    pub(super) line: usize,
}

/// What a file says, by the settings' names.
pub(super) type Entries = BTreeMap<&'static str, Entry>;

/// Reads a configuration file.
///
/// # Errors
/// All that is wrong with it, each with its place.
pub(super) fn read(path: &Path) -> Result<Entries, Vec<Diagnostic>> {
    let unreadable = |why: String| {
        let message = format!("cannot read the configuration {}: {why}", path.display());
        vec![Diagnostic::new(Code::P9001, message)]
    };
    let length = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if length.len() > MAX_LENGTH {
        return Err(unreadable(format!("it is longer than {MAX_LENGTH} bytes")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
    parse(&path.display().to_string(), &text)
}

/// Reads the text of a configuration file.
pub(super) fn parse(name: &str, text: &str) -> Result<Entries, Vec<Diagnostic>> {
    let mut reader = Reader {
        name,
        text,
        entries: BTreeMap::new(),
        problems: Vec::new(),
    };
    match DeTable::parse(text) {
        Ok(root) => reader.root(root.get_ref()),
        Err(error) => {
            let message = error.message().lines().collect::<Vec<_>>().join("; ");
            let span = error.span().unwrap_or(0..0);
            reader.report(span, format!("invalid TOML: {message}"));
        }
    }
    match reader.problems.is_empty() {
        true => Ok(reader.entries),
        false => {
            let place = |problem: &Diagnostic| {
                let frame = problem.frames.first();
                frame.map(|frame| (frame.line, frame.column))
            };
            reader.problems.sort_by_key(place);
            Err(reader.problems)
        }
    }
}

struct Reader<'a> {
    name: &'a str,
    text: &'a str,
    entries: Entries,
    problems: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn root(&mut self, root: &DeTable<'_>) {
        for (key, value) in root {
            match value.get_ref() {
                DeValue::Table(section) if is_section(key.get_ref()) => {
                    for (inner, value) in section {
                        self.entry(Some(key.get_ref()), inner, value);
                    }
                }
                _ => self.entry(None, key, value),
            }
        }
    }

    fn entry(
        &mut self,
        section: Option<&str>,
        key: &Spanned<impl AsRef<str>>,
        value: &Spanned<DeValue<'_>>,
    ) {
        let name = key.get_ref().as_ref();
        let found = table().iter().find(|s| s.place() == (section, name));
        let Some(setting) = found else {
            return self.unknown(section, name, key.span());
        };
        match parsed(setting.form, value.get_ref()) {
            Some(value) => {
                let line = place(self.name, self.text, key.span()).line;
                self.entries.insert(&setting.name, Entry { value, line });
            }
            None => {
                let rule = setting.form.rule();
                self.report(value.span(), format!("`{}` must be {rule}", setting.name));
            }
        }
    }

    fn unknown(&mut self, section: Option<&str>, name: &str, span: Range<usize>) {
        let message = match section {
            Some(section) => format!("unknown key `{name}` in `[{section}]`"),
            None => format!("unknown key `{name}`"),
        };
        let keys = table().iter().map(Setting::place);
        let here: Vec<&str> = match section {
            Some(_) => keys
                .filter(|place| place.0 == section)
                .map(|place| place.1)
                .collect(),
            None => keys.map(|(section, key)| section.unwrap_or(key)).collect(),
        };
        self.report(span, message);
        if let Some(problem) = self.problems.last_mut() {
            problem.help = suggest(name, here);
        }
    }

    fn report(&mut self, span: Range<usize>, message: String) {
        let mut frame = place(self.name, self.text, span);
        // A line with a secret is named, and not shown.
        let secrets = table().iter().filter(|setting| setting.secret);
        if secrets
            .map(Setting::place)
            .any(|(_, key)| frame.text.contains(key))
        {
            frame.text.clear();
        }
        let mut problem = Diagnostic::new(Code::P9001, message);
        problem.frames = vec![frame];
        self.problems.push(problem);
    }
}

fn is_section(name: &str) -> bool {
    let mut places = table().iter().map(Setting::place);
    places.any(|(section, _)| section == Some(name))
}

fn parsed(form: Form, value: &DeValue<'_>) -> Option<Json> {
    match value {
        DeValue::String(text) => form.parse(text),
        DeValue::Integer(number) if form.takes_numbers() => {
            let number = u64::from_str_radix(number.as_str(), number.radix()).ok()?;
            form.parse(&number.to_string())
        }
        _ => None,
    }
}
