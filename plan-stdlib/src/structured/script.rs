//! The functions of the editors as scripts call them, for any format.

use super::keys::{self, keys};
use super::{Change, Format, Value};
use crate::file::access;
use crate::text::MAX_TEXT;
use crate::values::path_text;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::{Array, Dynamic};

/// The value at the end of the keys, if there is any.
pub(crate) fn find<F: Format>(
    tree: &VolumeTree,
    path: &str,
    given: &Dynamic,
) -> Result<Option<Dynamic>, PlanError> {
    let keys = keys(given)?;
    let value = read::<F>(tree, path)?;
    Ok(keys::find(&value, &keys).cloned().map(Value::into_dynamic))
}

/// As [`find`]; nothing is an error.
pub(crate) fn get<F: Format>(
    tree: &VolumeTree,
    path: &str,
    given: &Dynamic,
) -> Result<Dynamic, PlanError> {
    find::<F>(tree, path, given)?.ok_or_else(|| missing(path, given))
}

/// The keys of the map there, in the order of the file.
pub(crate) fn names<F: Format>(
    tree: &VolumeTree,
    path: &str,
    given: &Dynamic,
) -> Result<Array, PlanError> {
    let value = read::<F>(tree, path)?;
    match keys::find(&value, &keys(given)?) {
        Some(Value::Map(entries)) => {
            Ok(entries.iter().map(|(key, _)| key.as_str().into()).collect())
        }
        Some(Value::Null) => Ok(Array::new()),
        Some(other) => {
            let shown = path_text(path);
            let message = format!(
                "`{}` in `{shown}` is {}, not a map",
                place(given),
                other.kind()
            );
            Err(PlanError::new(Code::P2016, message).at(&shown))
        }
        None => Err(missing(path, given)),
    }
}

/// Makes a change that needs no file to be there: one is made.
pub(crate) fn bring<F: Format>(
    tree: &mut VolumeTree,
    path: &str,
    given: &Dynamic,
    value: &Dynamic,
    change: fn(Value) -> Change,
) -> Result<bool, PlanError> {
    let keys = keys(given)?;
    let (value, is_secret) = Value::of(value)?;
    let change = change(value);
    access::mark(tree, path, is_secret)?;
    let mode = if is_secret { 0o600 } else { 0o644 };
    access::edit_or_create(tree, path, Ownership::root(mode), |content| {
        super::edited::<F>(content, &keys, &change)
    })
}

/// Makes a change that has nothing to do in a file that is not there.
pub(crate) fn take<F: Format>(
    tree: &mut VolumeTree,
    path: &str,
    given: &Dynamic,
    change: &Change,
) -> Result<bool, PlanError> {
    let keys = keys(given)?;
    if access::look(tree, path)?.is_none() {
        return Ok(false);
    }
    access::edit(tree, path, |content| {
        super::edited::<F>(content, &keys, change)
    })
}

/// As [`take`], for an item of a list.
pub(crate) fn take_item<F: Format>(
    tree: &mut VolumeTree,
    path: &str,
    given: &Dynamic,
    item: &Dynamic,
) -> Result<bool, PlanError> {
    let (item, _) = Value::of(item)?;
    take::<F>(tree, path, given, &Change::RemoveItem(item))
}

fn read<F: Format>(tree: &VolumeTree, path: &str) -> Result<Value, PlanError> {
    let content = access::read(tree, path, MAX_TEXT)?;
    super::read::<F>(&content).map_err(|error| access::named(error, "read", path))
}

fn missing(path: &str, given: &Dynamic) -> PlanError {
    let (shown, place) = (path_text(path), place(given));
    PlanError::new(Code::P2008, format!("`{shown}` has no `{place}`"))
        .at(&shown)
        .help("give a default as the last argument")
}

fn place(given: &Dynamic) -> String {
    keys(given)
        .map(|keys| keys::shown(&keys))
        .unwrap_or_default()
}
