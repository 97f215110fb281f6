//! `act`: does what was decided, one artifact after the other. The only place that changes a service.

use super::decide::{Action, Step};
use super::kind::ArtifactKind;
use super::state::{State, key};
use super::wanted::{BUILD_PLAN, DISK, GOLDEN_IMAGE, HAS_FILE};
use crate::error::{ClientError, Result};
use crate::service::{Reply, Service};
use crate::task::{TaskView, follow};
use form_urlencoded::Serializer;
use serde::Serialize;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Done {
    /// It was made.
    Created,
    /// It was changed.
    Updated,
    /// It was as it is to be.
    Unchanged,
    /// It is read-only, and was left alone.
    ReadOnly,
    /// The service refused, or was not there.
    Failed,
    /// One before it failed.
    NotDone,
}

/// What became of all steps.
#[derive(Debug)]
pub struct Outcome {
    /// Of each step, in their order.
    pub done: Vec<Done>,
    /// Why it ended before all was done.
    pub error: Option<ClientError>,
}

/// Does the `steps`, until one fails; `file` gives the zip file of a golden image by the image's
/// name, and `told` is told of each step.
pub fn act(
    service: &Service,
    state: &State,
    steps: &[Step],
    mut file: impl FnMut(&str) -> Result<PathBuf>,
    mut told: impl FnMut(&Step, Done),
) -> Outcome {
    let mut made = BTreeMap::new();
    let mut outcome = Outcome {
        done: Vec::new(),
        error: None,
    };
    for step in steps {
        let done = match outcome.error {
            Some(_) => Done::NotDone,
            None => match one(service, state, step, &mut made, &mut file) {
                Ok(done) => done,
                Err(error) => {
                    outcome.error = Some(error);
                    Done::Failed
                }
            },
        };
        outcome.done.push(done);
        told(step, done);
    }
    outcome
}

/// The URIs of what was made, by kind and name.
type Made = BTreeMap<(ArtifactKind, String), String>;

fn one(
    service: &Service,
    state: &State,
    step: &Step,
    made: &mut Made,
    file: &mut impl FnMut(&str) -> Result<PathBuf>,
) -> Result<Done> {
    match (step.action, &step.uri) {
        (Action::Unchanged, _) => Ok(Done::Unchanged),
        (Action::ReadOnly, _) => Ok(Done::ReadOnly),
        (Action::Update, Some(uri)) => {
            let body = with_uris(step, state, made)?;
            ended(service, &service.put(uri, &Json::Object(body))?)?;
            Ok(Done::Updated)
        }
        (Action::Create | Action::Update, _) => {
            let reply = match step.kind {
                ArtifactKind::GoldenImage => upload(service, step, &file(&step.name)?)?,
                _ => {
                    let body = with_uris(step, state, made)?;
                    service.post(step.kind.path(), &Json::Object(body))?
                }
            };
            let uri = ended(service, &reply)?;
            made.insert((step.kind, key(&step.name)), uri);
            Ok(Done::Created)
        }
    }
}

fn upload(service: &Service, step: &Step, file: &std::path::Path) -> Result<Reply> {
    let description = step.body.get("description").and_then(Json::as_str);
    let query = Serializer::new(String::new())
        .append_pair("name", &step.name)
        .append_pair("description", description.unwrap_or_default())
        .append_pair("format", "zip")
        .finish();
    service.upload(&format!("{}?{query}", step.kind.path()), file, |_, _| {})
}

/// The URI of what an answer is about; a task is followed to its end.
fn ended(service: &Service, reply: &Reply) -> Result<String> {
    let uri = match TaskView::of(&reply.body) {
        Some(task) => {
            let ended = follow(service, &task.uri, |_| {})?;
            ended
                .associated_resource
                .and_then(|about| about.resource_uri)
        }
        None => {
            let uri = reply.body.get("uri").and_then(Json::as_str);
            uri.map(ToOwned::to_owned)
        }
    };
    uri.ok_or_else(|| ClientError::Answer("it does not say where the artifact is".to_owned()))
}

/// What is sent: the names of a deployment plan's parts become URIs.
fn with_uris(step: &Step, state: &State, made: &Made) -> Result<Map<String, Json>> {
    let mut body = step.body.clone();
    for own in [DISK, HAS_FILE] {
        body.remove(own);
    }
    for (name, uri, kind) in [
        (BUILD_PLAN, "oeBuildPlanURI", ArtifactKind::BuildPlan),
        (GOLDEN_IMAGE, "goldenImageURI", ArtifactKind::GoldenImage),
    ] {
        let found = match body.remove(name) {
            None => continue,
            Some(Json::String(name)) => {
                let there = state.get(kind, &name).map(|present| present.uri.clone());
                let found = made.get(&(kind, key(&name))).cloned().or(there);
                let missing = || ClientError::NoResource {
                    kind: kind.path().trim_start_matches("/rest/").to_owned(),
                    name,
                };
                found.ok_or_else(missing)?.into()
            }
            Some(_) => Json::Null,
        };
        body.insert(uri.to_owned(), found);
    }
    Ok(body)
}
