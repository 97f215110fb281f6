//! Custom attributes: what a build plan asks for, typed and constrained.

mod boolean;
mod constraints;
mod declaration;
mod fqdn;
mod glob;
mod hostname;
mod ipv4;
mod ipv6;
mod layer;
mod network;
mod nic;
mod number;
mod option;
mod password;
mod resolve;
mod string;
mod values;
pub(crate) mod wire;

pub use boolean::BooleanType;
pub use declaration::{Declaration, given};
pub use fqdn::FqdnType;
pub use hostname::HostnameType;
pub use ipv4::Ipv4Type;
pub use ipv6::Ipv6Type;
pub use layer::{ValueLayer, ValueSource};
pub use network::Network;
pub use nic::{NicMode, NicType};
pub use number::NumberType;
pub use option::OptionType;
pub use password::PasswordType;
pub use resolve::resolve;
pub use string::StringType;
pub use values::AttributeValues;

pub(crate) use layer::parse_json;
pub(crate) use values::{from_json, shown};

use crate::section::{Section, to_json};
use mintage_engine::{Code, Value};
use mintage_volume::escape::escape;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// One custom attribute as a build plan declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// Its type with the type's constraints.
    #[serde(flatten)]
    pub kind: AttributeType,
    /// What it is for, for the person who gives the value.
    pub help: String,
    /// The value that is taken when none is given.
    pub default: Option<Json>,
    /// Whether a run needs a value; where the plan does not say, one is needed unless there is a
    /// default here or in every script that asks.
    pub required: Option<bool>,
    /// Whether the value is a list of such values.
    pub list: bool,
}

/// The types of custom attributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum AttributeType {
    /// A text.
    String(StringType),
    /// A whole number.
    Number(NumberType),
    /// A secret text.
    Password(PasswordType),
    /// One of a list of texts.
    Option(OptionType),
    /// A host name without a domain.
    Hostname(HostnameType),
    /// A host name with its domain.
    Fqdn(FqdnType),
    /// An IPv4 address.
    Ipv4(Ipv4Type),
    /// An IPv6 address.
    Ipv6(Ipv6Type),
    /// The settings of a network port.
    Nic(NicType),
    /// True or false.
    Boolean(BooleanType),
}

/// The names of the types, as build plans write them.
const TYPES: [&str; 10] = [
    "string", "number", "password", "option", "hostname", "fqdn", "ipv4", "ipv6", "nic", "boolean",
];

/// What an error may show of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Shown {
    Value(String),
    Missing,
    Hidden,
}

/// Why a value is not one of an attribute's type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// P4003 or P4004.
    pub(crate) code: Code,
    /// The field of a nic that it is about.
    pub(crate) field: Option<String>,
    /// The value as it was given; never a secret's.
    shown: Shown,
    /// What it must be: `it must be a whole number`.
    pub(crate) why: String,
}

impl Refusal {
    /// The value has the wrong type; `must` goes on after "it must ".
    pub(crate) fn wrong_type(given: &Json, must: &str) -> Self {
        Self::new(Code::P4003, Some(given), must)
    }

    /// The value breaks a constraint.
    pub(crate) fn constraint(given: &Json, must: &str) -> Self {
        Self::new(Code::P4004, Some(given), must)
    }

    /// The value is refused and not shown: it is a secret, or too long.
    pub(crate) fn secret(code: Code, must: &str) -> Self {
        Self::new(code, None, must)
    }

    fn new(code: Code, given: Option<&Json>, must: &str) -> Self {
        Self {
            code,
            field: None,
            shown: match given {
                Some(Json::Null) => Shown::Missing,
                Some(given) => Shown::Value(shorten(given)),
                None => Shown::Hidden,
            },
            why: format!("it must {must}"),
        }
    }

    /// Says that it is about one field of a nic.
    pub(crate) fn in_field(mut self, field: &str) -> Self {
        self.field.get_or_insert_with(|| field.to_owned());
        self
    }

    /// The sentence for the attribute `name`.
    pub(crate) fn message(&self, name: &str) -> String {
        match &self.field {
            Some(field) => self.sentence(&format!("attribute `{name}.{field}`")),
            None => self.sentence(&format!("attribute `{name}`")),
        }
    }

    /// The sentence for the default of an attribute, which its place tells.
    fn message_for_default(&self) -> String {
        match &self.field {
            Some(field) => self.sentence(&format!("the default of `{field}`")),
            None => self.sentence("the default"),
        }
    }

    fn sentence(&self, subject: &str) -> String {
        let why = &self.why;
        match &self.shown {
            Shown::Value(shown) => format!("{subject} cannot be `{shown}`: {why}"),
            Shown::Missing => format!("{subject} has no value: {why}"),
            Shown::Hidden => format!("{subject} has a value that is refused: {why}"),
        }
    }
}

