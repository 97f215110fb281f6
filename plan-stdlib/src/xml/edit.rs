//! What scripts do to XML, as text in and text out.

use super::document::{self, Place, bad, find, model, parse, proved};
use super::element::{Element, check_name, text as plain};
use crate::structured::{Key, MAX_DEPTH, Value, keys};
use crate::text::Edited;
use mintage_engine::{Code, PlanError};

/// Sets the text of an element or the value of an attribute; elements on the way are made.
pub(super) fn set(text: &str, given: &[Key], value: &Value) -> Edited {
    let new = plain(value)?;
    let text = &with_way(text, given)?;
    let document = parse(text)?;
    let (element, attribute) = split(given);
    let Some(Place::Element(node)) = find(text, &document, element)? else {
        return Err(nowhere(given));
    };
    let mut expected = model(text)?;
    let place = at(&mut expected, node).ok_or_else(|| nowhere(given))?;
    let edited = match attribute {
        Some(name) => {
            check_name(name)?;
            match place.attributes.iter_mut().find(|(found, _)| found == name) {
                Some((_, found)) => *found = new.clone(),
                None => place.attributes.push((name.to_owned(), new.clone())),
            }
            place.attributes.sort();
            document::with_attribute(text, node, name, &new)
        }
        None => {
            if node.children().any(|child| !child.is_text()) {
                let shown = keys::shown(given);
                return Err(bad(format!(
                    "`{shown}` has elements or comments in it, not only a text"
                )));
            }
            if place.text == new {
                return Ok(Some(text.as_bytes().to_vec()));
            }
            place.text.clone_from(&new);
            document::with_text(text, node, &new)
        }
    };
    let edited = edited.ok_or_else(|| nowhere(given))?;
    proved("", edited, &expected)
}

/// Makes sure that an element has another like this in it.
pub(crate) fn ensure_item(text: &str, given: &[Key], value: &Value) -> Edited {
    let Some((Key::Name(name), parents)) = given.split_last() else {
        return Err(PlanError::new(
            Code::P2013,
            "the last key is the name of the element",
        ));
    };
    let new = Element::of(name, value)?;
    let text = &with_way(text, parents)?;
    let document = parse(text)?;
    let Some(Place::Element(parent)) = find(text, &document, parents)? else {
        return Err(nowhere(given));
    };
    for found in document::named(text, parent, name) {
        if document::element(text, found, 0)? == new {
            return Ok(Some(text.as_bytes().to_vec()));
        }
    }
    insert(text, parent, new).map(Some)
}

/// Removes what keys lead to.
pub(super) fn remove(text: &str, given: &[Key]) -> Edited {
    let document = parse(text)?;
    let mut expected = model(text)?;
    let edited = match find(text, &document, given)? {
        None => return Ok(None),
        Some(Place::Attribute(node, name)) => {
            let place = at(&mut expected, node).ok_or_else(|| nowhere(given))?;
            place.attributes.retain(|(found, _)| found != name);
            let range = document::attribute_range(text, node, name);
            let (range, _) = range.ok_or_else(|| nowhere(given))?;
            let start = text.get(..range.start).unwrap_or_default().trim_end().len();
            document::splice(text, start..range.end, "")
        }
        Some(Place::Element(node)) => {
            take_out(&mut expected, node)
                .ok_or_else(|| bad("its root cannot be removed: a file of XML has one"))?;
            document::without(text, node.range())
        }
    };
    proved(text, edited, &expected)
}

/// Removes every element like this one.
pub(crate) fn remove_item(text: &str, given: &[Key], value: &Value) -> Edited {
    let Some((Key::Name(name), parents)) = given.split_last() else {
        return Err(PlanError::new(
            Code::P2013,
            "the last key is the name of the element",
        ));
    };
    let doomed = Element::of(name, value)?;
    let mut edited = text.to_owned();
    loop {
        let document = parse(&edited)?;
        let Some(Place::Element(parent)) = find(&edited, &document, parents)? else {
            break;
        };
        let mut index = None;
        for (at, found) in document::named(&edited, parent, name)
            .into_iter()
            .enumerate()
        {
            if document::element(&edited, found, 0)? == doomed {
                index = Some(at);
            }
        }
        let Some(index) = index else {
            break;
        };
        let at = [given, &[Key::Index(index)]].concat();
        let Some(after) = remove(&edited, &at)? else {
            break;
        };
        edited = String::from_utf8(after).map_err(|_| bad("it is not UTF-8"))?;
    }
    Ok((edited != text).then(|| edited.into_bytes()))
}

