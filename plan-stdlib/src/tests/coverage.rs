//! The page that says what the library covers names functions that there are.

use crate::StandardLibrary;
use mintage_engine::catalogue::Catalogue;
use std::collections::BTreeSet;

const PAGE: &str = include_str!("../../../docs/stdlib-coverage.md");

/// What stands between backticks in the page.
fn quoted() -> impl Iterator<Item = &'static str> {
    PAGE.split('`').skip(1).step_by(2)
}

#[test]
fn every_function_of_the_page_exists() {
    let catalogue = Catalogue::of(&StandardLibrary);
    let functions = catalogue.modules.iter().flat_map(|module| {
        let names = module.functions.iter().map(|function| &function.name);
        names.map(|name| format!("{}::{name}", module.name))
    });
    let known: BTreeSet<String> = functions.collect();
    let called = quoted().filter(|text| text.contains("::") && !text.ends_with("::"));
    let unknown: Vec<&str> = called.filter(|name| !known.contains(*name)).collect();
    assert_eq!(unknown, [""; 0]);
}

#[test]
fn every_operation_is_on_the_page_and_bold_where_it_is_standard() {
    for (name, is_standard) in crate::generalize::operation_names() {
        let name = format!("`generalize::{name}`");
        assert!(PAGE.contains(&name), "{name}");
        let is_bold = PAGE.contains(&format!("**{name}**"));
        assert_eq!(is_bold, is_standard, "{name}");
    }
}
