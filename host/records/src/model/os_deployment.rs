//! `OsDeployment`: which deployment plan a server profile or a template of one uses, with which values.

use super::attribute::AttributeValue;
use crate::id::Id;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The deployment settings of a server profile or of a template.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OsDeployment {
    /// The deployment plan.
    pub deployment_plan: Id,
    /// The values that were given, in their order; a field of a nic is `NIC1.ipaddress`.
    pub attributes: Vec<GivenAttribute>,
    /// What the service added by itself: addresses of pools, MAC addresses. Empty in a template.
    #[serde(default)]
    pub filled: BTreeMap<String, String>,
}

/// A value of an attribute that somebody gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GivenAttribute {
    /// The attribute, or the attribute and the field.
    pub name: String,
    /// The value; that of a password is sealed.
    pub value: Option<AttributeValue>,
}

impl OsDeployment {
    /// What was given in plain text, by name.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        let given = self.attributes.iter();
        given.filter_map(|given| match &given.value {
            Some(AttributeValue::Plain(text)) => Some((given.name.as_str(), text.as_str())),
            _ => None,
        })
    }

    /// The value that was given to an attribute or field.
    pub fn given(&self, name: &str) -> Option<&AttributeValue> {
        let found = self.attributes.iter().find(|given| given.name == name);
        found.and_then(|given| given.value.as_ref())
    }
}
