//! `Columns`: what of a document stands in columns of its own, so that it can be found and ordered.

use crate::error::{RecordsError, Result};
use crate::id::Id;
use crate::resource::{Kind, Resource};
use serde_json::{Map, Value as Json};

/// The longest name, in bytes: what both databases can index.
pub(crate) const MOST_NAME_BYTES: usize = 1024;

/// A document as a row has it.
pub(crate) struct Columns {
    pub(crate) name: String,
    /// The name in the form in which it is unique; none where it need not be.
    pub(crate) name_key: Option<String>,
    /// The members that lists filter and sort by: a flat JSON object of texts.
    pub(crate) fields: String,
    /// The whole document.
    pub(crate) body: String,
}

impl Columns {
    /// Of a resource.
    ///
    /// # Errors
    /// `NameTooLong`, `Corrupt` when the document cannot be written as JSON.
    pub(crate) fn of<R: Resource>(id: &Id, body: &R) -> Result<Self> {
        let json = serde_json::to_value(body).map_err(|error| RecordsError::Corrupt {
            kind: R::KIND,
            id: id.to_string(),
            why: error.to_string(),
        })?;
        Ok(Self {
            name: name(R::KIND, body.name())?,
            name_key: name_key(R::KIND, body.name()),
            fields: fields::<R>(&json),
            body: json.to_string(),
        })
    }
}

/// The name in the form in which it is unique within the kind: letter case does not count.
pub(crate) fn name_key(kind: Kind, name: &str) -> Option<String> {
    kind.has_unique_names().then(|| name.to_lowercase())
}

/// A name that means something must fit; that of a task or alert is a sentence, and may be cut.
fn name(kind: Kind, name: &str) -> Result<String> {
    if name.len() > MOST_NAME_BYTES && kind.has_unique_names() {
        return Err(RecordsError::NameTooLong {
            kind,
            most: MOST_NAME_BYTES,
        });
    }
    let mut kept = name.to_owned();
    while kept.len() > MOST_NAME_BYTES {
        kept.pop();
    }
    Ok(kept)
}

fn fields<R: Resource>(json: &Json) -> String {
    let mut fields = Map::new();
    for field in R::FIELDS {
        let value = match json.get(field.name) {
            None | Some(Json::Null) => continue,
            Some(Json::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        // PostgreSQL has no zero in a text, not even as JSON; filters replace it as well.
        let value = value.replace('\0', "\u{fffd}");
        fields.insert(field.name.to_owned(), Json::String(value));
    }
    Json::Object(fields).to_string()
}
