//! The catalogue as pages of the reference.

use super::{Function, Module};

pub(super) fn page(module: &Module) -> String {
    let title = match module.name.as_str() {
        "" => "Functions without a module",
        name => name,
    };
    let mut page = format!("# {title}\n");
    if !module.doc.is_empty() {
        page.push_str(&format!("\n{}\n", module.doc.trim()));
    }
    for function in &module.functions {
        page.push_str(&section(function));
    }
    page
}

pub(super) fn section(function: &Function) -> String {
    let docs = &function.docs;
    let mut text = format!("\n## `{}`\n", function.signature());
    for paragraph in [&docs.summary, &docs.details] {
        if !paragraph.is_empty() {
            text.push_str(&format!("\n{paragraph}\n"));
        }
    }
    if !docs.errors.is_empty() {
        text.push_str("\nErrors:\n\n");
        for error in &docs.errors {
            text.push_str(&format!("- `{}` {}\n", error.code, error.when));
        }
    }
    for example in &docs.examples {
        text.push_str(&format!("\n```rhai\n{}\n```\n", example.trim_end()));
    }
    if let Some(since) = &docs.since {
        text.push_str(&format!("\nSince {since}\n"));
    }
    text
}
