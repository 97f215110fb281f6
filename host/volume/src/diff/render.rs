//! A diff as text for people, in a terminal or a page.

use super::{Change, ContentChange, ContentSummary, DiffCounts, DiffEntry, DiffLine, FileState};
use super::{Hunk, Side, TreeDiff};
use crate::escape::{escape, printable};
use crate::filesystem::FileKind;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Whether the text has colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Plain text.
    Plain,
    /// With the escape codes of a terminal.
    Color,
}

/// The columns that paths get: more when one needs it, up to the maximum; longer ones push the
/// rest of their line.
const PATH_COLUMNS: std::ops::RangeInclusive<usize> = 36..=70;

/// How many digits of a digest are shown.
const SHOWN_DIGITS: usize = 12;

const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const CYAN: &str = "36";

impl Style {
    fn paint(self, color: &str, text: &str) -> String {
        match self {
            Self::Plain => text.to_owned(),
            Self::Color => format!("\x1b[{color}m{text}\x1b[0m"),
        }
    }
}

pub(super) fn render(diff: &TreeDiff, style: Style) -> String {
    let mut text = render_entries(diff, style);
    text.push_str(&format!("{}\n", diff.counts()));
    text
}

pub(super) fn render_entries(diff: &TreeDiff, style: Style) -> String {
    let lens = diff
        .entries
        .iter()
        .map(|entry| entry.path.to_string().chars().count());
    let longest = lens.filter(|len| PATH_COLUMNS.contains(len)).max();
    let columns = longest.unwrap_or(*PATH_COLUMNS.start());
    let mut text = String::new();
    for entry in &diff.entries {
        text.push_str(&render_entry(entry, columns, style));
    }
    text
}

impl fmt::Display for DiffCounts {
    /// `4 changed, 5 added, 1 removed`, or `nothing changed`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.changed, "changed"),
            (self.added, "added"),
            (self.removed, "removed"),
        ];
        let said: Vec<String> = counts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        match said.is_empty() {
            true => f.write_str("nothing changed"),
            false => f.write_str(&said.join(", ")),
        }
    }
}

fn render_entry(entry: &DiffEntry, columns: usize, style: Style) -> String {
    let (letter, color) = match entry.change {
        Change::Added => ("A", GREEN),
        Change::Removed => ("D", RED),
        Change::Modified => ("M", YELLOW),
    };
    let about = [states(entry), content(entry)].join("  ");
    let path = entry.path.to_string();
    let line = format!("{path:columns$}  {}", about.trim());
    let mut text = format!("{}  {}\n", style.paint(color, letter), line.trim_end());
    text.push_str(&xattrs(entry));
    if let Some(ContentChange::Text { hunks }) = &entry.content {
        hunks
            .iter()
            .for_each(|hunk| text.push_str(&render_hunk(hunk, style)));
    }
    text
}

/// Mode, owner and kind of what is there now, with what they were where they changed.
fn states(entry: &DiffEntry) -> String {
    let Some(after) = &entry.after else {
        return String::new();
    };
    let before = entry.before.as_ref().unwrap_or(after);
    let mut said = Vec::new();
    if after.kind != FileKind::Symlink {
        said.push(now_and_before(mode(before), mode(after)));
    }
    said.push(now_and_before(owner(before), owner(after)));
    let mut text = said.join(" ");
    let kind = now_and_before(kind(before), kind(after));
    if kind != "file" {
        text.push_str(&format!("  {kind}"));
    }
    text
}

fn now_and_before(before: String, after: String) -> String {
    match before == after {
        true => after,
        false => format!("{before} → {after}"),
    }
}

fn mode(state: &FileState) -> String {
    format!("{:04o}", state.mode)
}

fn owner(state: &FileState) -> String {
    let shown = |name: &Option<String>, number: u32| match name {
        Some(name) => escape(name.as_bytes()),
        None => number.to_string(),
    };
    let (user, group) = (
        shown(&state.user, state.uid),
        shown(&state.group, state.gid),
    );
    format!("{user}:{group}")
}