/// A value for an error: escaped, and not too long.
fn shorten(given: &Json) -> String {
    let text = match given {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    match text.char_indices().nth(60) {
        Some((cut, _)) => format!("{}…", escape(&text.as_bytes()[..cut])),
        None => escape(text.as_bytes()),
    }
}

impl Attribute {
    /// Reads `[attribute.NAME]`; what is wrong with it is reported to the section's source.
    pub(crate) fn declare(mut section: Section<'_>) -> Option<Self> {
        let kind = AttributeType::declare(&mut section)?;
        let help = section.text("help").unwrap_or_default();
        let required = section.boolean("required");
        let list = section.boolean("list").unwrap_or(false);
        let default = section.take("default");
        let attribute = Self {
            kind,
            help,
            default: default.as_ref().map(|entry| to_json(entry.value.get_ref())),
            required,
            list,
        };
        if let (Some(entry), Some(why)) = (default, attribute.refuse_default()) {
            // A line with a password in it must not be shown.
            let span = if attribute.is_secret() {
                section.span()
            } else {
                entry.value.span()
            };
            section.report(span, why);
        }
        if list && matches!(attribute.kind, AttributeType::Nic(_)) {
            section.report(section.span(), "a `nic` attribute cannot be a list");
        }
        section.finish();
        Some(attribute)
    }

    fn refuse_default(&self) -> Option<String> {
        let default = self.default.as_ref()?;
        if self.is_secret() {
            return Some(
                "a `password` attribute cannot have a default: give its value with each run"
                    .to_owned(),
            );
        }
        let checked = match &self.kind {
            AttributeType::Nic(kind) => kind.check_default(default),
            _ => self.parse(default).map(|_| ()),
        };
        Some(checked.err()?.message_for_default())
    }

    /// Whether its value must never be shown.
    pub fn is_secret(&self) -> bool {
        matches!(self.kind, AttributeType::Password(_))
    }

    /// The value that `given` means.
    pub(crate) fn parse(&self, given: &Json) -> Result<Value, Refusal> {
        if size(given) > MAX_VALUE {
            return Err(Refusal::secret(Code::P4004, "be shorter than 64 KiB"));
        }
        if !self.list {
            return self.kind.parse(given);
        }
        let items = list_items(given);
        let values = items.iter().map(|item| self.kind.parse(item));
        Ok(Value::List(values.collect::<Result<_, _>>()?))
    }
}

/// The longest value, in bytes of text.
const MAX_VALUE: usize = 64 * 1024;

/// About how many bytes of text a value has.
fn size(given: &Json) -> usize {
    match given {
        Json::String(text) => text.len(),
        Json::Array(items) => items.iter().map(|item| 1 + size(item)).sum(),
        Json::Object(map) => map.iter().map(|(key, value)| key.len() + size(value)).sum(),
        Json::Null | Json::Bool(_) | Json::Number(_) => 1,
    }
}

/// The items of a list that was given as one, as JSON text, or as its only item.
fn list_items(given: &Json) -> Vec<Json> {
    match given {
        Json::Array(items) => items.clone(),
        Json::String(text) if text.starts_with('[') => {
            serde_json::from_str(text).unwrap_or_else(|_| vec![given.clone()])
        }
        single => vec![single.clone()],
    }
}

impl AttributeType {
    fn declare(section: &mut Section<'_>) -> Option<Self> {
        let Some(entry) = section.take("type") else {
            section.report_missing("type");
            return None;
        };
        let name = to_json(entry.value.get_ref());
        Some(match name.as_str().unwrap_or_default() {
            "string" => Self::String(StringType::declare(section)),
            "number" => Self::Number(NumberType::declare(section)),
            "password" => Self::Password(PasswordType::declare(section)),
            "option" => Self::Option(OptionType::declare(section)),
            "hostname" => Self::Hostname(HostnameType {}),
            "fqdn" => Self::Fqdn(FqdnType::declare(section)),
            "ipv4" => Self::Ipv4(Ipv4Type::declare(section)),
            "ipv6" => Self::Ipv6(Ipv6Type::declare(section)),
            "nic" => Self::Nic(NicType::declare(section)),
            "boolean" => Self::Boolean(BooleanType {}),
            other => {
                let message = format!("there is no attribute type `{}`", escape(other.as_bytes()));
                let mut unknown = crate::problem::problem(Code::P5002, message);
                unknown.help = mintage_engine::nearest::suggest(other, TYPES);
                section.report_diagnostic(entry.value.span(), unknown);
                return None;
            }
        })
    }

    fn parse(&self, given: &Json) -> Result<Value, Refusal> {
        match self {
            Self::String(kind) => kind.parse(given),
            Self::Number(kind) => kind.parse(given),
            Self::Password(kind) => kind.parse(given),
            Self::Option(kind) => kind.parse(given),
            Self::Hostname(kind) => kind.parse(given),
            Self::Fqdn(kind) => kind.parse(given),
            Self::Ipv4(kind) => kind.parse(given),
            Self::Ipv6(kind) => kind.parse(given),
            Self::Nic(kind) => kind.parse(given),
            Self::Boolean(kind) => kind.parse(given),
        }
    }
}

/// The text that was given; a number is taken as its digits.
fn text_of(given: &Json) -> Option<String> {
    match given {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
