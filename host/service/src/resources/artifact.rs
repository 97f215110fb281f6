//! What plan scripts, build plans, deployment plans and golden images have in common on the wire.

use crate::access::Caller;
use crate::error::ApiError;
use crate::state::AppState;
use crate::wire::expected;
use axum::http::{HeaderMap, StatusCode};
use mintage_records::model::{BuildPlan, DeploymentPlan, GoldenImage, PlanScript};
use mintage_records::{Id, Kind, Resource, Use, View};
use serde::de::{Error as _, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use utoipa::ToSchema;

/// The longest name, in characters.
const MAX_NAME: usize = 256;

/// The `state` and `status` of an artifact that is stored: there are no others.
pub(super) const OK: &str = "OK";

/// Who uses an artifact, or what it names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct NamedUri {
    pub(super) name: String,
    pub(super) uri: String,
}

impl NamedUri {
    /// What is called `name` and found at `uri`.
    pub(super) fn new(name: String, uri: String) -> Self {
        Self { name, uri }
    }
}

impl From<Use> for NamedUri {
    fn from(user: Use) -> Self {
        Self {
            uri: user.kind.uri(&user.id),
            name: user.name,
        }
    }
}

/// `true`, `false`, or one of these as a text, as some clients send it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Flag(pub(super) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl Visitor<'_> for Reader {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("true or false")
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Flag, E> {
                Ok(Flag(flag))
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Flag, E> {
                match text.trim().to_ascii_lowercase().as_str() {
                    "true" => Ok(Flag(true)),
                    "false" | "" => Ok(Flag(false)),
                    _ => Err(E::invalid_value(Unexpected::Str(text), &self)),
                }
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// A text, or a number or flag that is taken as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text(pub(super) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self(text)),
            serde_json::Value::Number(number) => Ok(Self(number.to_string())),
            serde_json::Value::Bool(flag) => Ok(Self(flag.to_string())),
            _ => Err(D::Error::custom(
                "a text, a number, true or false must stand here",
            )),
        }
    }
}

/// A member that says something else when it is null than when it is missing.
pub(super) fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// The name of an artifact: that which was given, else the old one.
///
/// # Errors
/// 400 for none, and for one that cannot be.
pub(super) fn name(given: Option<String>, old: Option<&str>) -> Result<String, ApiError> {
    let name = given.or_else(|| old.map(str::to_owned));
    let wrong = |why: &str| {
        let message = format!("the name {why}");
        Err(ApiError::bad_request("INVALID_NAME", message).source("name"))
    };
    match name {
        None => Err(missing("name")),
        Some(name) if name.trim().is_empty() => wrong("is empty"),
        Some(name) if name.chars().count() > MAX_NAME => {
            wrong(&format!("is longer than {MAX_NAME} characters"))
        }
        Some(name) if name.chars().any(char::is_control) => {
            wrong("has control characters, like the end of a line")
        }
        Some(name) => Ok(name),
    }
}

/// A member that must be given is not.
pub(super) fn missing(member: &str) -> ApiError {
    ApiError::bad_request("MISSING_MEMBER", format!("`{member}` must be given")).source(member)
}

/// What a bundle may bring read-only.
pub(super) trait Artifact: Resource {
    /// Whether it did.
    fn is_read_only(&self) -> bool;
}

impl Artifact for GoldenImage {
    fn is_read_only(&self) -> bool {
        self.read_only
    }
}

impl Artifact for PlanScript {
    fn is_read_only(&self) -> bool {
        self.hp_provided
    }
}

impl Artifact for BuildPlan {
    fn is_read_only(&self) -> bool {
        self.hp_provided
    }
}

impl Artifact for DeploymentPlan {
    fn is_read_only(&self) -> bool {
        self.hp_provided
    }
}

/// Refuses to change what came read-only with a bundle.
///
/// # Errors
/// 403.
pub(super) fn writable<R: Artifact>(artifact: &R) -> Result<(), ApiError> {
    if !artifact.is_read_only() {
        return Ok(());
    }
    let (kind, name) = (R::KIND.singular(), artifact.name());
    let message = format!("{kind} `{name}` is read-only: it came with an artifact bundle");
    let refusal = ApiError::new(StatusCode::FORBIDDEN, "READ_ONLY", message);
    Err(refusal.action(format!(
        "Make a new {kind} with its content, and change that."
    )))
}

