//! Reads a catalogue from Rhai's metadata.

use super::{Catalogue, Function, Module, Parameter, docs, full_name, signature};
use crate::context::Tag;
use crate::library::LibraryModule;
use rhai::{Dynamic, Engine, OptimizationLevel, Shared};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What Rhai's metadata says, as far as it is of use.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RawModule {
    modules: BTreeMap<String, RawModule>,
    functions: Vec<RawFunction>,
    doc: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawFunction {
    name: String,
    #[serde(default)]
    params: Vec<RawParameter>,
    #[serde(default)]
    return_type: String,
    #[serde(default)]
    doc_comments: Vec<String>,
}

#[derive(Deserialize)]
struct RawParameter {
    name: Option<String>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

pub(super) fn catalogue(parts: &[LibraryModule]) -> Catalogue {
    let mut modules = BTreeMap::<String, Module>::new();
    for part in parts {
        let raw = metadata(part);
        let module = modules
            .entry(part.name.to_owned())
            .or_insert_with(|| Module {
                name: part.name.to_owned(),
                doc: String::new(),
                functions: Vec::new(),
            });
        module.doc.push_str(&raw.doc);
        let functions = raw.functions.into_iter();
        let functions = functions.filter_map(|raw| function(part, raw));
        module.functions.extend(functions);
    }
    let mut modules: Vec<_> = modules.into_values().collect();
    for module in &mut modules {
        let key = |f: &Function| (f.name.clone(), f.parameters.len(), f.signature());
        module.functions.sort_by_key(key);
    }
    Catalogue { modules }
}

/// The full names of a module's functions, without properties and operators. Takes a small part of
/// the time that the whole catalogue takes.
pub(crate) fn names(part: &LibraryModule) -> BTreeSet<String> {
    let signatures = reader(part).gen_fn_signatures(true);
    let names = signatures.iter().filter_map(|text| text.split('(').next());
    let names = names.filter(|name| is_name(name));
    names.map(|name| full_name(part.name, name)).collect()
}

/// An engine to read a module with.
fn reader(part: &LibraryModule) -> Engine {
    let mut engine = Engine::new_raw();
    // As a global module its functions can be read whatever their namespace is.
    engine.register_global_module(Shared::clone(&part.module));
    engine
}

/// Whether this is the name of a function: operators and indexers are not called by name.
fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_') && !name.contains('$')
}

fn metadata(part: &LibraryModule) -> RawModule {
    let engine = reader(part);
    let json = engine.gen_fn_metadata_to_json(true).unwrap_or_default();
    let mut raw: RawModule = serde_json::from_str(&json).unwrap_or_default();
    raw.functions.extend(
        std::mem::take(&mut raw.modules)
            .into_values()
            .flat_map(|m| m.functions),
    );
    raw
}

/// The function, unless it is an operator or an indexer, which nobody calls by name.
fn function(part: &LibraryModule, raw: RawFunction) -> Option<Function> {
    let property = raw.name.strip_prefix("get$").map(ToOwned::to_owned);
    let name = property.clone().unwrap_or_else(|| raw.name.clone());
    if !is_name(&name) {
        return None;
    }
    let docs = docs::parse(&raw.doc_comments.join("\n"));
    let mut parameters: Vec<_> = raw.params.into_iter().map(parameter).collect();
    let mut returns = Some(clean(&raw.return_type)).filter(|kind| !kind.is_empty());
    if let Some((types, result)) = docs.signature.as_deref().and_then(signature::parse) {
        (parameters, returns) = (signature::apply(parameters, types), result);
    }
    Some(Function {
        not_volatile: property.is_none() && runs_early(part, &name, &parameters),
        module: part.name.to_owned(),
        name,
        property: property.is_some(),
        parameters,
        returns,
        docs,
    })
}

fn parameter(raw: RawParameter) -> Parameter {
    Parameter {
        name: raw.name.unwrap_or_else(|| "value".to_owned()),
        kind: clean(&raw.kind.unwrap_or_default()),
    }
}

/// A Rust type as scripts call it.
fn clean(kind: &str) -> String {
    let kind: String = kind.replace("&mut ", "").replace(['&', ' '], "");
    let kind = kind.replace("'static", "");
    // Of a result, under whatever alias, only the good side is of interest.
    let inner = kind
        .split_once('<')
        .map(|(_, inner)| inner.trim_end_matches('>'));
    let kind = match inner {
        Some(inner) => inner.split_once(",Box<").map_or(inner, |(good, _)| good),
        None => &kind,
    };
    let name = kind.rsplit("::").next().unwrap_or(kind);
    match name {
        "()" | "" => "",
        "str" | "String" | "ImmutableString" => "string",
        "i64" | "INT" => "int",
        "f64" | "FLOAT" => "float",
        "Dynamic" | "RhaiResult" => "any",
        "Map" => "map",
        "Array" | "Vec" => "array",
        "Blob" => "blob",
        "FnPtr" => "function",
        "Secret" => "secret",
        "PlanError" => "error",
        other => other,
    }
    .to_owned()
}

/// Whether the function reaches for its run while a script is only compiled, with constants for
/// arguments, under the optimization that calls what it takes for constant.
fn runs_early(part: &LibraryModule, name: &str, parameters: &[Parameter]) -> bool {
    let constant = |parameter: &Parameter| match parameter.kind.as_str() {
        "string" => Some("\"/x\""),
        "int" => Some("1"),
        "float" => Some("1.0"),
        "bool" => Some("true"),
        "char" => Some("'x'"),
        "map" => Some("#{}"),
        "array" => Some("[]"),
        "any" => Some("1"),
        _ => None,
    };
    let Some(arguments) = parameters.iter().map(constant).collect::<Option<Vec<_>>>() else {
        return false;
    };
    let reached = Arc::new(AtomicBool::new(false));
    let mut engine = Engine::new_raw();
    engine
        .register_global_module(Shared::clone(&part.module))
        .set_optimization_level(OptimizationLevel::Full)
        .set_default_tag(Dynamic::from(Tag::Probe(Arc::clone(&reached))));
    // Whether it compiles does not matter.
    let _ = engine.compile(format!("{name}({})", arguments.join(", ")));
    reached.load(Ordering::Relaxed)
}
