//! `Record`: what came of a case as a snapshot keeps it, in parts that can be compared one by one.
//!
//! First whether the run succeeded, with the log and the notes; then a part for every file that
//! changed, as a preview shows it, or the error. Each part reads the same whatever the others are.
//! Where in the scripts something comes from is not in the text, except in an error: a comment more
//! would change every snapshot.

use mintage_engine::{Diagnostic, LogLevel, Style};
use mintage_plans::Outcome;
use mintage_plans::run::Status;
use mintage_volume::diff::{self, DiffEntry, TreeDiff};
use mintage_volume::escape::escape;

/// What came of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) parts: Vec<Part>,
}

/// A part of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    /// What it is about: a path, or nothing for the run as a whole.
    pub(crate) path: Option<String>,
    /// The script and line that changed it last.
    pub(crate) origin: Option<String>,
    /// Its text, with its line ends.
    pub(crate) text: String,
}

impl Record {
    /// The record of a run.
    pub(crate) fn of_run(outcome: &Outcome) -> Self {
        let mut parts = vec![Part::whole(head(outcome))];
        match &outcome.error {
            Some(error) => parts.push(Part::whole(error.render(Style::Plain))),
            None => parts.extend(outcome.diff.entries.iter().map(Part::of_entry)),
        }
        Self { parts }
    }

    /// The record of a build plan that refuses the values that it was given.
    pub(crate) fn of_refusal(problems: &[Diagnostic]) -> Self {
        let problems = problems.iter().map(|problem| problem.render(Style::Plain));
        let head = "refused: the build plan did not run\n".to_owned();
        let parts = std::iter::once(head).chain(problems);
        Self {
            parts: parts.map(Part::whole).collect(),
        }
    }

    /// Reads a record out of a snapshot's text, as far as its parts can be told.
    pub(crate) fn read(text: &str) -> Self {
        let mut parts: Vec<Part> = Vec::new();
        for line in text.split_inclusive('\n') {
            let path = path_of(line);
            let begins = path.is_some() || line.starts_with("error[");
            match parts.last_mut() {
                Some(part) if !begins => part.text.push_str(line),
                _ => parts.push(Part {
                    path,
                    ..Part::whole(line.to_owned())
                }),
            }
        }
        for part in &mut parts {
            part.text = format!("{}\n", part.text.trim_end());
        }
        Self { parts }
    }

    /// The text of a snapshot.
    pub(crate) fn text(&self) -> String {
        let mut texts = self.parts.iter().map(|part| part.text.as_str());
        let head = texts.next().unwrap_or_default();
        let rest: String = texts.collect();
        match rest.is_empty() {
            true => head.to_owned(),
            false => format!("{head}\n{rest}"),
        }
    }
}

impl Part {
    fn whole(text: String) -> Self {
        Self {
            path: None,
            origin: None,
            text,
        }
    }

    /// One by one, so that a longer path elsewhere does not move this one's columns.
    fn of_entry(entry: &DiffEntry) -> Self {
        let alone = TreeDiff {
            entries: vec![entry.clone()],
        };
        let text = alone.render_entries(diff::Style::Plain);
        Self {
            path: path_of(&text),
            origin: entry.origin.clone(),
            text,
        }
    }
}

/// The path of a changed file, from the first line of its part.
fn path_of(line: &str) -> Option<String> {
    let rest = ["A  ", "D  ", "M  "]
        .iter()
        .find_map(|change| line.strip_prefix(change))?;
    let path = rest.split("  ").next().unwrap_or(rest);
    path.starts_with('/').then(|| path.trim_end().to_owned())
}

/// Whether the run succeeded, what was logged, what else there is to know.
fn head(outcome: &Outcome) -> String {
    let mut head = match outcome.status {
        Status::Succeeded => format!("succeeded: {}\n", outcome.diff.counts()),
        Status::Failed => "failed: nothing was changed\n".to_owned(),
    };
    for line in &outcome.log {
        let level = match line.level {
            LogLevel::Debug => "debug",
            LogLevel::Info => "info",
            LogLevel::Warning => "warning",
        };
        for text in line.text.lines() {
            push(&mut head, level, text);
        }
    }
    for note in &outcome.notes {
        push(&mut head, "note", note);
    }
    head
}

fn push(head: &mut String, what: &str, text: &str) {
    let line = format!("{what}: {}", escape(text.as_bytes()));
    head.push_str(line.trim_end());
    head.push('\n');
}
