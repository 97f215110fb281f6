//! TOML as it stands in a file, by a document that keeps blanks and comments.

use crate::structured::change::{Action, deeper};
use crate::structured::flow::{Comments, Flow};
use crate::structured::{Format, Key, Step, Value};
use crate::text::lines;
use mintage_engine::{Code, PlanError};
use std::ops::Range;
use toml_edit::{Array, Document, DocumentMut, InlineTable, Item, Table, TableLike};

/// The format.
pub(super) enum Toml {}

impl Format for Toml {
    const NAME: &'static str = "TOML";

    fn parse(text: &str) -> Result<Value, PlanError> {
        value(parse(text)?.as_item(), 0)
    }

    fn step(text: &str, step: &Step) -> Result<String, PlanError> {
        if let Action::Replace(value) | Action::Insert(_, value) | Action::Append(value) =
            &step.action
            && has_null(value)
        {
            return Err(PlanError::new(Code::P2013, "TOML has no value for nothing")
                .help("remove the key instead"));
        }
        let document = parse(text)?;
        if step.action == Action::Remove
            && let Some(ranges) = lines_of(&document, &step.at)
        {
            return Ok(without(text, ranges));
        }
        if let Some(edited) = in_array(text, &document, step) {
            return Ok(edited);
        }
        let mut document = document.into_mut();
        make(&mut document, step)
            .ok_or_else(|| PlanError::new(Code::P2016, "it has not what is to be changed"))?;
        as_before(text, document.to_string())
    }
}

fn parse(text: &str) -> Result<Document<&str>, PlanError> {
    // The message of the library quotes the text.
    Document::parse(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        PlanError::new(Code::P2016, format!("line {line} is not TOML"))
    })
}

fn value(item: &Item, depth: usize) -> Result<Value, PlanError> {
    let depth = deeper(depth)?;
    if let Some(table) = item.as_table_like() {
        return map(table, depth);
    }
    if let Some(tables) = item.as_array_of_tables() {
        let tables = tables.iter().map(|table| map(table, depth));
        return Ok(Value::List(tables.collect::<Result<_, _>>()?));
    }
    match item.as_value() {
        Some(found) => plain(found, depth),
        None => Ok(Value::Null),
    }
}

fn map(table: &dyn TableLike, depth: usize) -> Result<Value, PlanError> {
    let depth = deeper(depth)?;
    let entries = table
        .iter()
        .map(|(key, item)| Ok((key.to_owned(), value(item, depth)?)));
    Ok(Value::Map(entries.collect::<Result<_, PlanError>>()?))
}

fn plain(found: &toml_edit::Value, depth: usize) -> Result<Value, PlanError> {
    let depth = deeper(depth)?;
    Ok(match found {
        toml_edit::Value::String(text) => Value::Text(text.value().clone()),
        toml_edit::Value::Integer(number) => Value::Integer(*number.value()),
        toml_edit::Value::Float(number) => Value::Float(*number.value()),
        toml_edit::Value::Boolean(value) => Value::Boolean(*value.value()),
        toml_edit::Value::Datetime(time) => Value::Other(time.value().to_string()),
        toml_edit::Value::Array(items) => {
            let items = items.iter().map(|item| plain(item, depth));
            Value::List(items.collect::<Result<_, _>>()?)
        }
        toml_edit::Value::InlineTable(table) => map(table, depth)?,
    })
}

