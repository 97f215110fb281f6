//! `Id`: what names a resource in a URI and in the store.

use serde::{Deserialize, Serialize};
use std::fmt;

/// The longest id.
const MAX_LENGTH: usize = 64;

/// What names a resource: a UUID when the service makes it. Ids come back from clients, so only
/// letters, digits and `-` are taken: an id is safe in a path and in a file name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(String);

impl Id {
    /// A new one, unlike all others.
    pub fn generate() -> Self {
        Self(uuid::Uuid::new_v4().to_string())
    }

    /// Takes an id as it came.
    pub fn parse(text: &str) -> Option<Self> {
        let is_plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        let is_id = !text.is_empty()
            && text.len() <= MAX_LENGTH
            && !text.starts_with('-')
            && text.bytes().all(is_plain);
        is_id.then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Id> for String {
    fn from(id: Id) -> Self {
        id.0
    }
}

impl TryFrom<String> for Id {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| {
            format!("an id has 1 to {MAX_LENGTH} letters, digits and `-`, no `-` first")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_safe_in_a_path_is_an_id() {
        let table = [
            ("590746df-7354-42aa-8887-e1ea122f7ed6", true),
            ("OSS", true),
            ("", false),
            ("-x", false),
            ("../etc", false),
            ("a/b", false),
            ("a b", false),
            ("ä", false),
        ];
        for (text, is_id) in table {
            assert_eq!(Id::parse(text).is_some(), is_id, "{text}");
        }
        assert!(Id::parse(&"a".repeat(65)).is_none());
        assert!(Id::parse(Id::generate().as_str()).is_some());
    }
}
