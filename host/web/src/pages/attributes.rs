//! Custom attributes in forms: which input each type has, and what a form says of them.

use crate::fields::Fields;
use serde_json::{Map, Value as Json, json};

/// What stands for a secret in the API's replies; sent back, it leaves the secret as it is.
pub(super) const MASK: &str = "********";

/// The types, as a build plan's form offers them.
pub(super) const TYPES: [&str; 10] = [
    "string", "number", "password", "option", "hostname", "fqdn", "ipv4", "ipv6", "nic", "boolean",
];

/// The members of a nic that a form asks for, with what each is called.
const NIC: [(&str, &str, &str); 7] = [
    ("ipaddress", "Address", "ipv4"),
    ("netmask", "Netmask", "netmask"),
    ("gateway", "Gateway", "ipv4"),
    ("dns1", "Name server", "ipv4"),
    ("dns2", "Second name server", "ipv4"),
    ("domain", "Domain", "string"),
    ("vlanid", "VLAN", "number"),
];

/// The attributes of a plan as inputs, with the value that `value_of` has for a name, or else the
/// plan's own. `NIC1.ipaddress` names a member of a nic.
pub(super) fn inputs(plan: &Json, value_of: impl Fn(&str) -> Option<String>) -> Vec<Json> {
    let attributes = plan["customAttributes"].as_array();
    let attributes = attributes.map(Vec::as_slice).unwrap_or_default();
    attributes
        .iter()
        .map(|attribute| input(attribute, &value_of))
        .collect()
}

fn input(attribute: &Json, value_of: &impl Fn(&str) -> Option<String>) -> Json {
    let text = |member: &str| attribute[member].as_str().unwrap_or_default();
    let (name, kind) = (text("name"), text("type").to_ascii_lowercase());
    let constraints = constraints(attribute);
    let of = |names: [&str; 2]| {
        let found = names.iter().find_map(|name| constraints.get(*name));
        found.map(as_text).unwrap_or_default()
    };
    let value = value_of(name).unwrap_or_else(|| text("value").to_owned());
    let is_secret = kind == "password";
    let required = match constraints.get("required") {
        Some(required) => as_text(required) != "false",
        None => true,
    };
    let mut input = json!({
        "name": name, "id": attribute["id"], "kind": kind, "hint": text("description"),
        "value": if is_secret { "" } else { value.as_str() },
        "is_set": is_secret && !value.is_empty(), "required": required,
        "min": of(["minimum", "minlen"]), "max": of(["maximum", "maxlen"]),
        "unit": of(["unit", "unit"]), "step": of(["increment", "increment"]),
        "options": constraints.get("options").cloned().unwrap_or_else(|| json!([])),
        "many_lines": constraints.get("multiLine").is_some_and(|flag| as_text(flag) == "true"),
        "editable": attribute["editable"].as_bool().unwrap_or(true),
        "visible": attribute["visible"].as_bool().unwrap_or(true),
    });
    if kind == "nic" {
        input["nic"] = nic(name, &constraints, text("value"), value_of);
    }
    input
}

/// The modes that a nic may have, and its members.
fn nic(
    name: &str,
    constraints: &Map<String, Json>,
    default: &str,
    value_of: &impl Fn(&str) -> Option<String>,
) -> Json {
    let default: Json = serde_json::from_str(default).unwrap_or_default();
    let value = |member: &str| {
        let own = value_of(&format!("{name}.{member}"));
        own.unwrap_or_else(|| default.get(member).map(as_text).unwrap_or_default())
    };
    let allowed = |key: &str, otherwise: bool| {
        let flag = constraints.get(key).map(|flag| as_text(flag) == "true");
        flag.unwrap_or(otherwise)
    };
    let mut modes = Vec::new();
    if allowed("ipv4static", true) {
        modes.push(json!({"value": "auto", "label": "An address of the network's pool"}));
        modes.push(json!({"value": "userspecified", "label": "An address of your choice"}));
    }
    if allowed("ipv4dhcp", true) {
        modes.push(json!({"value": "dhcp", "label": "By DHCP"}));
    }
    if allowed("ipv4disable", false) {
        modes.push(json!({"value": "disabled", "label": "No IPv4"}));
    }
    let mode = match () {
        () if value("dhcp") == "true" => "dhcp".to_owned(),
        () if value("ipv4disable") == "true" => "disabled".to_owned(),
        () => value("constraint"),
    };
    let members = NIC.map(|(member, label, check)| {
        json!({"name": member, "label": label, "check": check, "value": value(member)})
    });
    json!({"modes": modes, "mode": mode, "network": value("networkuri"), "members": members})
}

