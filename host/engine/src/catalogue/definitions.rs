//! Rhai definition files, from which editors complete the names of functions and show their docs.

use super::{Catalogue, Function, Module};

/// Name and text of the file of each module. Properties of values are left out: a definition file
/// has no form for them.
pub(super) fn files(catalogue: &Catalogue) -> Vec<(String, String)> {
    let modules = catalogue.modules.iter();
    modules
        .map(|module| (format!("{}.d.rhai", module.page_name()), file(module)))
        .collect()
}

fn file(module: &Module) -> String {
    // Without a namespace, functions are known everywhere.
    let name = if module.name.is_empty() {
        "static"
    } else {
        &module.name
    };
    let mut text = format!("module {name};\n");
    for function in module
        .functions
        .iter()
        .filter(|function| !function.property)
    {
        text.push_str(&definition(function));
    }
    text
}

fn definition(function: &Function) -> String {
    let parameters = function.parameters.iter();
    let parameters: Vec<_> = parameters
        .map(|parameter| format!("{}: {}", parameter.name, kind(&parameter.kind)))
        .collect();
    let returns = kind(function.returns.as_deref().unwrap_or("()"));
    let mut text = "\n".to_owned();
    for line in docs(function).trim().lines() {
        text.push_str(format!("/// {line}").trim_end());
        text.push('\n');
    }
    text.push_str(&format!(
        "fn {}({}) -> {returns};\n",
        function.name,
        parameters.join(", ")
    ));
    text
}

/// What the reference says of it, without the heading, which the definition repeats.
fn docs(function: &Function) -> String {
    let section = function.to_markdown();
    let body = section.trim_start().split_once('\n');
    body.map_or_else(String::new, |(_, body)| body.to_owned())
}

/// The name that Rhai itself has for a type.
fn kind(name: &str) -> &str {
    match name {
        "any" => "?",
        "string" => "String",
        "array" => "Array",
        "map" => "Map",
        "blob" => "Blob",
        "function" => "Fn",
        other => other,
    }
}
