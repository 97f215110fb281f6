//! A change of a value, and the steps in the text that it takes.

use super::keys::{self, Key};
use super::{MAX_DEPTH, Value, too_deep};
use mintage_engine::{Code, PlanError};

/// What is to become of the place that keys lead to.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// It has this value; maps on the way to it are made.
    Set(Value),
    /// It is not there.
    Remove,
    /// It is a list that has this item.
    EnsureItem(Value),
    /// If it is a list, it does not have this item.
    RemoveItem(Value),
}

/// One place in the text that is written anew. What it is about exists, or does not, as it says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    /// What leads to it.
    pub(crate) at: Vec<Key>,
    /// What is done.
    pub(crate) action: Action,
}

/// What is done in a [`Step`].
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Action {
    /// What is there gets this value instead.
    Replace(Value),
    /// The map there gets one more key.
    Insert(String, Value),
    /// The list there gets one more item.
    Append(Value),
    /// What is there goes.
    Remove,
}

impl Change {
    /// Makes the change in `root`, and gives the steps that make it in the text; none when there
    /// is nothing to change.
    ///
    /// # Errors
    /// `P2008` for a place in a list that it does not have, `P2013` without keys, `P2016` when
    /// something else is on the way.
    pub(crate) fn steps(&self, root: &mut Value, keys: &[Key]) -> Result<Vec<Step>, PlanError> {
        if keys.is_empty() || keys.len() > MAX_DEPTH {
            return Err(PlanError::new(Code::P2013, "it takes at least one key"));
        }
        match self {
            Self::Set(value) => Ok(set(root, keys, 0, value)?.into_iter().collect()),
            Self::Remove => Ok(remove(root, keys).into_iter().collect()),
            Self::EnsureItem(item) => ensure_item(root, keys, item),
            Self::RemoveItem(item) => Ok(remove_item(root, keys, item)),
        }
    }
}

/// The value at the end of `keys`, from the one before `keys[depth]` on.
fn set(
    here: &mut Value,
    keys: &[Key],
    depth: usize,
    value: &Value,
) -> Result<Option<Step>, PlanError> {
    let (at, rest) = keys.split_at(depth);
    let step = |action| {
        let at = at.to_vec();
        Ok(Some(Step { at, action }))
    };
    let Some(key) = rest.first() else {
        if here == value {
            return Ok(None);
        }
        *here = value.clone();
        return step(Action::Replace(value.clone()));
    };
    match (here, key) {
        (Value::Map(entries), Key::Name(name)) => {
            if let Some((_, found)) = entries.iter_mut().find(|(key, _)| key == name) {
                return set(found, keys, depth + 1, value);
            }
            let value = nested(rest.get(1..).unwrap_or_default(), value)?;
            entries.push((name.clone(), value.clone()));
            step(Action::Insert(name.clone(), value))
        }
        (here @ Value::Null, Key::Name(_)) => {
            let value = nested(rest, value)?;
            *here = value.clone();
            step(Action::Replace(value))
        }
        (Value::List(values), Key::Index(index)) => {
            let len = values.len();
            let Some(found) = values.get_mut(*index) else {
                let (shown, message) = (keys::shown(at), "which ends before that");
                let message = format!(
                    "`{index}` is no place in the list `{shown}` of {len} items, {message}"
                );
                return Err(
                    PlanError::new(Code::P2008, message).help("`ensure_item` adds to a list")
                );
            };
            set(found, keys, depth + 1, value)
        }
        (here, _) => Err(in_the_way(here, at, key)),
    }
}

/// A value in maps of its own, for keys that are not there yet.
fn nested(keys: &[Key], value: &Value) -> Result<Value, PlanError> {
    keys.iter()
        .rev()
        .try_fold(value.clone(), |value, key| match key {
            Key::Name(name) => Ok(Value::Map(vec![(name.clone(), value)])),
            Key::Index(index) => {
                let message = format!("there is no list for the place `{index}`");
                Err(PlanError::new(Code::P2008, message).help("`ensure_item` makes a list"))
            }
        })
}

fn in_the_way(here: &Value, at: &[Key], key: &Key) -> PlanError {
    let place = match at.is_empty() {
        true => "the file as a whole".to_owned(),
        false => format!("`{}`", keys::shown(at)),
    };
    let wanted = match key {
        Key::Name(_) => "a map",
        Key::Index(_) => "a list",
    };
    let message = format!("{place} is {}, not {wanted}", here.kind());
    PlanError::new(Code::P2016, message)
}

fn remove(root: &mut Value, keys: &[Key]) -> Option<Step> {
    let (last, parents) = keys.split_last()?;
    match (find_mut(root, parents)?, last) {
        (Value::Map(entries), Key::Name(name)) => {
            let index = entries.iter().position(|(key, _)| key == name)?;
            entries.remove(index);
        }
        (Value::List(values), Key::Index(index)) if *index < values.len() => {
            values.remove(*index);
        }
        _ => return None,
    }
    let at = keys.to_vec();
    let action = Action::Remove;
    Some(Step { at, action })
}

fn ensure_item(root: &mut Value, keys: &[Key], item: &Value) -> Result<Vec<Step>, PlanError> {
    match find_mut(root, keys) {
        Some(Value::List(values)) => {
            if values.contains(item) {
                return Ok(Vec::new());
            }
            values.push(item.clone());
            let at = keys.to_vec();
            let action = Action::Append(item.clone());
            Ok(vec![Step { at, action }])
        }
        None | Some(Value::Null) => {
            let list = Value::List(vec![item.clone()]);
            Ok(set(root, keys, 0, &list)?.into_iter().collect())
        }
        Some(found) => Err(in_the_way(found, keys, &Key::Index(0))),
    }
}

/// From the end on, so that the places before it stay what they are.
fn remove_item(root: &mut Value, keys: &[Key], item: &Value) -> Vec<Step> {
    let Some(Value::List(values)) = find_mut(root, keys) else {
        return Vec::new();
    };
    let places = values.iter().enumerate().rev();
    let places: Vec<usize> = places
        .filter_map(|(index, found)| (found == item).then_some(index))
        .collect();
    values.retain(|found| found != item);
    let step = |index| Step {
        at: [keys, &[Key::Index(index)]].concat(),
        action: Action::Remove,
    };
    places.into_iter().map(step).collect()
}

fn find_mut<'v>(value: &'v mut Value, keys: &[Key]) -> Option<&'v mut Value> {
    keys.iter()
        .try_fold(value, |value, key| match (value, key) {
            (Value::Map(entries), Key::Name(name)) => entries
                .iter_mut()
                .find_map(|(key, value)| (key == name).then_some(value)),
            (Value::List(values), Key::Index(index)) => values.get_mut(*index),
            _ => None,
        })
}

/// Goes down a value that a library built; refuses what nests too deep.
///
/// # Errors
/// `P2016`.
pub(crate) fn deeper(depth: usize) -> Result<usize, PlanError> {
    match depth < MAX_DEPTH {
        true => Ok(depth + 1),
        false => Err(too_deep()),
    }
}