/// What a form gives for the attributes of a plan, as `osCustomAttributes`. A password that is not
/// typed stays as it is, where there is one.
pub(super) fn given(plan: &Json, fields: &Fields) -> Vec<Json> {
    let mut all = Vec::new();
    let mut give = |name: String, value: &str| all.push(json!({"name": name, "value": value}));
    for input in inputs(plan, |_| None) {
        let name = input["name"].as_str().unwrap_or_default();
        if !(input["editable"] == true && input["visible"] == true) {
            continue;
        }
        let field = format!("v:{name}");
        match input["kind"].as_str() {
            Some("nic") => {
                for (member, value) in nic_given(name, fields) {
                    give(format!("{name}.{member}"), &value);
                }
            }
            Some("password") if fields.get(&field).is_empty() => {
                if fields.has(&format!("kept:{name}")) {
                    give(name.to_owned(), MASK);
                }
            }
            _ => {
                if let Some(value) = fields.given(&field) {
                    give(name.to_owned(), &value.replace("\r\n", "\n"));
                }
            }
        }
    }
    all
}

fn nic_given(name: &str, fields: &Fields) -> Vec<(&'static str, String)> {
    let field = |member: &str| fields.get(&format!("v:{name}.{member}")).to_owned();
    let mode = field("constraint");
    let mut given = match mode.as_str() {
        "dhcp" => vec![("dhcp", "true".to_owned())],
        "disabled" => vec![("ipv4disable", "true".to_owned())],
        _ => vec![("constraint", mode.clone())],
    };
    given.push(("networkuri", field("networkuri")));
    if mode == "userspecified" {
        given.extend(NIC.map(|(member, _, _)| (member, field(member))));
    }
    given.retain(|(_, value)| !value.is_empty());
    given
}

/// The constraints of an attribute: the wire has them as a text with JSON.
pub(super) fn constraints(attribute: &Json) -> Map<String, Json> {
    let parsed = match &attribute["constraints"] {
        Json::String(text) => serde_json::from_str(text).unwrap_or_default(),
        other => other.clone(),
    };
    match parsed {
        Json::Object(constraints) => constraints,
        _ => Map::new(),
    }
}

/// A value as text: numbers and flags come as texts or as themselves.
fn as_text(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Json {
        json!({"customAttributes": [
            {"name": "Host", "type": "hostname", "value": "web"},
            {"name": "P", "type": "password", "value": MASK, "constraints": "{\"maxlen\":\"20\"}"},
            {"name": "Hidden", "type": "string", "value": "x", "visible": false},
            {"name": "N", "type": "nic", "value": "", "constraints": "{\"ipv4dhcp\":true}"},
        ]})
    }

    #[test]
    fn the_form_of_an_attribute_never_holds_a_secret() {
        let inputs = inputs(&plan(), |name| (name == "P").then(|| "geheim".to_owned()));
        assert_eq!(inputs[1]["value"], "");
        assert_eq!(inputs[1]["is_set"], true);
        assert_eq!(inputs[1]["max"], "20");
    }

    #[test]
    fn what_is_hidden_is_not_given_and_an_untouched_password_stays() {
        let fields = Fields::parse(
            b"v:Host=web01&v:P=&kept:P=&v:Hidden=evil&v:N.constraint=dhcp&v:N.ipaddress=192.0.2.1",
        );
        let expected = json!([
            {"name": "Host", "value": "web01"}, {"name": "P", "value": MASK},
            {"name": "N.dhcp", "value": "true"},
        ]);
        assert_eq!(Json::from(given(&plan(), &fields)), expected);
    }
}
