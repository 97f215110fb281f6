//! A table of a TOML file, read key by key: wrong types and keys that nobody asked for become
//! diagnostics that show the place, all of them at once.

use crate::attribute::Network;
use crate::problem::{place, problem};
use mintage_engine::nearest::suggest;
use mintage_engine::{Code, Diagnostic};
use serde_json::Value as Json;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The most problems of one file that are told.
const MAX_PROBLEMS: usize = 100;

/// A TOML file that is being read: its name and text for the errors, and the problems so far.
#[derive(Debug)]
pub(crate) struct Source<'a> {
    name: &'a str,
    text: &'a str,
    code: Code,
    show_lines: bool,
    problems: RefCell<Vec<Diagnostic>>,
}

/// One table of it.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    source: &'a Source<'a>,
    name: String,
    span: Range<usize>,
    entries: BTreeMap<String, Entry<'a>>,
    known: Vec<&'static str>,
}

/// One key of a table and its value.
#[derive(Debug, Clone)]
pub(crate) struct Entry<'a> {
    /// Where the key stands.
    pub(crate) key: Range<usize>,
    /// The value, with its place.
    pub(crate) value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Source<'a> {
    /// A file `name` with `text`; its problems get `code`.
    pub(crate) fn new(name: &'a str, text: &'a str, code: Code) -> Self {
        Self {
            name,
            text,
            code,
            show_lines: true,
            problems: RefCell::new(Vec::new()),
        }
    }

    /// As [`Self::new`], for a file that may hold secrets: errors show the place, not the line.
    pub(crate) fn without_text(name: &'a str, text: &'a str, code: Code) -> Self {
        Self {
            show_lines: false,
            ..Self::new(name, text, code)
        }
    }

    /// Parses the text; a syntax error is reported.
    pub(crate) fn parse(&self) -> Option<Spanned<DeTable<'a>>> {
        match DeTable::parse(self.text) {
            Ok(table) => Some(table),
            Err(error) => {
                let message = error.message().lines().collect::<Vec<_>>().join("; ");
                self.report(
                    error.span().unwrap_or(0..0),
                    format!("invalid TOML: {message}"),
                );
                None
            }
        }
    }

    /// The whole file as a section.
    pub(crate) fn root<'s>(&'s self, table: &'s DeTable<'s>) -> Section<'s> {
        Section::new(self, String::new(), 0..0, table)
    }

    /// Notes a problem at `span`.
    pub(crate) fn report(&self, span: Range<usize>, message: impl Into<String>) {
        self.report_diagnostic(span, problem(self.code, message));
    }

    /// Notes a problem that is a diagnostic already, at `span`.
    pub(crate) fn report_diagnostic(&self, span: Range<usize>, mut diagnostic: Diagnostic) {
        if self.problems.borrow().len() >= MAX_PROBLEMS {
            return;
        }
        let mut frame = place(self.name, self.text, span);
        if !self.show_lines {
            frame.text.clear();
        }
        diagnostic.frames = vec![frame];
        self.problems.borrow_mut().push(diagnostic);
    }

    /// `value` if there were no problems, else all of them in the order of their places.
    pub(crate) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Diagnostic>> {
        let mut problems = self.problems.into_inner();
        problems.sort_by_key(|problem| {
            let frame = problem.frames.first();
            frame.map(|frame| (frame.line, frame.column))
        });
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => Err(problems),
        }
    }
}

impl<'a> Section<'a> {
    fn new(
        source: &'a Source<'a>,
        name: String,
        span: Range<usize>,
        table: &'a DeTable<'a>,
    ) -> Self {
        let entries = table.iter().map(|(key, value)| {
            let entry = Entry {
                key: key.span(),
                value,
            };
            (key.get_ref().to_string(), entry)
        });
        Self {
            source,
            name,
            span,
            entries: entries.collect(),
            known: Vec::new(),
        }
    }

    /// Notes a problem at `span`.
    pub(crate) fn report(&self, span: Range<usize>, message: impl Into<String>) {
        self.source.report(span, message);
    }

    /// Notes a problem that is a diagnostic already, at `span`.
    pub(crate) fn report_diagnostic(&self, span: Range<usize>, diagnostic: Diagnostic) {
        self.source.report_diagnostic(span, diagnostic);
    }

