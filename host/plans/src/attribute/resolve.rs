//! From the values that were given to those that a run takes.

use super::values::AttributeValues;
use super::{Attribute, AttributeType, ValueLayer, ValueSource, nic};
use crate::library::PlanLibrary;
use crate::problem::{problem, problem_with_help};
use mintage_engine::nearest::suggest;
use mintage_engine::{Code, Diagnostic};
use mintage_volume::escape::escape;
use serde_json::{Map, Value as Json};

/// The most values of one layer that are told to belong to no attribute.
const MAX_UNKNOWN: usize = 20;

/// The values of a build plan's attributes: for each, that of the strongest layer, else the build
/// plan's default; the fields of a nic are taken one by one.
///
/// # Errors
/// P4001 for a value that is missing, P4002 for one that no attribute takes, P4003 and P4004 for
/// one that an attribute refuses: all of them at once. No secret is in them.
pub fn resolve(
    library: &PlanLibrary,
    layers: &[ValueLayer],
) -> Result<AttributeValues, Vec<Diagnostic>> {
    let mut layers: Vec<&ValueLayer> = layers.iter().collect();
    layers.sort_by_key(|layer| layer.source());
    let mut problems: Vec<Diagnostic> = layers
        .iter()
        .flat_map(|layer| unknown_names(library, layer))
        .collect();
    let mut values = AttributeValues::default();
    for (name, attribute) in &library.plan().attributes {
        match find(name, attribute, &layers) {
            None if library.requires(name) => problems.push(missing(name, attribute)),
            None => {}
            Some((given, source)) => match attribute.parse(&given) {
                Ok(value) => {
                    values.0.insert(name.clone(), value);
                }
                Err(refusal) => {
                    let mut refused = problem(refusal.code, refusal.message(name));
                    refused.notes = source_note(source);
                    refused.help = help(attribute);
                    problems.push(refused);
                }
            },
        }
    }
    if problems.is_empty() {
        Ok(values)
    } else {
        Err(problems)
    }
}

/// The value that counts, and the strongest source that it comes from.
fn find(
    name: &str,
    attribute: &Attribute,
    layers: &[&ValueLayer],
) -> Option<(Json, Option<ValueSource>)> {
    let default = attribute.default.as_ref().map(|value| (value, None));
    let given = layers.iter().filter_map(|layer| {
        let value = layer.values().get(name)?;
        (!value.is_null()).then_some((value, Some(layer.source())))
    });
    let found = default.into_iter().chain(given);
    if !matches!(attribute.kind, AttributeType::Nic(_)) {
        return found.last().map(|(value, source)| (value.clone(), source));
    }
    found.fold(None, |below, (value, source)| {
        Some((merge(below, value), source))
    })
}

/// The fields of a nic over those of the weaker layers.
fn merge(below: Option<(Json, Option<ValueSource>)>, above: &Json) -> Json {
    let Json::Object(above) = above else {
        return above.clone();
    };
    let mut fields = match below {
        Some((Json::Object(fields), _)) => fields,
        _ => Map::new(),
    };
    for (key, value) in above {
        fields.insert(nic::field_name(key).to_owned(), value.clone());
    }
    Json::Object(fields)
}

fn unknown_names(library: &PlanLibrary, layer: &ValueLayer) -> Vec<Diagnostic> {
    let declared = &library.plan().attributes;
    let unknown = layer
        .values()
        .keys()
        .filter(|name| !declared.contains_key(*name));
    unknown
        .take(MAX_UNKNOWN)
        .map(|name| {
            let message = format!(
                "build plan `{}` has no attribute `{}`",
                library.plan().name,
                escape(name.as_bytes())
            );
            let mut unknown = problem(Code::P4002, message);
            unknown.notes = source_note(Some(layer.source()));
            unknown.help = suggest(name, declared.keys().map(String::as_str));
            unknown
        })
        .collect()
}

fn missing(name: &str, attribute: &Attribute) -> Diagnostic {
    let what = match attribute.help.as_str() {
        "" => String::new(),
        help => format!(": {help}"),
    };
    problem_with_help(
        Code::P4001,
        format!("attribute `{name}` has no value{what}"),
        format!("give it in the server profile, in a values file, or with `--set {name}=VALUE`"),
    )
}

fn source_note(source: Option<ValueSource>) -> Vec<String> {
    let source = source.map_or("the build plan".to_owned(), |source| source.to_string());
    vec![format!("the value comes from {source}")]
}

fn help(attribute: &Attribute) -> Option<String> {
    (!attribute.help.is_empty()).then(|| format!("the attribute is: {}", attribute.help))
}
