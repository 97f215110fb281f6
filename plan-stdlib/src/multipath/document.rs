//! The text of `multipath.conf`: sections in braces, lines of attribute and value; everything else
//! stays as it is.

use crate::text::Edited;
use crate::text::lines::{self, Line};
use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use std::ops::Range;

/// One line, as multipathd reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    /// `defaults {`
    Open(String),
    /// `}`
    Close,
    /// An attribute with its value, and where in the line that stands.
    Entry(String, String, Range<usize>),
    /// Blanks and comments.
    Other,
}

/// What is directly in a section.
#[derive(Debug)]
enum Node {
    Block(String, Range<usize>),
    Entry(usize),
}

/// A section, or all sections in it that have these attributes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) section: &'p str,
    pub(super) inner: Option<Inner<'p>>,
}

/// A section in a section: `multipath { wwid … }`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Inner<'p> {
    pub(super) name: &'p str,
    /// The attributes by which it is known.
    pub(super) known_by: &'p [(&'p str, &'p str)],
}

impl<'p> Place<'p> {
    pub(super) fn section(section: &'p str) -> Self {
        Self {
            section,
            inner: None,
        }
    }
}

/// A file, read.
#[derive(Debug)]
pub(super) struct Document<'a> {
    content: &'a [u8],
    lines: Vec<Line<'a>>,
    items: Vec<Item>,
}

impl<'a> Document<'a> {
    /// # Errors
    /// `P2016` for what multipathd would not read as it is meant.
    pub(super) fn parse(content: &'a [u8]) -> Result<Self, PlanError> {
        let lines = lines::split(content);
        let mut items = Vec::with_capacity(lines.len());
        let mut depth = 0usize;
        for (index, line) in lines.iter().enumerate() {
            let at = |error: PlanError| PlanError {
                message: format!("line {}: {}", index + 1, error.message),
                ..error
            };
            let item = std::str::from_utf8(line.text)
                .map_or(Ok(Item::Other), item)
                .map_err(at)?;
            depth = match item {
                Item::Open(_) => depth + 1,
                Item::Close => depth
                    .checked_sub(1)
                    .ok_or_else(|| at(bad("a brace closes no section")))?,
                _ => depth,
            };
            items.push(item);
        }
        match depth {
            0 => Ok(Self {
                content,
                lines,
                items,
            }),
            _ => Err(bad("a section is not closed")),
        }
    }

    fn nodes(&self, within: Range<usize>) -> Vec<Node> {
        let mut nodes = Vec::new();
        let mut open: Vec<(&str, usize)> = Vec::new();
        for index in within {
            match self.items.get(index) {
                Some(Item::Open(name)) => open.push((name, index)),
                Some(Item::Close) => {
                    if let Some((name, start)) = open.pop()
                        && open.is_empty()
                    {
                        nodes.push(Node::Block(name.to_owned(), start..index + 1));
                    }
                }
                Some(Item::Entry(..)) if open.is_empty() => nodes.push(Node::Entry(index)),
                _ => {}
            }
        }
        nodes
    }

    fn blocks(&self, within: Range<usize>, wanted: &str) -> Vec<Range<usize>> {
        let nodes = self.nodes(within).into_iter();
        nodes
            .filter_map(|node| match node {
                Node::Block(name, lines) if name == wanted => Some(lines),
                _ => None,
            })
            .collect()
    }

    /// The lines of the sections that a place means, with those of their braces.
    fn find(&self, place: Place<'_>) -> Vec<Range<usize>> {
        let sections = self.blocks(0..self.items.len(), place.section);
        let Some(inner) = place.inner else {
            return sections;
        };
        let blocks = sections
            .into_iter()
            .flat_map(|section| self.blocks(inside(&section), inner.name));
        let is_meant = |block: &Range<usize>| {
            let mut known_by = inner.known_by.iter();
            known_by.all(|(key, value)| {
                self.last(block, key)
                    .is_some_and(|(_, found)| found == *value)
            })
        };
        blocks.filter(is_meant).collect()
    }

    fn entries(&self, block: &Range<usize>) -> Vec<(usize, &str, &str)> {
        let nodes = self.nodes(inside(block)).into_iter();
        nodes
            .filter_map(|node| match node {
                Node::Entry(index) => match self.items.get(index)? {
                    Item::Entry(key, value, _) => Some((index, key.as_str(), value.as_str())),
                    _ => None,
                },
                Node::Block(..) => None,
            })
            .collect()
    }

