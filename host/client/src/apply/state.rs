//! `State`: what of the service matters for what is wanted.

use super::kind::ArtifactKind;
use super::wanted::{BUILD_PLAN, DISK, GOLDEN_IMAGE, Wanted};
use crate::error::{ClientError, Result};
use crate::resource::find_member;
use crate::service::Service;
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};

/// An artifact as it is in the service.
#[derive(Debug, Clone, PartialEq)]
pub struct Present {
    /// Where it is.
    pub uri: String,
    /// Its name.
    pub name: String,
    /// Its version: a change is meant for this one alone.
    pub e_tag: String,
    /// Whether the service refuses to change it.
    pub read_only: bool,
    /// `OK`, or what else a golden image is.
    pub state: String,
    /// Its members, in the form of [`Wanted`].
    pub body: Map<String, Json>,
}

/// The artifacts of the service that are wanted, or needed by one that is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State(BTreeMap<(ArtifactKind, String), Present>);

impl State {
    /// Of artifacts that are known.
    pub fn of(present: impl IntoIterator<Item = (ArtifactKind, Present)>) -> Self {
        let all = present.into_iter();
        Self(
            all.map(|(kind, one)| ((kind, key(&one.name)), one))
                .collect(),
        )
    }

    /// Reads them, by their names.
    ///
    /// # Errors
    /// Those of [`Service::get`].
    pub fn read(service: &Service, wanted: &[Wanted]) -> Result<Self> {
        let mut names = BTreeSet::new();
        for one in wanted {
            names.insert((one.kind, one.name.clone()));
            names.extend(one.needs());
        }
        let mut found = Vec::new();
        for (kind, name) in names {
            if let Some(member) = find_member(service, kind.path(), "name", &name)? {
                found.push((kind, member));
            }
        }
        let mut of_uri = BTreeMap::new();
        let mut all = Vec::new();
        for (kind, member) in found {
            let present = present(service, kind, member, &mut of_uri)?;
            all.push((kind, present));
        }
        Ok(Self::of(all))
    }

    /// One of them; names are the same whatever the case of their letters, as in the service.
    pub fn get(&self, kind: ArtifactKind, name: &str) -> Option<&Present> {
        self.0.get(&(kind, key(name)))
    }
}

/// What a name is compared by.
pub(super) fn key(name: &str) -> String {
    name.to_lowercase()
}

/// An artifact as the service told of it; names of what it refers to are asked for once.
fn present(
    service: &Service,
    kind: ArtifactKind,
    member: Json,
    of_uri: &mut BTreeMap<String, String>,
) -> Result<Present> {
    let Json::Object(mut body) = member else {
        return Err(ClientError::Answer(
            "a member of a list is no object".to_owned(),
        ));
    };
    let text = |body: &Map<String, Json>, name: &str| -> Result<String> {
        let text = body.get(name).and_then(Json::as_str).map(ToOwned::to_owned);
        text.ok_or_else(|| ClientError::Answer(format!("a {kind} has no `{name}`")))
    };
    match kind {
        ArtifactKind::GoldenImage => {
            let sum = body.get("volumeSum").cloned().unwrap_or_default();
            body.insert(DISK.to_owned(), sum);
        }
        ArtifactKind::DeploymentPlan => {
            for (uri, name) in [
                ("oeBuildPlanURI", BUILD_PLAN),
                ("goldenImageURI", GOLDEN_IMAGE),
            ] {
                let Some(uri) = body.get(uri).and_then(Json::as_str) else {
                    continue;
                };
                let found = match of_uri.get(uri) {
                    Some(found) => found.clone(),
                    None => {
                        let reply = service.get(uri)?;
                        let found = reply.body.get("name").and_then(Json::as_str);
                        found.unwrap_or_default().to_owned()
                    }
                };
                of_uri.insert(uri.to_owned(), found.clone());
                body.insert(name.to_owned(), found.into());
            }
        }
        ArtifactKind::PlanScript | ArtifactKind::BuildPlan => {}
    }
    let read_only = body.get(kind.read_only_member()).and_then(Json::as_bool);
    let state = body.get("state").and_then(Json::as_str).unwrap_or("OK");
    Ok(Present {
        uri: text(&body, "uri")?,
        name: text(&body, "name")?,
        e_tag: text(&body, "eTag")?,
        read_only: read_only.unwrap_or(false),
        state: state.to_owned(),
        body,
    })
}
