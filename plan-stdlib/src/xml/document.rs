//! XML as it stands in a file: read by a parser that tells where everything is, edited at those
//! places. No external entity is ever looked for, and a document that defines its own is refused.

use super::element::{Element, check_name, escaped};
use crate::structured::change::deeper;
use crate::structured::{Key, keys};
use crate::text::Edited;
use mintage_engine::{Code, PlanError};
use roxmltree::{Node, ParsingOptions};
use std::ops::Range;

/// More elements, attributes and texts than any file of a configuration has.
const MAX_NODES: u32 = 500_000;

/// What keys lead to.
pub(super) enum Place<'a, 'i> {
    /// An element.
    Element(Node<'a, 'i>),
    /// An attribute: its element and its name.
    Attribute(Node<'a, 'i>, &'a str),
}

/// Reads a text.
///
/// # Errors
/// `P2016` for what is no XML in UTF-8, and for a document type with definitions in it.
pub(super) fn parse(text: &str) -> Result<roxmltree::Document<'_>, PlanError> {
    if has_definitions(text) {
        return Err(bad("it defines entities or elements of its own"));
    }
    let declaration = text.trim_start().strip_prefix("<?xml").unwrap_or_default();
    let declaration = declaration.split("?>").next().unwrap_or_default();
    let encoding = declaration
        .split_once("encoding")
        .map(|(_, rest)| rest.to_ascii_lowercase());
    if encoding.is_some_and(|rest| !rest.contains("utf-8") && !rest.contains("ascii")) {
        return Err(bad("it says that it is not in UTF-8"));
    }
    let options = ParsingOptions {
        allow_dtd: true,
        nodes_limit: MAX_NODES,
        entity_resolver: None,
    };
    // The message of the library quotes the text.
    roxmltree::Document::parse_with_options(text, options)
        .map_err(|error| bad(format!("line {} is not XML", error.pos().row)))
}

pub(super) fn bad(why: impl Into<String>) -> PlanError {
    PlanError::new(Code::P2016, why)
}

/// Whether the document type has a part in brackets.
fn has_definitions(text: &str) -> bool {
    let doctype = text.split_once("<!DOCTYPE").map(|(_, rest)| rest);
    let head = doctype.and_then(|rest| rest.split('>').next());
    head.is_some_and(|head| head.contains('[')) || text.contains("<!ENTITY")
}

/// The whole document for comparison.
///
/// # Errors
/// As [`parse`], and for what nests too deep.
pub(super) fn model(text: &str) -> Result<Element, PlanError> {
    element(text, parse(text)?.root_element(), 0)
}

/// One element with all that is in it.
pub(super) fn element(text: &str, node: Node<'_, '_>, depth: usize) -> Result<Element, PlanError> {
    let depth = deeper(depth)?;
    let mut found = Element::named(name(text, node));
    for attribute in node.attributes() {
        let name = text.get(attribute.range_qname()).unwrap_or_default();
        found
            .attributes
            .push((name.to_owned(), attribute.value().to_owned()));
    }
    found.attributes.sort();
    for child in node.children() {
        if child.is_element() {
            found.elements.push(element(text, child, depth)?);
        }
    }
    // Blanks and line breaks alone are layout; those that are meant are written as references.
    let texts = node.children().filter(Node::is_text).filter(|child| {
        let raw = text.get(child.range()).unwrap_or_default();
        !raw.trim().is_empty() || found.elements.is_empty() && !raw.contains('\n')
    });
    let texts: String = texts.filter_map(|child| child.text()).collect();
    found.text = texts;
    Ok(found)
}

/// The name of an element as it is written, with its prefix.
pub(super) fn name<'t>(text: &'t str, node: Node<'_, '_>) -> &'t str {
    let rest = text.get(node.range().start + 1..).unwrap_or_default();
    let end = rest.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'));
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
}