/// Deletes an artifact that nothing uses and that is no more than its row.
///
/// # Errors
/// 403 for a read-only one; 404, 409, 412.
pub(super) async fn delete<R: Artifact>(
    state: &AppState,
    caller: &Caller,
    id: Id,
    headers: &HeaderMap,
) -> Result<StatusCode, ApiError> {
    let expected = expected(headers, None)?;
    let deleted = state.change(caller.author(), move |change| {
        writable(&change.get::<R>(&id)?.body)?;
        change.delete::<R>(&id, &expected)?;
        Ok(StatusCode::NO_CONTENT)
    });
    deleted.await
}

/// The id of the resource that a URI names: `/rest/plan-scripts/{id}`.
///
/// # Errors
/// 400 for a text that is no such URI.
pub(super) fn reference(member: &str, kind: Kind, uri: &str) -> Result<Id, ApiError> {
    let id = uri.trim().trim_end_matches('/');
    let id = id.strip_prefix(&kind.collection_uri());
    let id = id
        .and_then(|rest| rest.strip_prefix('/'))
        .and_then(Id::parse);
    id.ok_or_else(|| {
        let shown: String = uri.chars().take(80).collect();
        let message = format!("`{member}` must be the URI of a {}", kind.singular());
        ApiError::bad_request("INVALID_URI", message)
            .details(format!("it is `{shown}`"))
            .source(member)
            .action(format!("Write it like `{}/ID`.", kind.collection_uri()))
    })
}

/// What a URI names, when it exists.
///
/// # Errors
/// 400 for a text that is no such URI, and for what is not there.
pub(super) fn existing(
    view: &mut View<'_>,
    member: &str,
    kind: Kind,
    uri: &str,
) -> Result<Id, ApiError> {
    let id = reference(member, kind, uri)?;
    match view.name(kind, &id)? {
        Some(_) => Ok(id),
        None => {
            let kind = kind.singular();
            let message = format!("`{member}` names a {kind} that does not exist: `{id}`");
            Err(ApiError::bad_request("REFERENCE_NOT_FOUND", message)
                .source(member)
                .action("Name a resource that exists."))
        }
    }
}

/// Users as the wire lists them.
pub(super) fn dependents(users: Vec<Use>) -> Vec<NamedUri> {
    let mut users = users;
    users.dedup_by(|a, b| (a.kind, &a.id) == (b.kind, &b.id));
    users.into_iter().map(NamedUri::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_length_and_one_line() {
        let long = "x".repeat(MAX_NAME + 1);
        for (given, old, expected) in [
            (Some("web"), None, Ok("web")),
            (None, Some("old"), Ok("old")),
            (None, None, Err("`name` must be given")),
            (Some(" "), Some("old"), Err("the name is empty")),
            (
                Some("a\nb"),
                None,
                Err("the name has control characters, like the end of a line"),
            ),
            (
                Some(&long),
                None,
                Err("the name is longer than 256 characters"),
            ),
        ] {
            let name = name(given.map(str::to_owned), old);
            let name = name.map_err(|error| error.envelope.message);
            assert_eq!(name, expected.map(str::to_owned).map_err(str::to_owned));
        }
    }

    #[test]
    fn references_are_uris_of_the_kind() {
        for (uri, expected) in [
            ("/rest/plan-scripts/ab-1", Some("ab-1")),
            ("/rest/plan-scripts/ab-1/", Some("ab-1")),
            ("/rest/build-plans/ab-1", None),
            ("/rest/plan-scripts/", None),
            ("/rest/plan-scriptsab", None),
            ("/rest/plan-scripts/../x", None),
            ("ab-1", None),
            ("", None),
        ] {
            let id = reference("planScriptUri", Kind::PlanScripts, uri);
            assert_eq!(id.ok().as_ref().map(Id::as_str), expected, "{uri}");
        }
    }
}
