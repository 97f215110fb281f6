//! Custom attributes of build plans and deployment plans on the wire: read, checked, sealed, masked.

use super::artifact::{Flag, Text};
use crate::error::ApiError;
use mintage_engine::Diagnostic;
use mintage_plans::attribute::Declaration;
use mintage_records::Sealer;
use mintage_records::model::{AttributeValue, CustomAttribute, SettableAttribute};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

pub(super) use mintage_deploy::server_profiles::given::MASK;

/// The most attributes of a plan.
const MAX: usize = 1024;

/// A custom attribute of a build plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CustomAttribute)]
pub(super) struct Wire {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    /// The default; that of a password is masked.
    value: Option<String>,
    description: Option<String>,
    /// A text with a JSON object.
    constraints: Option<String>,
}

impl From<CustomAttribute> for Wire {
    fn from(attribute: CustomAttribute) -> Self {
        Self {
            value: attribute.value.map(|value| match value {
                AttributeValue::Plain(text) => text,
                AttributeValue::Sealed(_) => MASK.to_owned(),
            }),
            name: attribute.name,
            kind: attribute.kind,
            description: attribute.description,
            constraints: attribute.constraints,
        }
    }
}

/// A custom attribute of a deployment plan.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SettableAttribute)]
pub(super) struct SettableWire {
    pub(super) id: String,
    #[serde(flatten)]
    pub(super) attribute: Wire,
    /// Whether a profile may set it.
    pub(super) editable: bool,
    /// Whether a profile shows it.
    pub(super) visible: bool,
}

impl From<SettableAttribute> for SettableWire {
    fn from(settable: SettableAttribute) -> Self {
        Self {
            id: settable.id,
            attribute: settable.attribute.into(),
            editable: settable.editable,
            visible: settable.visible,
        }
    }
}

impl Wire {
    /// The name, type, value, description and constraints, those that are null as empty texts.
    pub(super) fn into_texts(self) -> [String; 5] {
        let [value, description, constraints] =
            [self.value, self.description, self.constraints].map(Option::unwrap_or_default);
        [self.name, self.kind, value, description, constraints]
    }
}

/// A custom attribute that is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(expecting = "an object")]
#[schema(as = CustomAttributeInput)]
pub(super) struct Input {
    /// Of deployment plans only; made when it is missing.
    id: Option<String>,
    name: String,
    /// `string`, `number`, `password`, `option`, `hostname`, `fqdn`, `ipv4`, `ipv6`, `nic` or
    /// `boolean`, in any letter case.
    #[serde(rename = "type")]
    kind: String,
    #[schema(value_type = Option<String>)]
    value: Option<Text>,
    description: Option<String>,
    /// A text with a JSON object, or the object.
    #[schema(value_type = Option<String>)]
    constraints: Option<serde_json::Value>,
    /// Of deployment plans only.
    #[schema(value_type = Option<bool>)]
    editable: Option<Flag>,
    /// Of deployment plans only.
    #[schema(value_type = Option<bool>)]
    visible: Option<Flag>,
}

/// The attributes of a build plan. `old` are those that it had.
///
/// # Errors
/// 400 with everything that is wrong.
pub(super) fn read(
    inputs: Vec<Input>,
    old: &[CustomAttribute],
    sealer: &Sealer,
) -> Result<Vec<CustomAttribute>, ApiError> {
    let old = |name: &str| old.iter().find(|old| old.name == name);
    read_each(inputs, |input| one(input, old(&input.name), sealer))
}

/// The attributes of a deployment plan. `old` are those that it had.
///
/// # Errors
/// 400 with everything that is wrong.
pub(super) fn read_settable(
    inputs: Vec<Input>,
    old: &[SettableAttribute],
    sealer: &Sealer,
) -> Result<Vec<SettableAttribute>, ApiError> {
    read_each(inputs, |input| {
        let old = old.iter().find(|old| old.attribute.name == input.name);
        let attribute = one(input, old.map(|old| &old.attribute), sealer)?;
        let flag = |given: Option<Flag>, old: Option<bool>| {
            given.map(|flag| flag.0).or(old).unwrap_or(true)
        };
        let id = input.id.clone().filter(|id| !id.is_empty());
        let id = id.or_else(|| old.map(|old| old.id.clone()));
        Ok(SettableAttribute {
            id: id.unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
            editable: flag(input.editable, old.map(|old| old.editable)),
            visible: flag(input.visible, old.map(|old| old.visible)),
            attribute,
        })
    })
}

