//! `Client`: sends one request after the other until the service is gone, and knows what was answered.

use super::fixture::Fixture;
use super::model::{BUNDLES, Extraction, IMAGES, Known, Making, Meant, Model, TOKENS, VOLUMES};
use super::model::{is_final, text, upload_of};
use super::request::Request;
use mintage_test_support::Server;
use mintage_test_support::random::Random;
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// A client with resources of its own.
pub struct Client {
    pub model: Model,
    /// How many requests were answered.
    pub answered: u64,
    pub(super) number: usize,
    pub(super) count: u64,
    /// Names of bundles that were uploaded.
    pub(super) uploaded: BTreeSet<String>,
    pub(super) random: Random,
    pub(super) fixture: Arc<Fixture>,
}

impl Client {
    pub fn new(number: usize, seed: u64, fixture: &Arc<Fixture>) -> Self {
        Self {
            model: Model::default(),
            answered: 0,
            number,
            count: 0,
            uploaded: BTreeSet::new(),
            random: Random::new(seed ^ ((number as u64 + 1) << 32)),
            fixture: Arc::clone(fixture),
        }
    }

    /// The names of its resources begin so.
    pub fn prefix(&self) -> String {
        format!("client-{}-", self.number)
    }

    /// Works until the service is gone, or `most` requests are answered.
    pub fn work(&mut self, server: &Server<'_>, most: u64) {
        let end = self.answered.saturating_add(most);
        while self.answered < end && self.try_one(server) {}
    }

    /// Sends one request; false when there was no answer.
    fn try_one(&mut self, server: &Server<'_>) -> bool {
        let Some((request, meant)) = self.choose() else {
            return true;
        };
        let Some(answer) = request.send(server) else {
            self.model.pending = Some((request, meant));
            return false;
        };
        self.take(&request, &meant, answer.status, &answer.json());
        if request.key.is_some() && self.random.between(0, 3) == 0 {
            return self.repeat(server, &request, answer.status, &answer.json());
        }
        true
    }

    /// Sends a request that was answered once more: the answer must be the same.
    fn repeat(&self, server: &Server<'_>, request: &Request, status: u16, body: &Json) -> bool {
        let Some(again) = request.send(server) else {
            return false;
        };
        if status < 300 {
            assert_eq!((again.status, &again.json()), (status, body), "{request:?}");
        }
        true
    }

    /// Takes an answer into account.
    fn take(&mut self, request: &Request, meant: &Meant, status: u16, body: &Json) {
        self.answered += 1;
        let model = &mut self.model;
        match (meant, status) {
            (Meant::Make(known), 201 | 202) => self.made(known, status, body),
            (Meant::Change { uri, text }, 200) => {
                model.there.get_mut(uri).unwrap().text.clone_from(text);
            }
            (Meant::Delete { uri }, 204) => model.lose(uri),
            // What another resource of this client needs stays.
            (Meant::Delete { uri }, 409) => assert!(model.there.contains_key(uri)),
            (Meant::Piece { uri, end }, 200) => model.set(uri, Making::Arriving(*end)),
            (Meant::Piece { uri, .. }, 202) => model.set(uri, Making::Task(text(body, "/uri"))),
            (Meant::Cancel { uri }, 200) => drop(model.cancelled.insert(uri.clone())),
            (Meant::Cancel { .. }, 409) => assert_eq!(body["errorCode"], "TASK_ENDED", "{body:#}"),
            (Meant::Extract { bundle }, 202) => {
                model.extraction = Some(Extraction {
                    bundle: bundle.clone(),
                    task: Some(text(body, "/uri")),
                });
            }
            (Meant::Backup, 202) | (Meant::Download, 200) => {}
            (Meant::Backup, 409) => assert_eq!(body["errorCode"], "BACKUP_RUNNING", "{body:#}"),
            (Meant::Look { uri }, 200) => {
                let state = text(body, "/taskState");
                if is_final(&state) {
                    model.end(uri, &state);
                }
            }
            (Meant::Refused(expected), status) if *expected == status => {}
            _ => panic!("{request:?} was answered with {status}: {body:#}"),
        }
    }

    /// Something is made, or begun.
    fn made(&mut self, known: &Known, status: u16, body: &Json) {
        let (uri, making) = match (status, &known.making) {
            (202, _) => (
                text(body, "/associatedResource/resourceUri"),
                Making::Task(text(body, "/uri")),
            ),
            (_, Making::Arriving(_)) => (text(body, "/goldenImageUri"), known.making.clone()),
            _ => (text(body, "/uri"), Making::Done),
        };
        let known = Known {
            making,
            ..known.clone()
        };
        self.model.add(uri, known);
    }

