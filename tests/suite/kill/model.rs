//! `Model`: what a client knows of its resources, from nothing but the answers that it got.

use super::request::Request;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// A kind of resource that clients make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Collection {
    /// Its path behind `/rest/`.
    pub path: &'static str,
    /// The member with the name.
    pub name: &'static str,
    /// The member with what can be changed.
    pub text: &'static str,
}

const fn collection(path: &'static str) -> Collection {
    Collection {
        path,
        name: "name",
        text: "description",
    }
}

pub const SCRIPTS: Collection = collection("plan-scripts");
pub const BUILD_PLANS: Collection = collection("build-plans");
pub const PLANS: Collection = collection("deployment-plans");
pub const IMAGES: Collection = collection("golden-images");
pub const VOLUMES: Collection = collection("os-volumes");
pub const BUNDLES: Collection = collection("artifact-bundles");
pub const USERS: Collection = Collection {
    path: "users",
    name: "userName",
    text: "fullName",
};
pub const TOKENS: Collection = Collection {
    path: "api-tokens",
    name: "name",
    text: "none",
};

/// All that clients make.
pub const COLLECTIONS: [Collection; 8] = [
    SCRIPTS,
    BUILD_PLANS,
    PLANS,
    IMAGES,
    VOLUMES,
    BUNDLES,
    USERS,
    TOKENS,
];

/// A resource of a client.
#[derive(Debug, Clone)]
pub struct Known {
    pub collection: Collection,
    pub name: String,
    /// What its text is.
    pub text: String,
    pub making: Making,
    /// From what the bytes of a golden image that was uploaded are made.
    pub seed: Option<u64>,
}

/// How far a resource is.
#[derive(Debug, Clone)]
pub enum Making {
    /// It is complete.
    Done,
    /// This task makes it.
    Task(String),
    /// A task makes it whose name was lost with the answer.
    Unknown,
    /// Pieces of it arrive; so many bytes are acknowledged.
    Arriving(usize),
}

/// An extraction whose end was not seen yet.
#[derive(Debug, Clone)]
pub struct Extraction {
    pub bundle: String,
    /// Its task, if the answer came.
    pub task: Option<String>,
}

/// What a client knows.
#[derive(Debug, Default)]
pub struct Model {
    /// By URI.
    pub there: BTreeMap<String, Known>,
    /// URIs of what is gone.
    pub gone: BTreeSet<String>,
    /// URIs of that for whose tasks a stop was asked.
    pub cancelled: BTreeSet<String>,
    pub extraction: Option<Extraction>,
    /// What was sent, and had no answer.
    pub pending: Option<(Request, Meant)>,
}

/// What a request is to do.
#[derive(Debug, Clone)]
pub enum Meant {
    Make(Known),
    /// Another text.
    Change {
        uri: String,
        text: String,
    },
    Delete {
        uri: String,
    },
    /// The bytes up to `end` of an image that arrives.
    Piece {
        uri: String,
        end: usize,
    },
    /// To stop the task that makes it.
    Cancel {
        uri: String,
    },
    Extract {
        bundle: String,
    },
    Backup,
    /// To see how far the task is that makes it.
    Look {
        uri: String,
    },
    Download,
    /// Nothing: it is to be refused with this status.
    Refused(u16),
}

impl Model {
    /// Those of a collection that are complete, and that no task changes.
    pub fn complete(&self, collection: Collection) -> Vec<String> {
        let extraction = self.extraction.as_ref();
        let is_free = |uri: &str, known: &Known| {
            extraction.is_none_or(|extraction| {
                extraction.bundle != uri && !known.name.ends_with("extracted")
            })
        };
        let all = self.there.iter();
        let complete = all.filter(|(uri, known)| {
            known.collection == collection
                && matches!(known.making, Making::Done)
                && is_free(uri, known)
        });
        complete.map(|(uri, _)| uri.clone()).collect()
    }

    /// Those that a known task makes.
    pub fn in_work(&self) -> Vec<(String, String)> {
        let tasks = self.there.iter().filter_map(|(uri, known)| {
            let Making::Task(task) = &known.making else {
                return None;
            };
            Some((uri.clone(), task.clone()))
        });
        tasks.collect()
    }

    /// Those of which something is missing still.
    pub fn arriving(&self) -> Vec<(String, usize)> {
        let arriving = self.there.iter().filter_map(|(uri, known)| {
            let Making::Arriving(offset) = known.making else {
                return None;
            };
            Some((uri.clone(), offset))
        });
        arriving.collect()
    }

    /// It is there now.
    pub fn add(&mut self, uri: String, known: Known) {
        self.gone.remove(&uri);
        self.there.insert(uri, known);
    }

    /// It is gone.
    pub fn lose(&mut self, uri: &str) {
        self.there.remove(uri);
        self.gone.insert(uri.to_owned());
    }

    /// What makes it is now so far.
    pub fn set(&mut self, uri: &str, making: Making) {
        self.there.get_mut(uri).expect("it is known").making = making;
    }

    /// The task that makes it has ended.
    pub fn end(&mut self, uri: &str, state: &str) {
        match state {
            "Completed" | "Warning" => self.set(uri, Making::Done),
            // What no task may do is found by who looks at the tasks.
            _ => self.lose(uri),
        }
    }
}

/// Whether a task has ended.
pub fn is_final(state: &str) -> bool {
    ["Completed", "Warning", "Error", "Terminated"].contains(&state)
}

/// A text of an answer.
pub fn text(body: &Json, pointer: &str) -> String {
    let found = body.pointer(pointer).and_then(Json::as_str);
    found
        .unwrap_or_else(|| panic!("no {pointer} in {body:#}"))
        .to_owned()
}

/// Where the upload of an image is.
pub fn upload_of(image: &str) -> String {
    image.replace("golden-images/", "golden-images/uploads/")
}

/// The bytes of an image.
pub fn content(seed: u64) -> Vec<u8> {
    seed.to_le_bytes().repeat(32 << 10)
}
