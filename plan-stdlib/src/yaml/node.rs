//! YAML as it stands in a file: what is where, from the events of a parser.

use super::{place, scalar};
use crate::structured::change::deeper;
use crate::structured::{Key, MAX_DEPTH, Value, too_deep};
use mintage_engine::{Code, PlanError};
use saphyr_parser::{Event, Parser, ScalarStyle, Span};
use std::collections::BTreeSet;
use std::ops::Range;

/// A node of a document, with its place in the text.
#[derive(Debug)]
pub(super) struct Node {
    /// The bytes of what it is, without its anchor and tag; of a collection in block style, only
    /// where it starts counts.
    pub(super) span: Range<usize>,
    /// Where it starts in its line, in characters.
    pub(super) column: usize,
    /// The parser's number of its anchor; 0 for none.
    pub(super) anchor: usize,
    /// Whether it has a tag.
    pub(super) is_tagged: bool,
    /// What it is.
    pub(super) kind: Kind,
}

/// What a [`Node`] is.
#[derive(Debug)]
pub(super) enum Kind {
    /// A single value: its text without quotes, and how it is written.
    Scalar(String, ScalarStyle),
    /// What an anchor stands for, by the parser's number.
    Alias(usize),
    /// A list, and whether it is in brackets.
    List(Vec<Node>, bool),
    /// Keys and values, and whether they are in braces.
    Map(Vec<(Node, Node)>, bool),
}

/// Reads the one document of a text; an empty text is one with nothing in it.
///
/// # Errors
/// `P2016` for what is no YAML, for several documents, and for what nests too deep.
pub(super) fn parse(text: &str) -> Result<Node, PlanError> {
    let mut reader = Reader::new(text);
    for event in Parser::new_from_str(text) {
        // The message of the library may quote the text.
        let (event, span) = event.map_err(|error| {
            let (line, column) = (error.marker().line(), error.marker().col() + 1);
            bad(format!("line {line}, column {column} is not YAML"))
        })?;
        reader.take(event, span)?;
    }
    reader.finish()
}

pub(super) fn bad(why: impl Into<String>) -> PlanError {
    PlanError::new(Code::P2016, why)
}

impl Node {
    /// What the keys lead to, aliases not followed.
    pub(super) fn find(&self, keys: &[Key]) -> Option<&Self> {
        keys.iter()
            .try_fold(self, |node, key| match (&node.kind, key) {
                (Kind::List(items, _), Key::Index(index)) => items.get(*index),
                (Kind::Map(entries, _), Key::Name(name)) => entries
                    .iter()
                    .find_map(|(key, value)| (key.name() == Some(name)).then_some(value)),
                _ => None,
            })
    }

    /// Its text as a key.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar(text, _) => Some(text),
            _ => None,
        }
    }

    /// Whether it is in brackets or braces.
    pub(super) fn is_flow(&self) -> bool {
        matches!(self.kind, Kind::List(_, true) | Kind::Map(_, true))
    }

    /// Whether it is a collection with items on lines of their own.
    pub(super) fn is_block(&self) -> bool {
        matches!(self.kind, Kind::List(_, false) | Kind::Map(_, false))
    }

    /// Whether nothing at all stands for it in the text.
    pub(super) fn is_absent(&self) -> bool {
        self.span.is_empty() && matches!(&self.kind, Kind::Scalar(text, _) if text.is_empty())
    }

    /// The value, with aliases by their names.
    ///
    /// # Errors
    /// `P2016` for a key that is no single value, or stands there twice.
    pub(super) fn value(&self, text: &str) -> Result<Value, PlanError> {
        let raw = || text.get(self.span.clone()).unwrap_or_default();
        match &self.kind {
            Kind::Scalar(found, style) if self.is_tagged => {
                Ok(Value::Other(format!("{style:?} {found}")))
            }
            Kind::Scalar(found, ScalarStyle::Plain) => Ok(scalar::resolve(found)),
            Kind::Scalar(found, _) => Ok(Value::Text(found.clone())),
            Kind::Alias(_) => Ok(Value::Alias(raw().to_owned())),
            Kind::List(items, _) => {
                let items = items.iter().map(|item| item.value(text));
                Ok(Value::List(items.collect::<Result<_, _>>()?))
            }
            Kind::Map(entries, _) => {
                let mut seen = BTreeSet::new();
                let mut found = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let name = key
                        .name()
                        .ok_or_else(|| bad("it has a key that is more than a single value"))?;
                    if !seen.insert(name) {
                        return Err(bad("it has a key twice in one map"));
                    }
                    found.push((name.to_owned(), value.value(text)?));
                }
                Ok(Value::Map(found))
            }
        }
    }

    /// Calls `each` with the node and all below it.
    pub(super) fn visit<'n>(&'n self, each: &mut impl FnMut(&'n Self)) {
        each(self);
        match &self.kind {
            Kind::Scalar(..) | Kind::Alias(_) => {}
            Kind::List(items, _) => items.iter().for_each(|item| item.visit(each)),
            Kind::Map(entries, _) => {
                for (key, value) in entries {
                    key.visit(each);
                    value.visit(each);
                }
            }
        }
    }
}