    fn last(&self, block: &Range<usize>, wanted: &str) -> Option<(usize, &str)> {
        let mut entries = self.entries(block).into_iter();
        let found = entries.rfind(|(_, key, _)| *key == wanted);
        found.map(|(index, _, value)| (index, value))
    }

    /// The value of an attribute that has one: the last.
    pub(super) fn get(&self, place: Place<'_>, key: &str) -> Option<&str> {
        self.setting(place, key).map(|(_, value)| value)
    }

    fn setting(&self, place: Place<'_>, key: &str) -> Option<(usize, &str)> {
        let blocks = self.find(place);
        blocks.iter().rev().find_map(|block| self.last(block, key))
    }

    /// Every value of an attribute that has several.
    pub(super) fn items(&self, place: Place<'_>, wanted: &str) -> Vec<&str> {
        let blocks = self.find(place);
        let entries = blocks.iter().flat_map(|block| self.entries(block));
        entries
            .filter(|(_, key, _)| *key == wanted)
            .map(|(_, _, value)| value)
            .collect()
    }

    /// The values of an attribute in every inner section of this name.
    pub(super) fn inner_values(
        &self,
        section: &str,
        name: &str,
        keys: [&str; 2],
    ) -> Vec<[Option<&str>; 2]> {
        let sections = self.blocks(0..self.items.len(), section);
        let blocks = sections
            .iter()
            .flat_map(|section| self.blocks(inside(section), name));
        blocks
            .map(|block| keys.map(|key| self.last(&block, key).map(|(_, value)| value)))
            .collect()
    }

    pub(super) fn has(&self, place: Place<'_>) -> bool {
        !self.find(place).is_empty()
    }

    /// Gives an attribute this one value; sections on the way are made.
    pub(super) fn set(&self, place: Place<'_>, key: &str, value: &str) -> Edited {
        let Some((index, old)) = self.setting(place, key) else {
            return self.add(place, key, value);
        };
        let (Some(line), Some(Item::Entry(_, _, range))) =
            (self.lines.get(index), self.items.get(index))
        else {
            return Ok(None);
        };
        if old == value {
            return Ok(None);
        }
        let head = line.text.get(..range.start).unwrap_or_default();
        let tail = line.text.get(range.end..).unwrap_or_default();
        let new = [head, written(value)?.as_bytes(), tail].concat();
        let mut all = self.lines.clone();
        if let Some(line) = all.get_mut(index) {
            line.text = &new;
        }
        lines::join(&all).map(Some)
    }

    /// Adds an attribute with a value, whatever others there are.
    pub(super) fn add(&self, place: Place<'_>, key: &str, value: &str) -> Edited {
        let entry = format!("{key} {}", written(value)?);
        if let Some(block) = self.find(place).last() {
            let indent = self.indent(block);
            return self.inserted(block.end - 1, &[format!("{indent}{entry}")]);
        }
        self.made(place, &[entry])
    }

    /// Makes the section of a place, with the attributes by which it is known.
    pub(super) fn ensure(&self, place: Place<'_>) -> Edited {
        match self.has(place) {
            true => Ok(None),
            false => self.made(place, &[]),
        }
    }

    fn made(&self, place: Place<'_>, entries: &[String]) -> Edited {
        let section = self.blocks(0..self.items.len(), place.section).pop();
        let outer = match &section {
            Some(section) => self.indent(section),
            None if place.inner.is_some() => "\t".to_owned(),
            None => String::new(),
        };
        let mut new = Vec::new();
        match place.inner {
            Some(inner) => {
                new.push(format!("{outer}{} {{", inner.name));
                for (key, value) in inner.known_by {
                    new.push(format!("{outer}\t{key} {}", written(value)?));
                }
                new.extend(entries.iter().map(|entry| format!("{outer}\t{entry}")));
                new.push(format!("{outer}}}"));
            }
            None => new.extend(entries.iter().map(|entry| format!("\t{entry}"))),
        }
        match section {
            Some(section) => self.inserted(section.end - 1, &new),
            None => {
                new.insert(0, format!("{} {{", place.section));
                new.push("}".to_owned());
                self.inserted(self.lines.len(), &new)
            }
        }
    }

    /// Removes every entry that is `unwanted`.
    pub(super) fn remove(&self, place: Place<'_>, unwanted: impl Fn(&str, &str) -> bool) -> Edited {
        let mut doomed = Vec::new();
        for block in self.find(place) {
            let entries = self.entries(&block).into_iter();
            let entries = entries.filter(|(_, key, value)| unwanted(key, value));
            doomed.extend(entries.map(|(index, _, _)| index..index + 1));
        }
        self.without(&doomed)
    }

