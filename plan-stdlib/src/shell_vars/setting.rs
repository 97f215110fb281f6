//! Several variables of one file, set for other modules of the library.

use super::document::Document;
use super::word::Word;
use crate::file::access;
use crate::text::MAX_TEXT;
use mintage_engine::PlanError;
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;

/// Sets variables of the file at `path`, which is made when it is missing; a value of `None` takes
/// its variable away. Says whether anything changed. The values must be on one line.
pub(crate) fn set_all(
    tree: &mut VolumeTree,
    path: &str,
    settings: &[(&str, Option<&str>)],
) -> Result<bool, PlanError> {
    let is_there = access::look(tree, path)?.is_some();
    if !is_there && settings.iter().all(|(_, value)| value.is_none()) {
        return Ok(false);
    }
    access::edit_or_create(tree, path, Ownership::root(0o644), |content| {
        let mut edited = content.to_vec();
        for (name, value) in settings {
            let document = Document::parse(&edited);
            let changed = match value {
                Some(value) => document.set(name, value)?,
                None => document.remove(name)?,
            };
            edited = changed.unwrap_or(edited);
        }
        Ok((edited != content).then_some(edited))
    })
}

/// The value of a variable; `None` without the file, or where it does not set it or only a shell
/// could tell.
pub(crate) fn value(
    tree: &VolumeTree,
    path: &str,
    name: &str,
) -> Result<Option<String>, PlanError> {
    if access::look(tree, path)?.is_none() {
        return Ok(None);
    }
    let content = access::read(tree, path, MAX_TEXT)?;
    Ok(match Document::parse(&content).get(name) {
        Some(Word::Plain(value)) => String::from_utf8(value).ok(),
        _ => None,
    })
}
