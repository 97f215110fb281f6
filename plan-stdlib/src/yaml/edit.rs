//! One step in the text of YAML, by cutting and inserting at the places of its nodes.

use super::node::{self, Kind, Node, bad};
use super::place::{after_colon, after_line, dash, end, entry_end, line_end, line_start};
use super::scalar;
use super::write::{self, Style};
use crate::structured::change::Action;
use crate::structured::flow::{Comments, Flow};
use crate::structured::{Key, Step, Value};
use mintage_engine::PlanError;
use saphyr_parser::ScalarStyle;
use std::collections::BTreeSet;
use std::ops::Range;

/// The text after one step. What cannot be done is caught by whoever reads the text again.
///
/// # Errors
/// `P2016` for a place in another form, or one that something else in the file refers to.
pub(super) fn step(text: &str, step: &Step) -> Result<String, PlanError> {
    let root = node::parse(text)?;
    let edit = Edit {
        text,
        style: Style::of(&root),
        line_break: if text.contains("\r\n") { "\r\n" } else { "\n" },
        root: &root,
    };
    let made = match &step.action {
        Action::Replace(value) => edit.replace(&step.at, value),
        Action::Insert(key, value) => edit.insert(&step.at, key, value),
        Action::Append(value) => edit.append(&step.at, value),
        Action::Remove => edit.remove(&step.at),
    };
    made?.ok_or_else(|| bad("it has not what is to be changed"))
}

struct Edit<'t> {
    text: &'t str,
    root: &'t Node,
    style: Style,
    line_break: &'static str,
}

/// The new text; `None` where the text has not what it is about.
type Made = Result<Option<String>, PlanError>;

