//! Custom attributes as artifacts carry them.

use crate::seal::Sealed;
use serde::{Deserialize, Serialize};

/// A custom attribute of a build plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomAttribute {
    /// What scripts call it.
    pub name: String,
    /// Its type, in the letter case in which the client sent it.
    #[serde(rename = "type")]
    pub kind: String,
    /// The default; that of a password is sealed.
    pub value: Option<AttributeValue>,
    /// What it is for.
    pub description: Option<String>,
    /// The wire's constraints: a text that holds a JSON object.
    pub constraints: Option<String>,
}

impl CustomAttribute {
    /// Whether its values are `true` and `false`.
    pub fn is_boolean(&self) -> bool {
        self.kind.eq_ignore_ascii_case("boolean")
    }

    /// Whether its values are secret.
    pub fn is_password(&self) -> bool {
        self.kind.eq_ignore_ascii_case("password")
    }
}

/// A custom attribute of a deployment plan: the build plan's, with this plan's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettableAttribute {
    /// Names it on the wire.
    pub id: String,
    /// Whether a profile may set it.
    pub editable: bool,
    /// Whether a profile shows it.
    pub visible: bool,
    /// The attribute.
    #[serde(flatten)]
    pub attribute: CustomAttribute,
}

/// A value as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AttributeValue {
    /// As everybody may read it.
    Plain(String),
    /// A secret.
    Sealed(Sealed),
}