    /// Where the section's head stands.
    pub(crate) fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Whether there is an entry of `key`.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    /// Takes the entry of `key`.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<Entry<'a>> {
        self.known.push(key);
        self.entries.remove(key)
    }

    /// Takes every entry that is left, for a table whose keys are free.
    pub(crate) fn take_rest(&mut self) -> BTreeMap<String, Entry<'a>> {
        std::mem::take(&mut self.entries)
    }

    /// A text.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<String> {
        let entry = self.take(key)?;
        self.expect(key, &entry, "a text in quotes", as_text)
    }

    /// A text that must be there.
    pub(crate) fn required_text(&mut self, key: &'static str) -> Option<String> {
        if !self.entries.contains_key(key) {
            self.report_missing(key);
        }
        self.text(key)
    }

    /// A whole number.
    pub(crate) fn integer(&mut self, key: &'static str) -> Option<i64> {
        let entry = self.take(key)?;
        self.expect(key, &entry, "a whole number", |value| match value {
            DeValue::Integer(i) => i64::from_str_radix(i.as_str(), i.radix()).ok(),
            _ => None,
        })
    }

    /// A whole number from 0.
    pub(crate) fn count(&mut self, key: &'static str) -> Option<usize> {
        let entry = self.take(key)?;
        self.expect(key, &entry, "a whole number from 0", |value| match value {
            DeValue::Integer(i) => usize::from_str_radix(i.as_str(), i.radix()).ok(),
            _ => None,
        })
    }

    /// `true` or `false`.
    pub(crate) fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let entry = self.take(key)?;
        self.expect(key, &entry, "`true` or `false`", |value| match value {
            DeValue::Boolean(b) => Some(*b),
            _ => None,
        })
    }

    /// A list of texts, each with its place.
    pub(crate) fn texts(&mut self, key: &'static str) -> Option<Vec<(String, Range<usize>)>> {
        let entry = self.take(key)?;
        self.expect(key, &entry, "a list of texts", |value| match value {
            DeValue::Array(items) => items
                .iter()
                .map(|item| Some((as_text(item.get_ref())?, item.span())))
                .collect(),
            _ => None,
        })
    }

    /// A text of at most 256 characters, to which values are compared.
    pub(crate) fn short_text(&mut self, key: &'static str) -> Option<String> {
        let entry = self.take(key)?;
        self.expect(key, &entry, "a text of at most 256 characters", |value| {
            as_text(value).filter(|text| text.chars().count() <= 256)
        })
    }

    /// A network of the family that `is_family` tells, `192.0.2.0/24`.
    pub(crate) fn network(
        &mut self,
        key: &'static str,
        is_family: fn(&IpAddr) -> bool,
    ) -> Option<Network> {
        let entry = self.take(key)?;
        self.expect(key, &entry, "a network like `192.0.2.0/24`", |value| {
            let network: Network = as_text(value)?.parse().ok()?;
            is_family(&network.address()).then_some(network)
        })
    }

    /// A table.
    pub(crate) fn section(&mut self, key: &'static str) -> Option<Section<'a>> {
        let entry = self.take(key)?;
        self.open(key, &entry)
    }

    /// The table that `entry` of this section is.
    pub(crate) fn open(&self, key: &str, entry: &Entry<'a>) -> Option<Section<'a>> {
        let name = match self.name.as_str() {
            "" => key.to_owned(),
            outer => format!("{outer}.{key}"),
        };
        match entry.value.get_ref() {
            DeValue::Table(table) => {
                Some(Section::new(self.source, name, entry.key.clone(), table))
            }
            _ => {
                self.report(entry.value.span(), format!("`{name}` must be a table"));
                None
            }
        }
    }

    /// Reports that `key` is missing.
    pub(crate) fn report_missing(&self, key: &str) {
        let message = match self.name.as_str() {
            "" => format!("`{key}` is missing"),
            name => format!("`{key}` is missing in `[{name}]`"),
        };
        self.report(self.span(), message);
    }

    /// Reports every key that nobody asked for.
    pub(crate) fn finish(self) {
        for (key, entry) in self.entries.iter().take(MAX_PROBLEMS) {
            let place = match self.name.as_str() {
                "" => String::new(),
                name => format!(" in `[{name}]`"),
            };
            let mut diagnostic = problem(self.source.code, format!("unknown key `{key}`{place}"));
            diagnostic.help = suggest(key, self.known.iter().copied());
            self.source.report_diagnostic(entry.key.clone(), diagnostic);
        }
    }

    fn expect<T>(
        &self,
        key: &str,
        entry: &Entry<'a>,
        what: &str,
        convert: impl FnOnce(&DeValue<'a>) -> Option<T>,
    ) -> Option<T> {
        let converted = convert(entry.value.get_ref());
        if converted.is_none() {
            self.report(entry.value.span(), format!("`{key}` must be {what}"));
        }
        converted
    }
}

fn as_text(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        _ => None,
    }
}

/// The same value as JSON; dates and numbers that JSON cannot hold become texts.
pub(crate) fn to_json(value: &DeValue<'_>) -> Json {
    match value {
        DeValue::String(text) => Json::String(text.to_string()),
        DeValue::Integer(i) => match i64::from_str_radix(i.as_str(), i.radix()) {
            Ok(number) => Json::from(number),
            Err(_) => Json::String(i.to_string()),
        },
        DeValue::Float(f) => Json::String(f.as_str().to_owned()),
        DeValue::Boolean(b) => Json::Bool(*b),
        DeValue::Datetime(d) => Json::String(d.to_string()),
        DeValue::Array(items) => items.iter().map(|item| to_json(item.get_ref())).collect(),
        DeValue::Table(table) => table
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), to_json(value.get_ref())))
            .collect(),
    }
}
