//! Values that come into a script from outside, and the secret, which never comes out.

use std::collections::BTreeMap;
use std::fmt;

/// A value of a custom attribute or of a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A boolean.
    Boolean(bool),
    /// A number.
    Number(i64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Value>),
    /// A record; a nic is one, with `mac`, `address`, `cidr`, `gateway`, `dns`, …
    Map(BTreeMap<String, Value>),
    /// A text that may be written and hashed but never shown.
    Secret(Secret),
}

/// A text that never appears in a log, an error, a diff, a reply or a snapshot.
///
/// It has no `Display`, no `Serialize`, and its `Debug` shows `[secret]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Seals a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for those who write or hash it. Whoever calls this answers for where it goes.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