    /// Removes the sections of a place as a whole.
    pub(super) fn remove_blocks(&self, place: Place<'_>) -> Edited {
        self.without(&self.find(place))
    }

    fn without(&self, doomed: &[Range<usize>]) -> Edited {
        if doomed.is_empty() {
            return Ok(None);
        }
        let all = self.lines.iter().enumerate();
        let kept = all.filter(|(index, _)| !doomed.iter().any(|lines| lines.contains(index)));
        let kept: Vec<Line<'_>> = kept.map(|(_, line)| *line).collect();
        lines::join(&kept).map(Some)
    }

    fn inserted(&self, at: usize, new: &[String]) -> Edited {
        let mut all = self.lines.clone();
        let line_break = lines::line_break(self.content);
        for (offset, text) in new.iter().enumerate() {
            lines::insert(&mut all, at + offset, text.as_bytes(), line_break);
        }
        lines::join(&all).map(Some)
    }

    /// How far the lines of a section are indented.
    fn indent(&self, block: &Range<usize>) -> String {
        let blanks = |index: usize| {
            let text = self.lines.get(index).map_or(&b""[..], |line| line.text);
            let text = String::from_utf8_lossy(text);
            let len = text.len() - text.trim_start().len();
            text.get(..len).unwrap_or_default().to_owned()
        };
        match self.nodes(inside(block)).first() {
            Some(Node::Entry(index)) => blanks(*index),
            Some(Node::Block(_, lines)) => blanks(lines.start),
            None => format!("{}\t", blanks(block.start)),
        }
    }
}

/// The lines between the braces.
fn inside(block: &Range<usize>) -> Range<usize> {
    block.start + 1..block.end - 1
}

fn bad(why: &str) -> PlanError {
    PlanError::new(Code::P2016, why)
        .help("a section starts with `NAME {` and ends with `}`, each at the end of its own line")
}

