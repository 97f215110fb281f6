//! `Declaration`: a custom attribute as an artifact declares it: all texts, its constraints as JSON.
//!
//! The keys of the constraints are those that Image Streamer's own artifacts have; what Mintage
//! knows besides has keys of its own. A key that is not known is kept by whoever keeps the text, and
//! constrains nothing.

use super::constraints::Constraints;
use super::{
    Attribute, AttributeType, BooleanType, FqdnType, HostnameType, Ipv4Type, Ipv6Type, NicMode,
    NicType, NumberType, OptionType, PasswordType, StringType, TYPES,
};
use crate::problem::{problem, problem_with_help};
use mintage_engine::nearest::suggest;
use mintage_engine::{Code, Diagnostic};
use mintage_volume::escape::escape;
use serde_json::{Map, Value as Json, json};
use std::net::IpAddr;

/// A custom attribute as an artifact declares it.
#[derive(Clone, Copy)]
pub struct Declaration<'a> {
    /// Its name.
    pub name: &'a str,
    /// The name of its type, in any case.
    pub kind: &'a str,
    /// What it is for.
    pub description: &'a str,
    /// Its value; empty where it has none.
    pub value: &'a str,
    /// A JSON object as text; empty where it has none.
    pub constraints: &'a str,
}

/// The longest text that an artifact's `string` attribute may have, in characters.
const MAX_TEXT: usize = 254;

impl Declaration<'_> {
    /// The attribute. Its value becomes the default, unless it is a secret: [`Self::given`] has it.
    ///
    /// # Errors
    /// P5002 for a name, a type or a constraint that cannot be; P4003 and P4004 for a value that
    /// the attribute refuses: all of them at once. No secret is in them.
    pub fn read(&self) -> Result<Attribute, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        if !crate::library::is_attribute_name(self.name) {
            problems.push(problem(
                Code::P5002,
                format!(
                    "an attribute cannot be called `{}`: a name has up to 64 letters, digits, `_` \
                     and `-`, a letter first",
                    escape(self.name.as_bytes())
                ),
            ));
        }
        let mut constraints = Constraints::read(self.constraints);
        let kind = self.kind(&mut constraints);
        let help = match self.description {
            "" => constraints.text("helpText").unwrap_or_default(),
            description => description.to_owned(),
        };
        let mut attribute = kind.map(|kind| Attribute {
            kind,
            help,
            default: None,
            required: constraints.flag("required"),
            list: constraints.flag("list").unwrap_or(false),
        });
        let why = constraints.finish().into_iter();
        problems.extend(why.map(|why| self.problem(&why)));
        match &mut attribute {
            Ok(attribute) => {
                let given = self.given(attribute);
                let checked = given
                    .as_ref()
                    .map(|given| attribute.check(self.name, given));
                problems.extend(checked.and_then(Result::err).map(|refused| *refused));
                attribute.default = given.filter(|_| !attribute.is_secret());
            }
            Err(unknown) => problems.push((**unknown).clone()),
        }
        match attribute {
            Ok(attribute) if problems.is_empty() => Ok(attribute),
            _ => Err(problems),
        }
    }

    /// The value as it counts for `attribute`; none when the text is empty.
    pub fn given(&self, attribute: &Attribute) -> Option<Json> {
        given(attribute, self.value)
    }

    fn kind(&self, constraints: &mut Constraints) -> Result<AttributeType, Box<Diagnostic>> {
        Ok(match self.kind.to_ascii_lowercase().as_str() {
            "string" => AttributeType::String(StringType {
                min_length: constraints.count("minlen"),
                max_length: Some(constraints.count("maxlen").unwrap_or(MAX_TEXT)),
                pattern: constraints.text("pattern"),
                regex: constraints.regex("regex"),
                multi_line: constraints.flag("multiLine").unwrap_or(false),
            }),
            "number" => AttributeType::Number(NumberType {
                min: constraints.at_least("minimum"),
                max: constraints.at_most("maximum"),
                multiple_of: constraints.step("multipleOf"),
                step: constraints.step("increment"),
                unit: constraints.text("unit"),
            }),
            "password" => AttributeType::Password(PasswordType {
                min_length: constraints.count("minlen"),
                max_length: constraints.count("maxlen"),
                allowed_characters: constraints.text("allowedchars"),
            }),
            "option" => AttributeType::Option(OptionType {
                options: constraints.options("options"),
            }),
            "hostname" => AttributeType::Hostname(HostnameType {}),
            "fqdn" => AttributeType::Fqdn(FqdnType {
                pattern: constraints.text("pattern"),
            }),
            "ipv4" => AttributeType::Ipv4(Ipv4Type {
                network: constraints.network("network", IpAddr::is_ipv4),
            }),
            "ipv6" => AttributeType::Ipv6(Ipv6Type {
                network: constraints.network("network", IpAddr::is_ipv6),
            }),
            "nic" => AttributeType::Nic(nic(constraints)),
            "boolean" => AttributeType::Boolean(BooleanType {}),
            other => {
                let mut unknown = self.problem(&format!(
                    "there is no attribute type `{}`",
                    escape(self.kind.as_bytes())
                ));
                unknown.help = suggest(other, TYPES);
                return Err(Box::new(unknown));
            }
        })
    }

    fn problem(&self, why: &str) -> Diagnostic {
        let name = escape(self.name.as_bytes());
        problem(Code::P5002, format!("attribute `{name}`: {why}"))
    }
}

