//! Places in the text of YAML.

use super::node::{Kind, Node};
use saphyr_parser::ScalarStyle;
use std::ops::Range;

/// The bytes of a scalar itself: the parser's go from its anchor to what follows its quotes.
pub(super) fn scalar(text: &str, span: Range<usize>, style: ScalarStyle) -> Range<usize> {
    let mut start = skip_properties(text, span.clone());
    if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
        start = header(text, start);
    }
    let raw = text.get(start..span.end).unwrap_or_default();
    let len = match style {
        ScalarStyle::SingleQuoted => single_quoted(raw),
        ScalarStyle::DoubleQuoted => double_quoted(raw),
        ScalarStyle::Plain => raw.trim_end().len(),
        ScalarStyle::Literal | ScalarStyle::Folded => block(raw),
    };
    start..start + len
}

/// Where the `|` or `>` of a block scalar stands: the parser's place is that of its text.
fn header(text: &str, start: usize) -> usize {
    let before = text.get(..start).unwrap_or_default();
    if text
        .get(start..)
        .is_some_and(|raw| raw.starts_with(['|', '>']))
        && !before.trim_end_matches(' ').ends_with('\n')
    {
        return start;
    }
    let before = before.trim_end();
    let line = line_start(text, before.len());
    let header = before.get(line..).unwrap_or_default();
    let header = header.split(" #").next().unwrap_or_default().trim_end();
    let header = header.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    match header.ends_with(['|', '>']) {
        true => line + header.len() - 1,
        false => start,
    }
}

/// Where the anchor and the tag before a node end.
fn skip_properties(text: &str, span: Range<usize>) -> usize {
    let mut start = span.start;
    while let Some(raw) = text.get(start..span.end)
        && raw.starts_with(['&', '!'])
    {
        let word = raw.find(char::is_whitespace).unwrap_or(raw.len());
        let rest = raw.get(word..).unwrap_or_default();
        start = span.end - rest.trim_start().len();
    }
    start
}

fn single_quoted(raw: &str) -> usize {
    let mut bytes = raw.bytes().enumerate().skip(1).peekable();
    while let Some((at, byte)) = bytes.next() {
        if byte == b'\'' && bytes.next_if(|(_, next)| *next == b'\'').is_none() {
            return at + 1;
        }
    }
    raw.len()
}

fn double_quoted(raw: &str) -> usize {
    let mut bytes = raw.bytes().enumerate().skip(1);
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => return at + 1,
            _ => {}
        }
    }
    raw.len()
}

/// A block scalar whose last line breaks count has them, any other has none.
fn block(raw: &str) -> usize {
    let header = raw.lines().next().unwrap_or_default();
    let header = header.split('#').next().unwrap_or_default();
    match header.contains('+') {
        true => raw.rfind('\n').map_or(raw.len(), |at| at + 1),
        false => raw.trim_end().len(),
    }
}

/// Where the last thing of a node ends.
pub(super) fn end(text: &str, node: &Node) -> usize {
    match &node.kind {
        Kind::List(items, false) => items.last().map_or(node.span.end, |item| end(text, item)),
        Kind::Map(entries, false) => entries
            .last()
            .map_or(node.span.end, |(key, value)| entry_end(text, key, value)),
        _ => node.span.end,
    }
}

/// Where a value ends, or the `:` before one that is absent.
pub(super) fn entry_end(text: &str, key: &Node, value: &Node) -> usize {
    match value.is_absent() {
        true => after_colon(text, key).unwrap_or(key.span.end),
        false => end(text, value),
    }
}

/// Where the value of a key goes: behind its `:`.
pub(super) fn after_colon(text: &str, key: &Node) -> Option<usize> {
    let rest = text.get(key.span.end..)?;
    let colon = rest.len() - rest.trim_start().len();
    rest.get(colon..)?
        .starts_with(':')
        .then_some(key.span.end + colon + 1)
}

/// Where the line starts that has `at`.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or(text);
    before.rfind('\n').map_or(0, |at| at + 1)
}

/// Where the line ends that has `at`, before its line break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    let len = rest.find('\n').unwrap_or(rest.len());
    let line = rest.get(..len).unwrap_or_default();
    at + line.strip_suffix('\r').unwrap_or(line).len()
}

/// Where the next line starts; for what ends with its line break, itself.
pub(super) fn after_line(text: &str, at: usize) -> usize {
    if at > 0 && text.as_bytes().get(at - 1) == Some(&b'\n') {
        return at;
    }
    let rest = text.get(at..).unwrap_or_default();
    rest.find('\n').map_or(text.len(), |len| at + len + 1)
}

/// Where the `-` before an item stands: the nearest above it in the column of its list.
pub(super) fn dash(text: &str, list: &Node, item: &Node) -> Option<usize> {
    let mut start = line_start(text, item.span.start);
    loop {
        let line = text.get(start..line_end(text, start))?;
        let at = line.char_indices().nth(list.column).map(|(at, _)| at);
        if let Some(at) = at
            && line.get(at..)?.starts_with('-')
            && start + at < item.span.start.max(1)
        {
            return Some(start + at);
        }
        if start == 0 || start <= line_start(text, list.span.start) {
            return None;
        }
        start = line_start(text, start - 1);
    }
}