/// Builds nodes of events without recursion: the depth of a text is not ours to choose.
struct Reader<'t> {
    text: &'t str,
    /// The byte of each character; empty where they are the same.
    bytes: Vec<usize>,
    /// Collections that have begun, each with a key that waits for its value.
    open: Vec<(Node, Option<Node>)>,
    root: Option<Node>,
    documents: usize,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        let bytes = match text.is_ascii() {
            true => Vec::new(),
            false => text.char_indices().map(|(at, _)| at).collect(),
        };
        Self {
            text,
            bytes,
            open: Vec::new(),
            root: None,
            documents: 0,
        }
    }

    fn byte(&self, character: usize) -> usize {
        let at = match self.bytes.is_empty() {
            true => Some(&character),
            false => self.bytes.get(character),
        };
        at.map_or(self.text.len(), |at| (*at).min(self.text.len()))
    }

    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), PlanError> {
        let range = self.byte(span.start.index())..self.byte(span.end.index());
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(bad("it has several documents, which cannot be told apart"));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                let range = place::scalar(self.text, range, style);
                let kind = Kind::Scalar(text.into_owned(), style);
                let column = span.start.col();
                self.add(self.node(range, column, anchor, tag.is_some(), kind))?;
            }
            Event::Alias(anchor) => {
                let kind = Kind::Alias(anchor);
                self.add(self.node(range, span.start.col(), 0, false, kind))?;
            }
            Event::SequenceStart(anchor, tag) => {
                let kind = Kind::List(Vec::new(), self.is_at(&range, b'['));
                self.begin(range, &span, anchor, tag.is_some(), kind)?;
            }
            Event::MappingStart(anchor, tag) => {
                let kind = Kind::Map(Vec::new(), self.is_at(&range, b'{'));
                self.begin(range, &span, anchor, tag.is_some(), kind)?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(range)?,
            _ => {}
        }
        Ok(())
    }

    /// The start of a collection covers its anchor and tag, and its bracket where it has one.
    fn is_at(&self, range: &Range<usize>, bracket: u8) -> bool {
        let bytes = self.text.as_bytes();
        range.end > range.start && bytes.get(range.end - 1) == Some(&bracket)
    }

    fn node(
        &self,
        span: Range<usize>,
        column: usize,
        anchor: usize,
        is_tagged: bool,
        kind: Kind,
    ) -> Node {
        Node {
            span,
            column,
            anchor,
            is_tagged,
            kind,
        }
    }

    fn begin(
        &mut self,
        range: Range<usize>,
        span: &Span,
        anchor: usize,
        is_tagged: bool,
        kind: Kind,
    ) -> Result<(), PlanError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep());
        }
        let is_flow = matches!(kind, Kind::List(_, true) | Kind::Map(_, true));
        let (start, column) = match kind {
            _ if is_flow => (range.end - 1, span.end.col()),
            Kind::List(..) => self.first_dash(range.end, span.end.col()),
            _ => (range.end, span.end.col()),
        };
        let node = self.node(start..range.end, column, anchor, is_tagged, kind);
        self.open.push((node, None));
        Ok(())
    }

    /// Where a list starts, and in which column. One as far left as the key above it starts for
    /// the parser behind its first `-`.
    fn first_dash(&self, start: usize, column: usize) -> (usize, usize) {
        let line = place::line_start(self.text, start);
        let before = self.text.get(line..start).unwrap_or_default();
        let key = match self.open.last() {
            Some((map, _)) if matches!(map.kind, Kind::Map(_, false)) => map.column,
            _ => return (start, column),
        };
        let blanks = before
            .get(..key)
            .is_some_and(|blanks| blanks.trim().is_empty());
        let dash = before.get(key..).is_some_and(|rest| rest.starts_with('-'));
        match blanks && dash {
            true => (line + key, key),
            false => (start, column),
        }
    }

    fn end(&mut self, range: Range<usize>) -> Result<(), PlanError> {
        let Some((mut node, None)) = self.open.pop() else {
            return Err(bad("it is not YAML"));
        };
        node.span.end = match node.is_flow() {
            true => range.end,
            false => place::end(self.text, &node),
        };
        self.add(node)
    }

    fn add(&mut self, node: Node) -> Result<(), PlanError> {
        deeper(self.open.len())?;
        let Some((parent, key)) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut parent.kind {
            Kind::List(items, _) => items.push(node),
            Kind::Map(entries, _) => match key.take() {
                None => *key = Some(node),
                Some(key) => entries.push((key, node)),
            },
            _ => return Err(bad("it is not YAML")),
        }
        Ok(())
    }

    fn finish(self) -> Result<Node, PlanError> {
        let end = self.text.len();
        let nothing = Kind::Scalar(String::new(), ScalarStyle::Plain);
        let nothing = self.node(end..end, 0, 0, false, nothing);
        Ok(self.root.unwrap_or(nothing))
    }
}