/// A build plan's attributes as a deployment plan has them that says nothing of them: without the
/// secrets, which stay where they are.
pub(super) fn settable(declared: &[CustomAttribute]) -> Vec<SettableAttribute> {
    let declared = declared.iter().map(|attribute| SettableAttribute {
        id: uuid::Uuid::new_v4().to_string(),
        editable: true,
        visible: true,
        attribute: CustomAttribute {
            value: attribute
                .value
                .clone()
                .filter(|value| matches!(value, AttributeValue::Plain(_))),
            ..attribute.clone()
        },
    });
    declared.collect()
}

/// Reads all, with everything that is wrong with any.
fn read_each<T>(
    inputs: Vec<Input>,
    read: impl Fn(&Input) -> Result<T, Vec<ApiError>>,
) -> Result<Vec<T>, ApiError> {
    const CODE: &str = "INVALID_ATTRIBUTE";
    const WHAT: &str = "errors in the custom attributes";
    if inputs.len() > MAX {
        let message = format!("there are more than {MAX} custom attributes");
        return Err(ApiError::bad_request(CODE, message).source("customAttributes"));
    }
    let mut names = BTreeSet::new();
    let (mut attributes, mut wrong) = (Vec::new(), Vec::new());
    for (place, input) in inputs.iter().enumerate() {
        let source = format!("customAttributes[{place}]");
        if !names.insert(&input.name) {
            let shown: String = input.name.escape_debug().take(80).collect();
            let message = format!("there are two attributes with the name `{shown}`");
            wrong.push(ApiError::bad_request(CODE, message).source(&source));
        }
        match read(input) {
            Ok(attribute) => attributes.push(attribute),
            Err(errors) => wrong.extend(errors.into_iter().map(|error| error.source(&source))),
        }
    }
    match wrong.is_empty() {
        true => Ok(attributes),
        false => Err(ApiError::all(CODE, WHAT, wrong).source("customAttributes")),
    }
}

fn one(
    input: &Input,
    old: Option<&CustomAttribute>,
    sealer: &Sealer,
) -> Result<CustomAttribute, Vec<ApiError>> {
    let constraints = match &input.constraints {
        None | Some(serde_json::Value::Null) => None,
        Some(serde_json::Value::String(text)) => Some(text.clone()),
        Some(object @ serde_json::Value::Object(_)) => Some(object.to_string()),
        Some(_) => {
            let message = format!(
                "attribute `{}`: its constraints are not a JSON object",
                input.name.escape_debug()
            );
            return Err(vec![ApiError::bad_request("INVALID_ATTRIBUTE", message)]);
        }
    };
    let mut attribute = CustomAttribute {
        name: input.name.clone(),
        kind: input.kind.clone(),
        value: None,
        description: input.description.clone(),
        constraints,
    };
    let given = input.value.as_ref().map(|text| text.0.as_str());
    let is_masked = attribute.is_password() && given == Some(MASK);
    let declaration = Declaration {
        name: &attribute.name,
        kind: &attribute.kind,
        description: attribute.description.as_deref().unwrap_or_default(),
        value: given.filter(|_| !is_masked).unwrap_or_default(),
        constraints: attribute.constraints.as_deref().unwrap_or_default(),
    };
    declaration
        .read()
        .map_err(|problems| problems.iter().map(refusal).collect::<Vec<_>>())?;
    let old = old.and_then(|old| old.value.as_ref());
    attribute.value = match given {
        None => None,
        Some(_) if is_masked => old.filter(|old| is_sealed(old)).cloned(),
        Some(secret) if attribute.is_password() && !secret.is_empty() => {
            Some(sealed(secret, old, sealer).map_err(|error| vec![error])?)
        }
        Some(text) => Some(AttributeValue::Plain(text.to_owned())),
    };
    Ok(attribute)
}

fn is_sealed(value: &AttributeValue) -> bool {
    matches!(value, AttributeValue::Sealed(_))
}

/// A secret as it is stored: the old one where it is the same, so that it is no change.
fn sealed(
    secret: &str,
    old: Option<&AttributeValue>,
    sealer: &Sealer,
) -> Result<AttributeValue, ApiError> {
    if let Some(AttributeValue::Sealed(old)) = old
        && sealer.open(old).is_ok_and(|old| old.as_str() == secret)
    {
        return Ok(AttributeValue::Sealed(old.clone()));
    }
    Ok(AttributeValue::Sealed(sealer.seal(secret)?))
}

/// What is wrong with an attribute; diagnostics of declarations hold no secret.
fn refusal(problem: &Diagnostic) -> ApiError {
    let refusal = ApiError::bad_request("INVALID_ATTRIBUTE", problem.message.clone())
        .details(format!("{:?}", problem.code));
    match &problem.help {
        Some(help) => refusal.action(help.clone()),
        None => refusal,
    }
}