impl Edit<'_> {
    fn replace(&self, at: &[Key], value: &Value) -> Made {
        let Some(old) = self.root.find(at) else {
            return Ok(None);
        };
        self.check_free(old)?;
        if old.is_tagged {
            return Err(bad(
                "a tag in it says of which type the value is that is there",
            ));
        }
        if old.is_absent() {
            return Ok(self.fill(at, value));
        }
        if old.is_block() {
            return Ok(self.replace_block(at, old, value));
        }
        let before = match &old.kind {
            Kind::Scalar(_, style) => Some(*style),
            _ => None,
        };
        if !value.has_members() || old.is_flow() || self.is_in_flow(at) {
            // A block scalar ends where its last line does.
            let tail = match before {
                Some(ScalarStyle::Literal | ScalarStyle::Folded) if self.ends_line(old) => {
                    self.line_break
                }
                _ => "",
            };
            let new = format!("{}{tail}", scalar::write(value, before));
            return Ok(Some(self.splice(old.span.clone(), &new)));
        }
        // The lines go below; a comment stays behind the key.
        let (line, below) = (line_end(self.text, old.span.end), self.below(at, value));
        let rest = self.slice(old.span.end..line);
        let head = self.slice(0..old.span.start).trim_end_matches(' ').len();
        Ok(match at.last() {
            Some(Key::Index(_)) => {
                let lines = write::block(value, old.column, self.style);
                Some(self.splice(old.span.clone(), lines.trim_start()))
            }
            _ => Some(self.splice(head..line, &format!("{rest}\n{below}"))),
        })
    }

    /// Whether the line break is part of the scalar.
    fn ends_line(&self, node: &Node) -> bool {
        self.slice(node.span.clone()).ends_with('\n')
    }

    /// A value where nothing stands for one.
    fn fill(&self, at: &[Key], value: &Value) -> Option<String> {
        let Some((last, parents)) = at.split_last() else {
            return Some(self.add_lines(self.text.len(), &write::block(value, 0, self.style)));
        };
        let parent = self.root.find(parents)?;
        match (&parent.kind, last) {
            (Kind::Map(entries, is_flow), Key::Name(name)) => {
                let (key, _) = entries.iter().find(|(key, _)| key.name() == Some(name))?;
                let colon = after_colon(self.text, key);
                if !*is_flow && value.has_members() {
                    let line = line_end(self.text, colon?);
                    let lines = write::behind_key(value, parent.column, self.style);
                    return Some(self.splice(line..line, &lines));
                }
                let written = scalar::write(value, None);
                Some(match colon {
                    Some(at) => self.splice(at..at, &format!(" {written}")),
                    None => self.splice(key.span.end..key.span.end, &format!(": {written}")),
                })
            }
            (Kind::List(items, _), Key::Index(index)) => {
                let at = dash(self.text, parent, items.get(*index)?)? + 1;
                let item = write::item(value, parent.column, self.style);
                Some(self.splice(at..at, item.trim_start().strip_prefix('-')?))
            }
            _ => None,
        }
    }

    fn replace_block(&self, at: &[Key], old: &Node, value: &Value) -> Option<String> {
        let last = end(self.text, old);
        let start = line_start(self.text, old.span.start);
        let has_own_lines = self.slice(start..old.span.start).trim().is_empty();
        let new = match value.has_members() {
            true => self.below(at, value),
            false => scalar::write(value, None),
        };
        if !has_own_lines {
            let span = old.span.start..last;
            return Some(match value.has_members() {
                true => self.splice(
                    span,
                    write::block(value, old.column, self.style).trim_start(),
                ),
                false => self.splice(span, &new),
            });
        }
        let lines = start..line_end(self.text, last);
        if value.has_members() || at.is_empty() {
            return Some(self.splice(lines, &new));
        }
        // The lines go; what they leave stands behind the key or the dash.
        let (last_key, parents) = at.split_last()?;
        let parent = self.root.find(parents)?;
        let here = match (&parent.kind, last_key) {
            (Kind::Map(entries, _), Key::Name(name)) => {
                let (key, _) = entries.iter().find(|(key, _)| key.name() == Some(name))?;
                after_colon(self.text, key)?
            }
            _ => dash(self.text, parent, old)? + 1,
        };
        let kept = self.slice(here..start);
        let without = self.splice(start..after_line(self.text, last), "");
        let head = without.get(..here)?;
        let tail = without.get(here + kept.len()..)?;
        Some(format!("{head} {new}{kept}{tail}"))
    }

    /// The lines of a value below what leads to it.
    fn below(&self, at: &[Key], value: &Value) -> String {
        let parent = at
            .split_last()
            .and_then(|(_, parents)| self.root.find(parents));
        let indent = match parent {
            None => 0,
            Some(parent) => match &parent.kind {
                Kind::Map(..) => parent.column + self.style.below(value),
                _ => parent.column + 2,
            },
        };
        write::block(value, indent, self.style)
    }

    fn insert(&self, at: &[Key], key: &str, value: &Value) -> Made {
        let Some(map) = self.root.find(at) else {
            return Ok(None);
        };
        let Kind::Map(entries, is_flow) = &map.kind else {
            return Ok(None);
        };
        let last = entries
            .last()
            .map(|(key, value)| entry_end(self.text, key, value));
        Ok(match (is_flow, last) {
            (true, last) => {
                let entry = scalar::write(&Value::Map(vec![(key.to_owned(), value.clone())]), None);
                let entry = entry.get(1..entry.len() - 1);
                entry.map(|entry| self.add_to_flow(map, last, entry))
            }
            (false, Some(last)) => {
                let lines = write::entry(key, value, map.column, self.style);
                Some(self.add_lines(after_line(self.text, last), &lines))
            }
            (false, None) => None,
        })
    }

    fn append(&self, at: &[Key], value: &Value) -> Made {
        let Some(list) = self.root.find(at) else {
            return Ok(None);
        };
        let Kind::List(items, is_flow) = &list.kind else {
            return Ok(None);
        };
        let last = items.last().map(|item| end(self.text, item));
        Ok(match (is_flow, last) {
            (true, last) => Some(self.add_to_flow(list, last, &scalar::write(value, None))),
            (false, Some(last)) => {
                let lines = write::item(value, list.column, self.style);
                Some(self.add_lines(after_line(self.text, last), &lines))
            }
            (false, None) => None,
        })
    }

    /// Behind the last in brackets, on a line of its own where that has one.
    fn add_to_flow(&self, node: &Node, last: Option<usize>, new: &str) -> String {
        let Some(mut last) = last else {
            let at = node.span.start + 1;
            return self.splice(at..at, new);
        };
        // A `:` with nothing behind it keeps its blank.
        if self.slice(last - 1..last + 1) == ": " {
            last += 1;
        }
        self.flow().append(node.span.start, last, new)
    }

    fn flow(&self) -> Flow<'_> {
        Flow {
            text: self.text,
            comments: Comments::Hash,
        }
    }

    fn remove(&self, at: &[Key]) -> Made {
        let Some((last, parents)) = at.split_last() else {
            return Ok(None);
        };
        let (Some(doomed), Some(parent)) = (self.root.find(at), self.root.find(parents)) else {
            return Ok(None);
        };
        self.check_free(doomed)?;
        let (spans, empty) = match &parent.kind {
            Kind::Map(entries, _) => {
                let spans = entries.iter().map(|(key, value)| {
                    Some((
                        key.name(),
                        self.entry_start(parent, key)..entry_end(self.text, key, value),
                    ))
                });
                (spans.collect::<Option<Vec<_>>>(), Value::Map(Vec::new()))
            }
            Kind::List(items, is_flow) => {
                let spans = items.iter().map(|item| {
                    let start = match is_flow {
                        true => item.span.start,
                        false => dash(self.text, parent, item)?,
                    };
                    Some((None, start..end(self.text, item)))
                });
                (spans.collect(), Value::List(Vec::new()))
            }
            _ => return Ok(None),
        };
        let Some(spans) = spans else {
            return Ok(None);
        };
        let index = spans.iter().position(|(name, _)| match last {
            Key::Name(wanted) => *name == Some(wanted),
            Key::Index(_) => false,
        });
        let index = match last {
            Key::Index(index) => Some(*index),
            Key::Name(_) => index,
        };
        let spans: Vec<Range<usize>> = spans.into_iter().map(|(_, span)| span).collect();
        let Some(index) = index.filter(|index| *index < spans.len()) else {
            return Ok(None);
        };
        if spans.len() == 1 && !parent.is_flow() {
            return self.replace(parents, &empty);
        }
        Ok(match parent.is_flow() {
            true => self.flow().remove(&spans, index),
            false => self.remove_lines(&spans, index),
        })
    }

    /// A key of the form `? key` starts with its `?`.
    fn entry_start(&self, map: &Node, key: &Node) -> usize {
        match map.is_block() && key.column > map.column {
            true => line_start(self.text, key.span.start) + map.column,
            false => key.span.start,
        }
    }

    fn remove_lines(&self, spans: &[Range<usize>], index: usize) -> Option<String> {
        let doomed = spans.get(index)?;
        let start = line_start(self.text, doomed.start);
        if self.slice(start..doomed.start).trim().is_empty() {
            return Some(self.splice(start..after_line(self.text, doomed.end), ""));
        }
        // Behind a dash: the next one takes its place.
        Some(self.splice(doomed.start..spans.get(index + 1)?.start, ""))
    }

    /// Nothing in the node may be what an alias elsewhere stands for.
    fn check_free(&self, node: &Node) -> Result<(), PlanError> {
        let mut used = BTreeSet::new();
        self.root.visit(&mut |node| {
            if let Kind::Alias(anchor) = node.kind {
                used.insert(anchor);
            }
        });
        let mut is_used = false;
        node.visit(&mut |node| is_used |= used.contains(&node.anchor));
        match is_used {
            true => Err(bad(
                "another place in it refers to this one, and would change too",
            )),
            false => Ok(()),
        }
    }

    fn is_in_flow(&self, at: &[Key]) -> bool {
        (0..at.len()).any(|len| {
            let parent = at.get(..len).and_then(|keys| self.root.find(keys));
            parent.is_some_and(Node::is_flow)
        })
    }

    /// New whole lines at the start of a line; the last one of a text without a line break at its
    /// end gets none either.
    fn add_lines(&self, at: usize, lines: &str) -> String {
        let before = self.slice(0..at);
        match before.is_empty() || before.ends_with('\n') {
            true => self.splice(at..at, &format!("{lines}\n")),
            false => self.splice(at..at, &format!("\n{lines}")),
        }
    }

    fn splice(&self, range: Range<usize>, new: &str) -> String {
        let new = match self.line_break {
            "\n" => new.to_owned(),
            line_break => new.replace("\r\n", "\n").replace('\n', line_break),
        };
        let (before, after) = (
            self.slice(0..range.start),
            self.slice(range.end..self.text.len()),
        );
        [before, &new, after].concat()
    }

    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