/// A step in an array with anything in it, by the places of its items.
fn in_array(text: &str, document: &Document<&str>, step: &Step) -> Option<String> {
    let (at, last) = match (&step.action, step.at.split_last()) {
        (Action::Append(_), _) => (step.at.as_slice(), None),
        (Action::Remove, Some((Key::Index(index), parents))) => (parents, Some(*index)),
        _ => return None,
    };
    let item = at
        .iter()
        .try_fold(document.as_item(), |item, key| match key {
            Key::Name(name) => item.get(name.as_str()),
            Key::Index(index) => item.get(*index),
        })?;
    let array = item.as_array()?;
    let items: Option<Vec<_>> = array.iter().map(toml_edit::Value::span).collect();
    let items = items.filter(|items| !items.is_empty())?;
    let flow = Flow {
        text,
        comments: Comments::Hash,
    };
    match (&step.action, last) {
        (Action::Append(value), _) => {
            let mut new = inline(value)?;
            new.decor_mut().clear();
            Some(flow.append(array.span()?.start, items.last()?.end, &new.to_string()))
        }
        (_, Some(index)) => flow.remove(&items, index),
        _ => None,
    }
}

/// The whole lines that a key of a table takes, and a table with its own lines; `None` for what
/// has no lines of its own.
fn lines_of(document: &Document<&str>, at: &[Key]) -> Option<Vec<Range<usize>>> {
    let mut item = document.as_item();
    let (last, parents) = at.split_last()?;
    for key in parents {
        item = match key {
            Key::Name(name) => item.as_table()?.get(name)?,
            Key::Index(_) => return None,
        };
    }
    let Key::Name(name) = last else {
        return None;
    };
    let (key, found) = item.as_table()?.get_key_value(name)?;
    let mut ranges = Vec::new();
    collect(key.span(), found, &mut ranges)?;
    Some(ranges)
}

/// Where a value stands, from its key on; for a table its header and all in it.
fn collect(key: Option<Range<usize>>, item: &Item, ranges: &mut Vec<Range<usize>>) -> Option<()> {
    match item {
        Item::None => {}
        Item::Value(value) => ranges.push(key?.start..value.span()?.end),
        Item::Table(table) => collect_table(table, ranges)?,
        Item::ArrayOfTables(tables) => {
            for table in tables {
                collect_table(table, ranges)?;
            }
        }
    }
    Some(())
}

fn collect_table(table: &Table, ranges: &mut Vec<Range<usize>>) -> Option<()> {
    // A table without a header of its own is only what is in it.
    if !table.is_implicit() && !table.is_dotted() {
        ranges.push(table.span()?);
    }
    for (name, _) in table {
        let (key, item) = table.get_key_value(name)?;
        collect(key.span(), item, ranges)?;
    }
    Some(())
}

/// The text without the whole lines that the ranges touch.
fn without(text: &str, ranges: Vec<Range<usize>>) -> String {
    let mut doomed: Vec<Range<usize>> = ranges
        .into_iter()
        .map(|range| {
            let start = text.get(..range.start).and_then(|t| t.rfind('\n'));
            let end = text.get(range.end..).and_then(|t| t.find('\n'));
            let end = end.map_or(text.len(), |end| range.end + end + 1);
            start.map_or(0, |start| start + 1)..end
        })
        .collect();
    doomed.sort_by_key(|range| (range.start, range.end));
    let mut kept = String::with_capacity(text.len());
    let mut from = 0;
    for range in doomed {
        kept.push_str(text.get(from..range.start).unwrap_or_default());
        from = from.max(range.end);
    }
    kept.push_str(text.get(from..).unwrap_or_default());
    kept
}

/// `None` where the text does not have what the step is about.
fn make(document: &mut DocumentMut, step: &Step) -> Option<()> {
    match &step.action {
        Action::Replace(value) => replace(find(document.as_item_mut(), &step.at)?, value),
        Action::Insert(name, value) => insert(find(document.as_item_mut(), &step.at)?, name, value),
        Action::Append(value) => append(find(document.as_item_mut(), &step.at)?, value),
        Action::Remove => {
            let (last, parents) = step.at.split_last()?;
            let parent = find(document.as_item_mut(), parents)?;
            match (parent, last) {
                (parent, Key::Name(name)) => drop(parent.as_table_like_mut()?.remove(name)?),
                (Item::ArrayOfTables(tables), Key::Index(index)) => drop(tables.remove(*index)),
                (parent, Key::Index(index)) => drop(parent.as_array_mut()?.remove(*index)),
            }
            Some(())
        }
    }
}

