//! The attribute type `boolean`.

use super::Refusal;
use mintage_engine::Value;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// True or false; the texts `true` and `false` are taken too, as the wire format writes them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BooleanType {}

impl BooleanType {
    pub(super) fn parse(&self, given: &Json) -> Result<Value, Refusal> {
        match given {
            Json::Bool(value) => Ok(Value::Boolean(*value)),
            Json::String(text) if text == "true" => Ok(Value::Boolean(true)),
            Json::String(text) if text == "false" => Ok(Value::Boolean(false)),
            other => Err(Refusal::wrong_type(other, "be `true` or `false`")),
        }
    }
}
