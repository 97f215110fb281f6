//! `Event`: something changed; what live views and `wait` are told.

use crate::id::Id;
use crate::resource::Kind;
use crate::time::Time;
use serde::Serialize;

/// What happened to a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum EventAction {
    /// It was made.
    Created,
    /// It has a new version.
    Updated,
    /// It is gone.
    Deleted,
}

impl EventAction {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Deleted => "deleted",
        }
    }

    /// From its stored form.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Created, Self::Updated, Self::Deleted]
            .into_iter()
            .find(|action| action.as_str() == text)
    }
}

/// One committed change of one resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Its place in the order of all changes; grows, with gaps.
    pub sequence: u64,
    /// When.
    pub at: Time,
    /// The resource's kind.
    pub kind: Kind,
    /// The resource's id.
    pub id: Id,
    /// What happened.
    pub action: EventAction,
    /// The version that it has now; that which it had last, when it is gone.
    pub version: u64,
}
