//! The attribute type `nic`: the settings of a network port, as one map for scripts.

use super::{Network, Refusal};
use crate::section::Section;
use mintage_engine::Value;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The settings of a network port.
///
/// A script gets a map in which every key of [`NicType::FIELDS`] is present, `()` where it has no
/// value; of address, `prefix`, `netmask`, `cidr` and `network`, those that were not given are
/// worked out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NicType {
    /// The modes that a value may have.
    pub allow: Vec<NicMode>,
    /// Fields that a value must have.
    pub require: Vec<String>,
}

/// How a port gets its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NicMode {
    /// The value gives it.
    Static,
    /// From a DHCP server.
    Dhcp,
    /// It has none.
    Disabled,
}

impl NicMode {
    fn parse(text: &str) -> Option<Self> {
        [Self::Static, Self::Dhcp, Self::Disabled]
            .into_iter()
            .find(|mode| mode.as_str() == text)
    }

    /// `static`, `dhcp`, `disabled`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Static => "static",
            Self::Dhcp => "dhcp",
            Self::Disabled => "disabled",
        }
    }
}

/// The name of a field as this product writes it; the wire format has other names for some.
pub(super) fn field_name(given: &str) -> &str {
    match given {
        "ipaddress" => "address",
        "vlanid" => "vlan",
        "ipv4disable" => "disabled",
        other => other,
    }
}

/// What the wire format also sends for a nic and what no script needs.
const IGNORED: [&str; 3] = ["connectionid", "networkuri", "constraint"];

/// What a value may be given with, besides [`NicType::FIELDS`].
const ALSO_GIVEN: [&str; 4] = ["disabled", "dns1", "dns2", "dns3"];

const NOT_A_TABLE: &str = "be a table with fields like `address`";

impl NicType {
    /// The keys of the map that a script gets.
    pub const FIELDS: [&str; 13] = [
        "mac", "name", "mode", "dhcp", "address", "prefix", "cidr", "netmask", "network",
        "gateway", "dns", "domain", "vlan",
    ];

    pub(super) fn declare(section: &mut Section<'_>) -> Self {
        let mut allow = Vec::new();
        for (text, span) in section.texts("allow").unwrap_or_default() {
            match NicMode::parse(&text) {
                Some(mode) => allow.push(mode),
                None => section.report(span, "`allow` lists `static`, `dhcp`, `disabled`"),
            }
        }
        if allow.is_empty() {
            allow = vec![NicMode::Static, NicMode::Dhcp];
        }
        let mut require = Vec::new();
        for (field, span) in section.texts("require").unwrap_or_default() {
            if !Self::FIELDS.contains(&field.as_str()) {
                section.report(span, format!("a nic has no field `{field}`"));
            }
            require.push(field);
        }
        Self { allow, require }
    }

    pub(super) fn parse(&self, given: &Json) -> Result<Value, Refusal> {
        let Json::Object(given_fields) = given else {
            return Err(Refusal::wrong_type(given, NOT_A_TABLE));
        };
        let fields = Fields::read(given_fields)?;
        let mode = self.mode(&fields)?;
        let network = match mode {
            NicMode::Static => Some(fields.network()?),
            NicMode::Dhcp | NicMode::Disabled => None,
        };
        let value = fields.value(mode, network)?;
        for field in &self.require {
            let empty = Value::List(Vec::new());
            if value
                .get(field)
                .is_none_or(|v| *v == Value::Null || *v == empty)
            {
                return Err(Refusal::constraint(&Json::Null, "be given").in_field(field));
            }
        }
        Ok(Value::Map(value))
    }

    /// Whether a default is right as far as it goes: other layers may add fields to it.
    pub(super) fn check_default(&self, default: &Json) -> Result<(), Refusal> {
        let Json::Object(given_fields) = default else {
            return Err(Refusal::wrong_type(default, NOT_A_TABLE));
        };
        let fields = Fields::read(given_fields)?;
        let is_complete = ["prefix", "netmask"].iter().any(|field| fields.has(field));
        if fields.has("address") && is_complete {
            fields.network()?;
        }
        fields.value(NicMode::Dhcp, None).map(|_| ())
    }

    fn mode(&self, fields: &Fields<'_>) -> Result<NicMode, Refusal> {
        let mode = fields.mode()?;
        if self.allow.contains(&mode) {
            return Ok(mode);
        }
        let allowed: Vec<String> = self
            .allow
            .iter()
            .map(|m| format!("`{}`", m.as_str()))
            .collect();
        let must = format!("be {}", allowed.join(" or "));
        let shown = Json::String(mode.as_str().to_owned());
        Err(Refusal::constraint(&shown, &must).in_field("mode"))
    }
}

