//! The attribute type `hostname`.

use super::Refusal;
use mintage_engine::Value;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A host name without a domain: one label of RFC 1123.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostnameType {}

impl HostnameType {
    pub(super) fn parse(&self, given: &Json) -> Result<Value, Refusal> {
        let text = given
            .as_str()
            .ok_or_else(|| Refusal::wrong_type(given, "be a host name"))?;
        let must = if text.contains('.') {
            Some("be a host name without a domain")
        } else {
            label_broken(text)
        };
        match must {
            Some(must) => Err(Refusal::wrong_type(given, must)),
            None => Ok(Value::Text(text.to_owned())),
        }
    }
}

/// Why `label` is no label of a host name.
pub(super) fn label_broken(label: &str) -> Option<&'static str> {
    if label.is_empty() || label.len() > 63 {
        return Some("have 1 to 63 characters between dots");
    }
    if !label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') {
        return Some("have only letters of ASCII, digits and `-`");
    }
    if label.starts_with('-') || label.ends_with('-') {
        return Some("not start or end with `-`");
    }
    None
}