/// The text with all elements on the way made; a new document from an empty one.
fn with_way(text: &str, given: &[Key]) -> Result<String, PlanError> {
    let (element, _) = split(given);
    if element.len() > MAX_DEPTH {
        return Err(PlanError::new(Code::P2013, "too many keys"));
    }
    let mut text = text.to_owned();
    if text.trim().is_empty() {
        let Some(Key::Name(root)) = element.first() else {
            return Err(PlanError::new(
                Code::P2013,
                "the first key is the name of the root",
            ));
        };
        check_name(root)?;
        text = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<{root}/>\n");
    }
    for len in 2..=element.len() {
        let way = element.get(..len).unwrap_or_default();
        let document = parse(&text)?;
        let is_number = matches!(element.get(len), Some(Key::Index(_)));
        let (Some(Key::Name(name)), false) = (way.last(), is_number) else {
            continue;
        };
        if find(&text, &document, way)?.is_some() {
            continue;
        }
        let Some(Place::Element(parent)) =
            find(&text, &document, way.get(..len - 1).unwrap_or_default())?
        else {
            return Err(nowhere(given));
        };
        check_name(name)?;
        let made = insert(&text, parent, Element::named(name))?;
        text = String::from_utf8(made).map_err(|_| bad("it is not UTF-8"))?;
    }
    Ok(text)
}

fn insert(text: &str, parent: roxmltree::Node<'_, '_>, new: Element) -> Result<Vec<u8>, PlanError> {
    let mut expected = model(text)?;
    let has_text = parent
        .children()
        .any(|c| c.is_text() && c.text().is_some_and(|t| !t.trim().is_empty()));
    let place = at(&mut expected, parent).filter(|_| !has_text);
    let place = place.ok_or_else(|| bad("there is a text where an element would go"))?;
    let behind = place
        .elements
        .iter()
        .rposition(|found| found.name == new.name);
    let index = behind.map_or(place.elements.len(), |at| at + 1);
    place.text.clear();
    place.elements.insert(index, new.clone());
    let edited = document::with_element(text, parent, &new);
    let edited = edited.ok_or_else(|| bad("there is no place for a new element"))?;
    Ok(proved("", edited, &expected)?.unwrap_or_default())
}

/// The element of the model that stands for a node.
fn at<'m>(root: &'m mut Element, node: roxmltree::Node<'_, '_>) -> Option<&'m mut Element> {
    way(node)
        .into_iter()
        .try_fold(root, |element, index| element.elements.get_mut(index))
}

fn take_out(root: &mut Element, node: roxmltree::Node<'_, '_>) -> Option<()> {
    let index = way(node).pop()?;
    let parent = at(root, node.parent_element()?)?;
    (index < parent.elements.len()).then(|| drop(parent.elements.remove(index)))
}

/// The places of a node and those above it among the elements of their parents, the root's not
/// counted.
fn way(node: roxmltree::Node<'_, '_>) -> Vec<usize> {
    let mut way = Vec::new();
    let mut node = node;
    while let Some(parent) = node.parent_element() {
        let mut elements = parent.children().filter(roxmltree::Node::is_element);
        way.extend(elements.position(|found| found == node));
        node = parent;
    }
    way.reverse();
    way
}

/// The keys of the element, and the attribute behind them.
fn split(given: &[Key]) -> (&[Key], Option<&str>) {
    match given.split_last() {
        Some((Key::Name(name), element)) => match name.strip_prefix('@') {
            Some(attribute) => (element, Some(attribute)),
            None => (given, None),
        },
        _ => (given, None),
    }
}

fn nowhere(given: &[Key]) -> PlanError {
    let shown = keys::shown(given);
    PlanError::new(
        Code::P2008,
        format!("it has no `{shown}`, and none can be made there"),
    )
}

#[cfg(test)]
mod tests;