/// The elements of this name in another.
pub(super) fn named<'a, 'i>(text: &str, parent: Node<'a, 'i>, wanted: &str) -> Vec<Node<'a, 'i>> {
    let children = parent.children().filter(Node::is_element);
    children
        .filter(|child| name(text, *child) == wanted)
        .collect()
}

/// What the keys lead to; the names of elements from the root on, a number behind one that is
/// there several times, and last perhaps `@` with the name of an attribute.
///
/// # Errors
/// `P2013` for keys in another order, `P2016` where several elements could be meant.
pub(super) fn find<'a, 'i>(
    text: &str,
    document: &'a roxmltree::Document<'i>,
    given: &'a [Key],
) -> Result<Option<Place<'a, 'i>>, PlanError> {
    let mut node = document.root();
    let mut rest = given.iter().peekable();
    while let Some(key) = rest.next() {
        let Key::Name(wanted) = key else {
            return Err(order());
        };
        if let Some(attribute) = wanted.strip_prefix('@') {
            if rest.peek().is_some() || !node.is_element() {
                return Err(order());
            }
            check_name(attribute)?;
            let found = attribute_range(text, node, attribute).is_some();
            return Ok(found.then_some(Place::Attribute(node, attribute)));
        }
        let found = named(text, node, wanted);
        let index = match rest.next_if(|key| matches!(key, Key::Index(_))) {
            Some(Key::Index(index)) => *index,
            _ if found.len() > 1 => {
                let shown = keys::shown(given);
                let message = format!(
                    "it has {} elements `{wanted}`, and `{shown}` does not say which",
                    found.len()
                );
                return Err(bad(message).help("put its number behind the name, from 0"));
            }
            _ => 0,
        };
        match found.get(index) {
            Some(next) => node = *next,
            None => return Ok(None),
        }
    }
    Ok(node.is_element().then_some(Place::Element(node)))
}

fn order() -> PlanError {
    PlanError::new(Code::P2013, "such keys lead nowhere in XML").help(
        "they are names of elements from the root on, a number behind a name, and `@name` last",
    )
}

/// Where an attribute stands, with its name, and where its value does.
pub(super) fn attribute_range(
    text: &str,
    node: Node<'_, '_>,
    name: &str,
) -> Option<(Range<usize>, Range<usize>)> {
    let mut attributes = node.attributes();
    let found = attributes.find(|found| text.get(found.range_qname()) == Some(name))?;
    Some((found.range(), found.range_value()))
}

/// Where the start tag of an element ends, behind its `>`, and whether it is all of the element.
pub(super) fn start_tag(text: &str, node: Node<'_, '_>) -> Option<(usize, bool)> {
    let start = node.range().start;
    let mut quote = None;
    for (at, byte) in text.get(start..)?.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => {
                let end = start + at + 1;
                return Some((end, text.get(..end)?.ends_with("/>")));
            }
            _ => {}
        }
    }
    None
}

/// Proves that `edited` is the document that was `expected`.
///
/// # Errors
/// `P2016` when it is not.
pub(super) fn proved(text: &str, edited: String, expected: &Element) -> Edited {
    match model(&edited) {
        Ok(found) if found == *expected => Ok((edited != text).then(|| edited.into_bytes())),
        _ => Err(
            bad("this XML is written in a way in which this cannot be changed alone")
                .help("nothing was changed; write the file by a template, or edit its lines"),
        ),
    }
}

/// A new text between an element's tags, or a value between an attribute's quotes.
pub(super) fn splice(text: &str, range: Range<usize>, new: &str) -> String {
    let before = text.get(..range.start).unwrap_or_default();
    let after = text.get(range.end..).unwrap_or_default();
    [before, new, after].concat()
}

/// The text with this in an element that has no other elements.
pub(super) fn with_text(text: &str, node: Node<'_, '_>, new: &str) -> Option<String> {
    let (end, is_all) = start_tag(text, node)?;
    let new = escaped(new);
    if is_all {
        let open = text.get(..end - 2)?.trim_end().len();
        return Some(splice(
            text,
            open..end,
            &format!(">{new}</{}>", name(text, node)),
        ));
    }
    let close = text.get(..node.range().end)?.rfind("</")?;
    Some(splice(text, end..close, &new))
}

