//! How a content differs from that of a stored script, as the wire says it.

use super::wire::asked;
use crate::error::ApiError;
use mintage_records::model::PlanScript;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// What is compared with the stored script.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(untagged)]
pub(super) enum Given {
    /// Nothing.
    Nothing(Option<()>),
    /// A content.
    Content(String),
    /// A plan script.
    Script {
        /// Its content.
        content: Option<String>,
    },
}

impl Given {
    /// Reads a body: clients send a JSON text, an object, or nothing.
    ///
    /// # Errors
    /// 400 for other bodies.
    pub(super) fn read(body: &[u8]) -> Result<Self, ApiError> {
        if body.trim_ascii().is_empty() {
            return Ok(Self::Nothing(None));
        }
        serde_json::from_slice(body).map_err(|_| {
            let message = "the body must be a JSON text, an object with `content`, or empty";
            ApiError::bad_request("INVALID_JSON", message).source("content")
        })
    }

    fn content(self) -> Option<String> {
        match self {
            Self::Nothing(_) => None,
            Self::Content(content) => Some(content),
            Self::Script { content } => content,
        }
    }
}

/// What differs.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlanScriptDifferences)]
pub(super) struct Differences {
    /// Custom attributes that only the given content asks for.
    ca_added: Vec<String>,
    /// Custom attributes that only the stored content asks for.
    ca_removed: Vec<String>,
    /// Whether the contents differ.
    content_changed: bool,
    /// Custom attributes with other defaults.
    default_value_changed: Vec<String>,
}

impl Differences {
    pub(super) fn new(stored: &PlanScript, given: Given) -> Self {
        let content = given.content().unwrap_or_else(|| stored.content.clone());
        let defaults = |content: &str| -> BTreeMap<String, String> {
            let asked = asked(stored.language, content).into_iter();
            asked
                .map(|asked| (asked.name.clone(), asked.value()))
                .collect()
        };
        let (before, after) = (defaults(&stored.content), defaults(&content));
        let only = |these: &BTreeMap<String, String>, others: &BTreeMap<String, String>| {
            let names = these.keys().filter(|name| !others.contains_key(*name));
            names.cloned().collect()
        };
        let changed = before
            .iter()
            .filter(|(name, value)| after.get(*name).is_some_and(|other| other != *value));
        Self {
            ca_added: only(&after, &before),
            ca_removed: only(&before, &after),
            content_changed: content != stored.content,
            default_value_changed: changed.map(|(name, _)| name.clone()).collect(),
        }
    }
}