fn find<'d>(root: &'d mut Item, at: &[Key]) -> Option<&'d mut Item> {
    at.iter().try_fold(root, |item, key| match key {
        Key::Name(name) => item.get_mut(name.as_str()),
        Key::Index(index) => item.get_mut(*index),
    })
}

/// A value keeps the blanks and the comment around it.
fn replace(item: &mut Item, value: &Value) -> Option<()> {
    let mut new = inline(value)?;
    match item {
        Item::Value(old) => {
            *new.decor_mut() = old.decor().clone();
            *old = new;
        }
        Item::Table(table) if matches!(value, Value::Map(_)) => {
            table.clear();
            for (key, value) in entries(value) {
                insert_into(table, key, value)?;
            }
        }
        _ => *item = Item::Value(new),
    }
    Some(())
}

fn insert(parent: &mut Item, name: &str, value: &Value) -> Option<()> {
    match parent {
        Item::Table(table) => insert_into(table, name, value),
        parent => {
            let table = parent.as_table_like_mut()?;
            table.insert(name, Item::Value(inline(value)?));
            Some(())
        }
    }
}

fn insert_into(table: &mut Table, name: &str, value: &Value) -> Option<()> {
    let item = match value {
        // Dotted keys stay in their table's lines, where a header would end it.
        Value::Map(_) if !table.is_dotted() => Item::Table(own_table(value)?),
        _ => Item::Value(inline(value)?),
    };
    table.insert(name, item);
    Some(())
}

/// A table with a header, if anything but tables is in it.
fn own_table(value: &Value) -> Option<Table> {
    let mut table = Table::new();
    for (key, value) in entries(value) {
        insert_into(&mut table, key, value)?;
    }
    let is_way_only = !table.is_empty() && table.iter().all(|(_, item)| item.is_table());
    table.set_implicit(is_way_only);
    Some(table)
}

fn append(item: &mut Item, value: &Value) -> Option<()> {
    if let Item::ArrayOfTables(tables) = item {
        let Value::Map(_) = value else {
            return None;
        };
        let mut table = own_table(value)?;
        table.set_implicit(false);
        tables.push(table);
        return Some(());
    }
    let array = item.as_array_mut()?;
    array.push(inline(value)?);
    Some(())
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::List(values) => values.iter().any(has_null),
        Value::Map(entries) => entries.iter().any(|(_, value)| has_null(value)),
        _ => false,
    }
}

fn inline(value: &Value) -> Option<toml_edit::Value> {
    Some(match value {
        Value::Null | Value::Alias(_) => return None,
        Value::Boolean(value) => (*value).into(),
        Value::Integer(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Text(text) | Value::Other(text) => text.into(),
        Value::List(values) => {
            let values = values.iter().map(inline).collect::<Option<Array>>()?;
            toml_edit::Value::Array(values)
        }
        Value::Map(entries) => {
            let mut table = InlineTable::new();
            for (key, value) in entries {
                table.insert(key, inline(value)?);
            }
            toml_edit::Value::InlineTable(table)
        }
    })
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let entries = match value {
        Value::Map(entries) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().map(|(key, value)| (key.as_str(), value))
}

/// The library writes `\n` everywhere, and one at the end.
fn as_before(text: &str, edited: String) -> Result<String, PlanError> {
    let mut edited = edited.replace("\r\n", "\n");
    if !text.is_empty() && !text.ends_with('\n') && edited.ends_with('\n') {
        edited.pop();
    }
    if lines::line_break(text.as_bytes()) == b"\n" && !text.contains('\r') {
        return Ok(edited);
    }
    let breaks = text.matches('\n').count();
    if text.matches("\r\n").count() != breaks || text.matches('\r').count() != breaks {
        return Err(PlanError::new(
            Code::P2016,
            "its lines do not all end in the same way",
        ));
    }
    Ok(edited.replace('\n', "\r\n"))
}

#[cfg(test)]
mod tests;