fn item(line: &str) -> Result<Item, PlanError> {
    let mut in_string = false;
    let mut braces = Vec::new();
    let mut end = line.len();
    for (index, byte) in line.bytes().enumerate() {
        match byte {
            b'"' => in_string = !in_string,
            b'#' | b'!' if !in_string => {
                end = index;
                break;
            }
            b'{' | b'}' if !in_string => braces.push(index),
            _ => {}
        }
    }
    if in_string {
        return Err(bad("a quote is not closed"));
    }
    let code = line.get(..end).unwrap_or_default().trim_end();
    let start = code.len() - code.trim_start().len();
    let text = code.trim_start();
    if text.is_empty() {
        return Ok(Item::Other);
    }
    if text == "}" {
        return Ok(Item::Close);
    }
    if let [brace] = braces.as_slice()
        && let Some(name) = text.strip_suffix('{')
        && *brace + 1 == code.len()
        && is_word(name.trim_end())
    {
        return Ok(Item::Open(name.trim_end().to_owned()));
    }
    if !braces.is_empty() {
        return Err(bad("braces stand where multipathd does not expect them"));
    }
    let key_end = text.find([' ', '\t', '"']).unwrap_or(text.len());
    let (key, rest) = text.split_at(key_end);
    let value = rest.trim_start();
    let from = start + key_end + (rest.len() - value.len());
    let (value, len) = match value.strip_prefix('"') {
        Some(quoted) => unquoted(quoted),
        None => {
            let word = value.split([' ', '\t', '"']).next().unwrap_or_default();
            (word.to_owned(), word.len())
        }
    };
    Ok(Item::Entry(key.to_owned(), value, from..from + len))
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// The text up to the closing quote, and how long it is with both quotes; two quotes are one.
fn unquoted(quoted: &str) -> (String, usize) {
    let mut value = String::new();
    let mut characters = quoted.char_indices().peekable();
    while let Some((index, c)) = characters.next() {
        match c {
            '"' if characters.next_if(|(_, next)| *next == '"').is_some() => value.push('"'),
            '"' => return (value, index + 2),
            c => value.push(c),
        }
    }
    (value, quoted.len() + 1)
}

/// A value as it is written: quoted where it is more than a plain word.
///
/// # Errors
/// `P2013` for what a line cannot hold.
pub(super) fn written(value: &str) -> Result<String, PlanError> {
    let fits = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    if value.is_empty() || !value.bytes().all(fits) {
        let shown = shorten(value);
        return Err(PlanError::new(
            Code::P2013,
            format!("`{shown}` cannot be a value in `multipath.conf`"),
        )
        .help("a value is one line of ASCII characters"));
    }
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:/-".contains(&byte);
    match value.bytes().all(is_plain) {
        true => Ok(value.to_owned()),
        false => Ok(format!("\"{}\"", value.replace('"', "\"\""))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULTS: Place<'static> = Place {
        section: "defaults",
        inner: None,
    };

    #[test]
    fn lines_are_read_as_multipathd_reads_them() {
        let entry =
            |key: &str, value: &str, range| Item::Entry(key.to_owned(), value.to_owned(), range);
        for (line, expected) in [
            ("", Item::Other),
            ("  # a { b", Item::Other),
            ("! old comment", Item::Other),
            ("defaults {", Item::Open("defaults".to_owned())),
            ("\tdevice{ # x", Item::Open("device".to_owned())),
            (" } # end", Item::Close),
            ("a b", entry("a", "b", 2..3)),
            (
                "\ta \"b # \"\"c\"\" {\" # d",
                entry("a", "b # \"c\" {", 3..16),
            ),
            ("a\"b\"", entry("a", "b", 1..4)),
            ("a yes# c", entry("a", "yes", 2..5)),
        ] {
            assert_eq!(item(line).unwrap(), expected, "{line}");
        }
        for line in ["a \"b", "defaults { a b }", "a b }", "a b {"] {
            assert_eq!(item(line).unwrap_err().code, Code::P2016, "{line}");
        }
    }

    #[test]
    fn sections_are_closed_once() {
        for text in ["defaults {\n", "}\n", "a {\n}\n}\n"] {
            assert_eq!(
                Document::parse(text.as_bytes()).unwrap_err().code,
                Code::P2016,
                "{text}"
            );
        }
    }

    #[test]
    fn a_value_is_set_where_it_stands() {
        for (text, expected) in [
            ("", "defaults {\n\tkey \"a b\"\n}\n"),
            ("# top", "# top\ndefaults {\n\tkey \"a b\"\n}"),
            (
                "defaults {\n    key  1 # why\n    other \"x\"\n}\n",
                "defaults {\n    key  \"a b\" # why\n    other \"x\"\n}\n",
            ),
            (
                "defaults {\r\n  other x\r\n}\r\nblacklist {\r\n}\r\n",
                "defaults {\r\n  other x\r\n  key \"a b\"\r\n}\r\nblacklist {\r\n}\r\n",
            ),
            (
                "defaults {\n\tkey 1\n}\ndefaults {\n\tkey 2\n}\n",
                "defaults {\n\tkey 1\n}\ndefaults {\n\tkey \"a b\"\n}\n",
            ),
        ] {
            let edited = Document::parse(text.as_bytes())
                .unwrap()
                .set(DEFAULTS, "key", "a b");
            let edited = String::from_utf8(edited.unwrap().unwrap()).unwrap();
            assert_eq!(edited, expected);
            let again = Document::parse(edited.as_bytes()).unwrap();
            assert_eq!(again.get(DEFAULTS, "key"), Some("a b"));
            assert_eq!(again.set(DEFAULTS, "key", "a b").unwrap(), None);
        }
    }

    #[test]
    fn inner_sections_are_known_by_their_attributes() {
        let place = Place {
            section: "multipaths",
            inner: Some(Inner {
                name: "multipath",
                known_by: &[("wwid", "36001")],
            }),
        };
        let text = "multipaths {\n\tmultipath {\n\t\twwid 2\n\t}\n}\n";
        let document = Document::parse(text.as_bytes()).unwrap();
        assert!(!document.has(place));
        let edited = document.set(place, "alias", "data").unwrap().unwrap();
        let expected = "multipaths {\n\tmultipath {\n\t\twwid 2\n\t}\n\tmultipath {\n\t\twwid 36001\n\t\talias data\n\t}\n}\n";
        assert_eq!(String::from_utf8_lossy(&edited), expected);
        let edited = Document::parse(expected.as_bytes())
            .unwrap()
            .remove_blocks(place);
        assert_eq!(edited.unwrap().unwrap(), text.as_bytes());
    }

    #[test]
    fn values_stay_in_their_line() {
        for bad in ["", "a\nb", "a\rb", "é", "a\0"] {
            assert_eq!(written(bad).unwrap_err().code, Code::P2013, "{bad:?}");
        }
        assert_eq!(written("2.5\" SSD").unwrap(), "\"2.5\"\" SSD\"");
    }
}