/// What it is, in words.
fn kind(state: &FileState) -> String {
    let (major, minor) = state.device.unwrap_or_default();
    match state.kind {
        FileKind::File => "file".to_owned(),
        FileKind::Directory => "directory".to_owned(),
        FileKind::Symlink => format!(
            "link to {}",
            printable(state.target.as_deref().unwrap_or_default(), &['\t'])
        ),
        FileKind::CharDevice => format!("character device {major}:{minor}"),
        FileKind::BlockDevice => format!("block device {major}:{minor}"),
        FileKind::Fifo => "fifo".to_owned(),
        FileKind::Socket => "socket".to_owned(),
    }
}

fn content(entry: &DiffEntry) -> String {
    match &entry.content {
        None | Some(ContentChange::Text { .. }) => String::new(),
        Some(ContentChange::Secret { lines: None }) => "secret".to_owned(),
        Some(ContentChange::Secret { lines: Some(1) }) => "1 line, secret".to_owned(),
        Some(ContentChange::Secret { lines: Some(lines) }) => format!("{lines} lines, secret"),
        Some(ContentChange::Summary { before, after }) => match before {
            None => summary(after),
            Some(before) => format!("{} → {}", summary(before), summary(after)),
        },
    }
}

fn summary(content: &ContentSummary) -> String {
    let digits: String = content.sha256.chars().take(SHOWN_DIGITS).collect();
    format!(
        "{} bytes, sha256 {}…",
        content.bytes,
        escape(digits.as_bytes())
    )
}

/// The extended attributes that changed, a line each; of something new, all that it has.
fn xattrs(entry: &DiffEntry) -> String {
    let none = BTreeMap::new();
    let Some(after) = &entry.after else {
        return String::new();
    };
    let (was, is) = (
        entry.before.as_ref().map_or(&none, |state| &state.xattrs),
        &after.xattrs,
    );
    let names: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    let mut text = String::new();
    for name in names {
        let shown = match (was.get(name), is.get(name)) {
            (Some(was), Some(is)) if was == is => continue,
            (Some(was), Some(is)) => format!("{was} → {is}"),
            (Some(was), None) => format!("{was} → none"),
            (None, is) => is.cloned().unwrap_or_default(),
        };
        text.push_str(&format!(
            "     {} {}\n",
            escape(name.as_bytes()),
            printable(&shown, &['\t'])
        ));
    }
    text
}

fn render_hunk(hunk: &Hunk, style: Style) -> String {
    let mut text = String::new();
    // At the start of a file, a position says nothing.
    if hunk.before_line > 1 || hunk.after_line > 1 {
        let count = |without| {
            hunk.lines
                .iter()
                .filter(|line| line.side != without)
                .count()
        };
        let (before, after) = (count(Side::Added), count(Side::Removed));
        let (from, to) = (hunk.before_line, hunk.after_line);
        let header = format!("@@ -{from},{before} +{to},{after} @@");
        text.push_str(&format!("     {}\n", style.paint(CYAN, &header)));
    }
    hunk.lines
        .iter()
        .for_each(|line| text.push_str(&render_line(line, style)));
    text
}

fn render_line(line: &DiffLine, style: Style) -> String {
    let shown = printable(&line.text, &['\t']);
    let shown = match line.side {
        Side::Same if shown.is_empty() => shown,
        Side::Same => format!(" {shown}"),
        Side::Removed => style.paint(RED, &format!("-{shown}")),
        Side::Added => style.paint(GREEN, &format!("+{shown}")),
    };
    let end = if line.no_newline {
        "\n     \\ no newline at the end"
    } else {
        ""
    };
    format!(
        "{}{end}\n",
        if shown.is_empty() {
            shown
        } else {
            format!("     {shown}")
        }
    )
}