    /// After a restart: finds out what came of the request that had no answer.
    pub fn resolve(&mut self, server: &Server<'_>) {
        let Some((request, meant)) = self.model.pending.take() else {
            return;
        };
        match &meant {
            _ if request.key.is_some() => self.again(server, &request, &meant),
            Meant::Make(known) => self.find(server, known),
            Meant::Change { uri, text } => {
                let body = server.get(uri).json();
                let known = self.model.there.get_mut(uri).unwrap();
                if body[known.collection.text] == text.as_str() {
                    known.text.clone_from(text);
                }
            }
            Meant::Delete { uri } => {
                let known = &self.model.there[uri];
                let listed = self.listed(server, known.collection);
                if !listed.iter().any(|body| body["uri"] == uri.as_str()) {
                    self.model.lose(uri);
                }
            }
            Meant::Piece { uri, end } => self.arrived(server, uri, *end),
            Meant::Cancel { uri } => drop(self.model.cancelled.insert(uri.clone())),
            Meant::Extract { bundle } => {
                self.model.extraction = Some(Extraction {
                    bundle: bundle.clone(),
                    task: None,
                });
            }
            Meant::Backup | Meant::Look { .. } | Meant::Download | Meant::Refused(_) => {}
        }
    }

    /// Sends a request with a key until it is answered: its work is done once.
    fn again(&mut self, server: &Server<'_>, request: &Request, meant: &Meant) {
        loop {
            let answer = request.send(server).expect("the service runs");
            let (body, status) = (answer.json(), answer.status);
            match (meant, body["errorCode"].as_str()) {
                (_, Some("REQUEST_RUNNING")) => std::thread::sleep(Duration::from_millis(10)),
                (Meant::Make(known), Some("REPLY_LOST")) if known.collection == TOKENS => {
                    return self.find(server, known);
                }
                _ => return self.take(request, meant, status, &body),
            }
        }
    }

    /// Whether something was made is seen by its name.
    fn find(&mut self, server: &Server<'_>, known: &Known) {
        let listed = self.listed(server, known.collection);
        let mut named = listed
            .iter()
            .filter(|body| body[known.collection.name] == known.name.as_str());
        let Some(found) = named.next() else {
            return;
        };
        assert!(named.next().is_none(), "made twice: {known:?}");
        let by_task = [IMAGES, VOLUMES, BUNDLES].contains(&known.collection);
        let making = match &known.making {
            Making::Arriving(_) => known.making.clone(),
            _ if by_task => Making::Unknown,
            _ => Making::Done,
        };
        let known = Known {
            making,
            ..known.clone()
        };
        self.model.add(text(found, "/uri"), known);
    }

    /// How much of an upload has arrived; what was acknowledged must be there. `end` was sent.
    fn arrived(&mut self, server: &Server<'_>, uri: &str, end: usize) {
        let known = &self.model.there[uri];
        let Making::Arriving(acknowledged) = known.making else {
            panic!("{uri} does not arrive: {known:?}");
        };
        let place = upload_of(uri);
        let answer = server.get(&place);
        if answer.status == 404 {
            // The last piece arrived, and a task goes on with it.
            return self.model.set(uri, Making::Unknown);
        }
        let body = answer.json();
        let offset = body["offset"]
            .as_u64()
            .and_then(|n| usize::try_from(n).ok());
        let offset = offset.unwrap_or_else(|| panic!("no offset: {body:#}"));
        assert!(
            (acknowledged..=end).contains(&offset),
            "{known:?}: {body:#}"
        );
        self.model.set(uri, Making::Arriving(offset));
    }

    /// Its own resources of a collection, as the service lists them.
    pub(super) fn listed(
        &self,
        server: &Server<'_>,
        collection: super::model::Collection,
    ) -> Vec<Json> {
        let list = server.get(&format!("/rest/{}", collection.path));
        assert_eq!(list.status, 200, "{collection:?}: {:#}", list.json());
        let members = list.json()["members"].as_array().unwrap().clone();
        let prefix = self.prefix();
        let is_own = |body: &Json| body[collection.name].as_str().unwrap().starts_with(&prefix);
        members.into_iter().filter(is_own).collect()
    }
}