/// The fields that were given, by this product's names, those without a value left out.
struct Fields<'a>(BTreeMap<&'a str, &'a Json>);

impl<'a> Fields<'a> {
    fn read(given: &'a Map<String, Json>) -> Result<Self, Refusal> {
        let mut fields = BTreeMap::new();
        for (key, value) in given {
            let name = field_name(key);
            let known = NicType::FIELDS.contains(&name)
                || ALSO_GIVEN.contains(&name)
                || IGNORED.contains(&name);
            if !known {
                let must = match mintage_engine::nearest::nearest(name, NicType::FIELDS) {
                    Some(near) => {
                        format!("not be given: a nic has no such field, did you mean `{near}`?")
                    }
                    None => "not be given: a nic has no such field".to_owned(),
                };
                return Err(Refusal::constraint(value, &must).in_field(key));
            }
            if !value.is_null() && value.as_str() != Some("") {
                fields.insert(name, value);
            }
        }
        Ok(Self(fields))
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A field, converted; `must` goes on after "it must ".
    fn get<T>(
        &self,
        name: &str,
        must: &str,
        convert: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Refusal> {
        let Some(given) = self.0.get(name) else {
            return Ok(None);
        };
        let text = match given {
            Json::Bool(flag) => Some(flag.to_string()),
            other => super::text_of(other),
        };
        match text.and_then(|text| convert(text.trim())) {
            Some(value) => Ok(Some(value)),
            None => Err(Refusal::wrong_type(given, must).in_field(name)),
        }
    }

    fn flag(&self, name: &str) -> Result<bool, Refusal> {
        let flag = self.get(name, "be `true` or `false`", |text| text.parse().ok())?;
        Ok(flag.unwrap_or(false))
    }

    fn mode(&self) -> Result<NicMode, Refusal> {
        let must = "be `static`, `dhcp` or `disabled`";
        let given = self.get("mode", must, NicMode::parse)?;
        let (dhcp, disabled) = (self.flag("dhcp")?, self.flag("disabled")?);
        let static_fields = self.has("address") || self.has("cidr");
        let mode = match (given, dhcp, disabled) {
            (None, false, true) => NicMode::Disabled,
            (None, true, false) => NicMode::Dhcp,
            (None, false, false) => NicMode::Static,
            (Some(mode), dhcp, disabled)
                if (!dhcp || mode == NicMode::Dhcp) && (!disabled || mode == NicMode::Disabled) =>
            {
                mode
            }
            _ => {
                return Err(contradiction(
                    "dhcp",
                    dhcp,
                    "not contradict `mode` or `disabled`",
                ));
            }
        };
        if mode == NicMode::Dhcp && static_fields {
            return Err(contradiction(
                "dhcp",
                true,
                "be `false` where an address is given",
            ));
        }
        Ok(mode)
    }

    /// The address with the network that it is in.
    fn network(&self) -> Result<Network, Refusal> {
        let field = if self.has("address") {
            "address"
        } else {
            "cidr"
        };
        let must = "be an IP address, with or without the length of its prefix";
        let parsed = self.get(field, must, |text| {
            let (address, prefix) = match text.split_once('/') {
                Some((address, prefix)) => (address, Some(prefix.parse::<u8>().ok()?)),
                None => (text, None),
            };
            Some((address.parse::<IpAddr>().ok()?, prefix))
        })?;
        let (address, prefix) = parsed.ok_or_else(|| {
            Refusal::constraint(&Json::Null, "be given, or `dhcp` be `true`").in_field("address")
        })?;
        let prefix = self.prefix(prefix)?;
        Network::new(address, prefix).ok_or_else(|| {
            let must = "not be longer than the address";
            Refusal::constraint(&Json::from(prefix), must).in_field("prefix")
        })
    }

    /// The length of the prefix, from wherever it was given; all of them must agree.
    fn prefix(&self, beside_address: Option<u8>) -> Result<u8, Refusal> {
        let field = self.get("prefix", "be a number from 0 to 128", |text| {
            text.parse().ok()
        })?;
        let mask = self.get("netmask", "be a netmask like `255.255.255.0`", |text| {
            Network::prefix_of(text.parse().ok()?)
        })?;
        let mut given = [beside_address, field, mask].into_iter().flatten();
        let prefix = given.next().ok_or_else(|| {
            let must = "be given, as `address = \"192.0.2.10/24\"`, as `prefix` or as `netmask`";
            Refusal::constraint(&Json::Null, must).in_field("prefix")
        })?;
        match given.find(|other| *other != prefix) {
            None => Ok(prefix),
            Some(other) => {
                let must = format!("not contradict the length {prefix} that is given elsewhere");
                Err(Refusal::constraint(&Json::from(other), &must).in_field("prefix"))
            }
        }
    }

    fn value(
        &self,
        mode: NicMode,
        network: Option<Network>,
    ) -> Result<BTreeMap<String, Value>, Refusal> {
        let text = |value: Option<String>| value.map_or(Value::Null, Value::Text);
        let gateway = self.gateway(network)?;
        let vlan = self.get("vlan", "be a number from 0 to 4094", |text| {
            text.parse().ok().filter(|vlan| (0..=4094).contains(vlan))
        })?;
        let value = [
            (
                "mac",
                text(self.get("mac", "be six bytes like `52:54:00:00:00:01`", mac)?),
            ),
            (
                "name",
                text(self.get("name", "be a name of 1 to 15 characters", port_name)?),
            ),
            ("mode", Value::Text(mode.as_str().to_owned())),
            ("dhcp", Value::Boolean(mode == NicMode::Dhcp)),
            ("address", text(network.map(|n| n.address().to_string()))),
            (
                "prefix",
                network.map_or(Value::Null, |n| Value::Number(n.prefix().into())),
            ),
            ("cidr", text(network.map(|n| n.to_string()))),
            ("netmask", text(network.map(|n| n.netmask().to_string()))),
            (
                "network",
                text(network.map(|n| format!("{}/{}", n.network(), n.prefix()))),
            ),
            ("gateway", text(gateway.map(|g| g.to_string()))),
            ("dns", Value::List(self.dns()?)),
            (
                "domain",
                text(self.get("domain", "be a domain name", domain)?),
            ),
            (
                "vlan",
                vlan.filter(|vlan| *vlan != 0)
                    .map_or(Value::Null, Value::Number),
            ),
        ];
        Ok(value.map(|(key, value)| (key.to_owned(), value)).into())
    }

    /// The gateway; one that the port could not reach is refused.
    fn gateway(&self, network: Option<Network>) -> Result<Option<IpAddr>, Refusal> {
        let gateway: Option<IpAddr> =
            self.get("gateway", "be an IP address", |text| text.parse().ok())?;
        if let (Some(gateway), Some(network)) = (gateway, network) {
            // A port with a network of its own address only reaches its gateway by a route to it.
            let alone = network.prefix() >= if network.address().is_ipv4() { 31 } else { 127 };
            let same_family = network.address().is_ipv4() == gateway.is_ipv4();
            if !alone && same_family && !network.contains(gateway) {
                let shown = Json::String(gateway.to_string());
                let must = format!(
                    "be in the port's network {}/{}",
                    network.network(),
                    network.prefix()
                );
                return Err(Refusal::constraint(&shown, &must).in_field("gateway"));
            }
        }
        Ok(gateway)
    }

    /// The name servers: a list, a text with commas, or `dns1` to `dns3`.
    fn dns(&self) -> Result<Vec<Value>, Refusal> {
        let mut servers = Vec::new();
        for name in ["dns", "dns1", "dns2", "dns3"] {
            let items: Vec<Json> = match self.0.get(name) {
                None => continue,
                Some(Json::Array(items)) => items.clone(),
                Some(Json::String(text)) => text.split([',', ' ']).map(Json::from).collect(),
                Some(other) => vec![(*other).clone()],
            };
            for item in items.iter().filter(|item| item.as_str() != Some("")) {
                let parsed = item.as_str().and_then(|text| text.parse::<IpAddr>().ok());
                let server = parsed.ok_or_else(|| {
                    Refusal::wrong_type(item, "be IP addresses of name servers").in_field(name)
                })?;
                servers.push(Value::Text(server.to_string()));
            }
        }
        Ok(servers)
    }
}

fn contradiction(field: &str, shown: bool, must: &str) -> Refusal {
    Refusal::constraint(&Json::Bool(shown), must).in_field(field)
}

/// Six bytes, in lower case with colons.
fn mac(text: &str) -> Option<String> {
    let bytes: Vec<&str> = text.split([':', '-']).collect();
    let is_byte = |b: &&str| b.len() == 2 && b.chars().all(|c| c.is_ascii_hexdigit());
    (bytes.len() == 6 && bytes.iter().all(is_byte)).then(|| bytes.join(":").to_lowercase())
}

/// A name that the kernel takes for a network port.
fn port_name(text: &str) -> Option<String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let good = (1..=15).contains(&text.len()) && text.chars().all(allowed);
    (good && text != "." && text != "..").then(|| text.to_owned())
}

fn domain(text: &str) -> Option<String> {
    let good = text.len() <= 253
        && text
            .split('.')
            .all(|l| super::hostname::label_broken(l).is_none());
    good.then(|| text.to_owned())
}
