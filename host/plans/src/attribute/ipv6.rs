//! The attribute type `ipv6`.

use super::{Network, Refusal};
use crate::section::Section;
use mintage_engine::Value;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::net::{IpAddr, Ipv6Addr};

/// An IPv6 address, without the length of a prefix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ipv6Type {
    /// The network that it must be in.
    pub network: Option<Network>,
}

impl Ipv6Type {
    pub(super) fn declare(section: &mut Section<'_>) -> Self {
        Self {
            network: section.network("network", IpAddr::is_ipv6),
        }
    }

    pub(super) fn parse(&self, given: &Json) -> Result<Value, Refusal> {
        let parsed = given
            .as_str()
            .and_then(|text| text.parse::<Ipv6Addr>().ok());
        let address = parsed.ok_or_else(|| Refusal::wrong_type(given, "be an IPv6 address"))?;
        match &self.network {
            Some(network) if !network.contains(address.into()) => Err(Refusal::constraint(
                given,
                &format!("be in the network {network}"),
            )),
            _ => Ok(Value::Text(address.to_string())),
        }
    }
}