impl std::fmt::Debug for Declaration<'_> {
    /// Without the value, which may be a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Declaration")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("constraints", &self.constraints)
            .finish_non_exhaustive()
    }
}

/// A value that was given as a text, as it counts for `attribute`; none when the text is empty. The
/// text of a nic is a JSON object.
pub fn given(attribute: &Attribute, text: &str) -> Option<Json> {
    let fields = || serde_json::from_str::<Map<String, Json>>(text).ok();
    match (&attribute.kind, text) {
        (_, "") => None,
        (AttributeType::Nic(_), _) => Some(fields().map_or_else(|| Json::from(text), Json::Object)),
        _ => Some(Json::from(text)),
    }
}

/// The modes that artifacts allow for a port; each that is not mentioned is allowed, except none at
/// all, which has to be.
fn nic(constraints: &mut Constraints) -> NicType {
    let modes = [
        ("ipv4static", NicMode::Static, true),
        ("ipv4dhcp", NicMode::Dhcp, true),
        ("ipv4disable", NicMode::Disabled, false),
    ];
    let allow: Vec<NicMode> = modes
        .into_iter()
        .filter_map(|(key, mode, otherwise)| {
            constraints.flag(key).unwrap_or(otherwise).then_some(mode)
        })
        .collect();
    if allow.is_empty() {
        constraints.report("at least one of `ipv4static`, `ipv4dhcp`, `ipv4disable` must be true");
    }
    NicType {
        allow,
        require: constraints.texts("require"),
    }
}

impl Attribute {
    /// Whether `given` is a value of the attribute, which is called `name`.
    ///
    /// # Errors
    /// P4003, P4004. No secret is in them.
    pub fn check(&self, name: &str, given: &Json) -> Result<(), Box<Diagnostic>> {
        // The fields of a nic may come from more than one place.
        let checked = match &self.kind {
            AttributeType::Nic(kind) => kind.check_default(given),
            _ => self.parse(given).map(|_| ()),
        };
        checked.map_err(|refusal| {
            let message = refusal.message(name);
            Box::new(match self.help.as_str() {
                "" => problem(refusal.code, message),
                help => {
                    problem_with_help(refusal.code, message, format!("the attribute is: {help}"))
                }
            })
        })
    }

    /// The constraints as an artifact has them, a JSON object: what [`Declaration::read`] reads.
    pub fn constraints(&self) -> Json {
        let mut all = match &self.kind {
            AttributeType::String(kind) => json!({
                "regex": kind.regex.as_deref().unwrap_or_default(), "helpText": "",
                "minlen": text(&kind.min_length),
                "maxlen": text(&kind.max_length),
                "pattern": kind.pattern,
                "multiLine": kind.multi_line.then_some(true),
            }),
            AttributeType::Number(kind) => json!({
                "minimum": text(&kind.min), "maximum": text(&kind.max),
                "increment": text(&kind.step), "multipleOf": text(&kind.multiple_of),
                "unit": kind.unit,
            }),
            AttributeType::Password(kind) => json!({
                "minlen": text(&kind.min_length), "maxlen": text(&kind.max_length),
                "allowedchars": kind.allowed_characters,
            }),
            AttributeType::Option(kind) => json!({ "options": kind.options }),
            AttributeType::Hostname(_) | AttributeType::Boolean(_) => json!({}),
            AttributeType::Fqdn(kind) => json!({ "helpText": "", "pattern": kind.pattern }),
            AttributeType::Ipv4(kind) => json!({ "helpText": "", "network": kind.network }),
            AttributeType::Ipv6(kind) => json!({ "network": kind.network }),
            AttributeType::Nic(kind) => json!({
                "ipv4static": kind.allow.contains(&NicMode::Static),
                "ipv4dhcp": kind.allow.contains(&NicMode::Dhcp),
                "ipv4disable": kind.allow.contains(&NicMode::Disabled),
                "parameters": ["dns1", "dns2", "domain", "gateway", "ipaddress", "mac", "netmask", "vlanid"],
                "require": (!kind.require.is_empty()).then_some(&kind.require),
            }),
        };
        if let Json::Object(map) = &mut all {
            map.insert("required".to_owned(), json!(self.required));
            map.insert("list".to_owned(), json!(self.list.then_some(true)));
            map.retain(|_, value| !value.is_null());
        }
        all
    }
}

impl AttributeType {
    /// The name of the type: `string`, `nic`, …
    pub fn name(&self) -> &'static str {
        match self {
            Self::String(_) => "string",
            Self::Number(_) => "number",
            Self::Password(_) => "password",
            Self::Option(_) => "option",
            Self::Hostname(_) => "hostname",
            Self::Fqdn(_) => "fqdn",
            Self::Ipv4(_) => "ipv4",
            Self::Ipv6(_) => "ipv6",
            Self::Nic(_) => "nic",
            Self::Boolean(_) => "boolean",
        }
    }
}

/// A number as artifacts write it.
fn text(number: &Option<impl ToString>) -> Option<String> {
    number.as_ref().map(ToString::to_string)
}

#[cfg(test)]
mod tests;
