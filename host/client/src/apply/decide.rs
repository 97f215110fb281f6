//! `decide`: what has to be done, of what is wanted and what is there. It asks nobody.

use super::kind::ArtifactKind;
use super::parts::{Difference, Parts, is_password};
use super::state::{Present, State, key};
use super::wanted::{DISK, HAS_FILE, Wanted};
use crate::error::ClientError;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeSet;

/// What the service shows in place of a password; sent back, it leaves the password as it is.
const MASK: &str = "********";

/// What is done with passwords that the service has already. It does not show them, so nobody can
/// tell whether they are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passwords {
    /// They stay.
    Keep,
    /// Those that are wanted take their place.
    Set,
}

/// What is done with an artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// It is as it is to be.
    Unchanged,
    /// It is read-only, and not as it is to be: it is left alone.
    ReadOnly,
}

/// What is done with one artifact.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Its kind.
    pub kind: ArtifactKind,
    /// Its name.
    pub name: String,
    /// What is done.
    pub action: Action,
    /// Where it is, when it is there.
    pub uri: Option<String>,
    /// How it differs, when it is there.
    pub differences: Vec<Difference>,
    /// What is sent, with names where the service has URIs.
    #[serde(skip)]
    pub(super) body: Map<String, Json>,
}

impl Step {
    /// Whether anything is done.
    pub fn is_change(&self) -> bool {
        matches!(self.action, Action::Create | Action::Update)
    }
}

/// What has to be done, in an order in which everything is there before it is referred to.
///
/// # Errors
/// `CannotApply` for everything that stands in the way. Then nothing can be done.
pub fn decide(
    wanted: &[Wanted],
    state: &State,
    passwords: Passwords,
) -> Result<Vec<Step>, Vec<ClientError>> {
    let made: BTreeSet<_> = wanted
        .iter()
        .map(|one| (one.kind, key(&one.name)))
        .collect();
    let mut problems = Vec::new();
    let mut steps = Vec::new();
    for one in wanted {
        for (kind, name) in one.needs() {
            let is_there = made.contains(&(kind, key(&name))) || state.get(kind, &name).is_some();
            if !is_there {
                problems.push(format!(
                    "{} `{}` needs {kind} `{name}`, which is neither given nor in the service",
                    one.kind, one.name
                ));
            }
        }
        match step(one, state.get(one.kind, &one.name), passwords) {
            Ok(step) => steps.push(step),
            Err(problem) => problems.push(problem),
        }
    }
    steps.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    match problems.is_empty() {
        true => Ok(steps),
        false => Err(problems.into_iter().map(ClientError::CannotApply).collect()),
    }
}

fn step(wanted: &Wanted, present: Option<&Present>, passwords: Passwords) -> Result<Step, String> {
    let of = |action, present: Option<&Present>, body, differences| Step {
        kind: wanted.kind,
        name: wanted.name.clone(),
        action,
        uri: present.map(|present| present.uri.clone()),
        differences,
        body,
    };
    let mut body = wanted.body.clone();
    body.insert("name".to_owned(), wanted.name.clone().into());
    let Some(present) = present else {
        check_file(wanted)?;
        return Ok(of(Action::Create, None, body, Vec::new()));
    };
    check_disk(wanted, present)?;
    let sent = with_kept_passwords(&mut body, present, passwords);
    let mut compared = body.clone();
    if wanted.kind == ArtifactKind::GoldenImage {
        // It was compared, as far as it is known.
        let disk = present.body.get(DISK).cloned();
        compared.insert(DISK.to_owned(), disk.unwrap_or_default());
    }
    let old = Parts::of(wanted.kind, &present.name, &present.body);
    let mut differences = old.differences(&Parts::of(wanted.kind, &wanted.name, &compared));
    differences.extend(sent.into_iter().map(|name| Difference {
        part: format!("password {name}"),
        diff: "-[secret]\n+[perhaps another secret]\n".to_owned(),
    }));
    let action = match (differences.is_empty(), present.read_only) {
        (true, _) => Action::Unchanged,
        (false, true) => Action::ReadOnly,
        (false, false) => Action::Update,
    };
    body.insert("eTag".to_owned(), present.e_tag.clone().into());
    Ok(of(action, Some(present), body, differences))
}

/// A golden image that is to be made needs its file.
fn check_file(wanted: &Wanted) -> Result<(), String> {
    let has_file = wanted.body.get(HAS_FILE).and_then(Json::as_bool);
    match wanted.kind == ArtifactKind::GoldenImage && has_file != Some(true) {
        true => Err(format!(
            "golden image `{}` is not in the service, and its file is not here",
            wanted.name
        )),
        false => Ok(()),
    }
}

/// The disk of a golden image is never changed.
fn check_disk(wanted: &Wanted, present: &Present) -> Result<(), String> {
    if wanted.kind != ArtifactKind::GoldenImage {
        return Ok(());
    }
    let name = &wanted.name;
    if present.state != "OK" {
        let state = &present.state;
        return Err(format!(
            "golden image `{name}` is in the service in state {state}"
        ));
    }
    let disk = |body: &Map<String, Json>| {
        let disk = body.get(DISK).and_then(Json::as_str);
        disk.map(str::to_ascii_lowercase)
    };
    match (disk(&wanted.body), disk(&present.body)) {
        (Some(new), Some(old)) if new != old => Err(format!(
            "golden image `{name}` is in the service with another disk, and golden images are never \
             written to: give the new one another name"
        )),
        _ => Ok(()),
    }
}

/// Puts the mask where a password is to stay. Returns the names of those that take the place of one
/// that is there.
fn with_kept_passwords(
    body: &mut Map<String, Json>,
    present: &Present,
    passwords: Passwords,
) -> Vec<String> {
    let there: BTreeSet<String> = attributes(&present.body)
        .filter(|attribute| is_password(attribute) && has_value(attribute))
        .filter_map(name_of)
        .collect();
    let mut sent = Vec::new();
    let Some(Json::Array(wanted)) = body.get_mut("customAttributes") else {
        return sent;
    };
    for attribute in wanted.iter_mut().filter(|attribute| is_password(attribute)) {
        let Some(name) = name_of(attribute).filter(|name| there.contains(name)) else {
            continue;
        };
        if has_value(attribute) && passwords == Passwords::Set {
            sent.push(name);
        } else if let Json::Object(members) = attribute {
            members.insert("value".to_owned(), MASK.into());
        }
    }
    sent
}

fn attributes(body: &Map<String, Json>) -> impl Iterator<Item = &Json> {
    let all = body.get("customAttributes").and_then(Json::as_array);
    all.into_iter().flatten()
}

fn name_of(attribute: &Json) -> Option<String> {
    attribute
        .get("name")
        .and_then(Json::as_str)
        .map(ToOwned::to_owned)
}

fn has_value(attribute: &Json) -> bool {
    let value = attribute.get("value").and_then(Json::as_str);
    value.is_some_and(|value| !value.is_empty())
}

#[cfg(test)]
#[path = "decide_tests.rs"]
mod tests;