/// The text with this value of an attribute, new or not.
pub(super) fn with_attribute(
    text: &str,
    node: Node<'_, '_>,
    name: &str,
    value: &str,
) -> Option<String> {
    let value = escaped(value);
    if let Some((_, range)) = attribute_range(text, node, name) {
        return Some(splice(text, range, &value));
    }
    let (end, is_all) = start_tag(text, node)?;
    let head = text
        .get(..end - if is_all { 2 } else { 1 })?
        .trim_end()
        .len();
    Some(splice(text, head..head, &format!(" {name}=\"{value}\"")))
}

/// The text with a new element in another: behind the last of its name, else behind the last.
pub(super) fn with_element(text: &str, parent: Node<'_, '_>, new: &Element) -> Option<String> {
    let elements: Vec<Node<'_, '_>> = parent.children().filter(Node::is_element).collect();
    let alike = named(text, parent, &new.name);
    let line_break = if text.contains("\r\n") { "\r\n" } else { "\n" };
    if let Some(before) = alike.last().or(elements.last()) {
        let (start, end) = (before.range().start, before.range().end);
        let indent = own_line(text, start);
        let new = new.written(indent, &unit(text), line_break);
        return Some(match indent {
            Some(indent) => splice(text, end..end, &format!("{line_break}{indent}{new}")),
            None => splice(text, end..end, &new),
        });
    }
    let (end, is_all) = start_tag(text, parent)?;
    let close = text.get(..parent.range().end)?.rfind("</");
    let outer = own_line(text, parent.range().start);
    let inner = outer.map(|outer| format!("{outer}{}", unit(text)));
    let written = new.written(inner.as_deref(), &unit(text), line_break);
    let content = match (inner, outer) {
        (Some(inner), Some(outer)) => format!("{line_break}{inner}{written}{line_break}{outer}"),
        _ => written,
    };
    if is_all {
        let open = text.get(..end - 2)?.trim_end().len();
        return Some(splice(
            text,
            open..end,
            &format!(">{content}</{}>", name(text, parent)),
        ));
    }
    // Only blanks are between the tags, or a comment, which stays before it.
    let kept = text.get(end..close?)?.trim_end();
    Some(splice(text, end..close?, &format!("{kept}{content}")))
}

/// The text without a part of it, with the whole line where it is alone in it.
pub(super) fn without(text: &str, range: Range<usize>) -> String {
    let start = text
        .get(..range.start)
        .and_then(|t| t.rfind('\n'))
        .map_or(0, |at| at + 1);
    let end = text
        .get(range.end..)
        .and_then(|t| t.find('\n'))
        .map(|at| range.end + at + 1);
    let is_blank = |range: Range<usize>| text.get(range).is_some_and(|t| t.trim().is_empty());
    match end {
        Some(end) if is_blank(start..range.start) && is_blank(range.end..end) => {
            splice(text, start..end, "")
        }
        _ => splice(text, range, ""),
    }
}

/// The blanks before what is first in its line.
fn own_line(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let line = before.get(before.rfind('\n').map_or(0, |at| at + 1)..)?;
    line.trim().is_empty().then_some(line)
}

/// What one level is indented by: as the first line that is.
fn unit(text: &str) -> String {
    let indents = text.lines().filter_map(|line| {
        let trimmed = line.trim_start_matches([' ', '\t']);
        let is_element = trimmed.starts_with('<') && !trimmed.starts_with("<!--");
        line.get(..line.len() - trimmed.len())
            .filter(|indent| is_element && !indent.is_empty())
    });
    indents
        .map(str::to_owned)
        .next()
        .unwrap_or_else(|| "  ".to_owned())
}
