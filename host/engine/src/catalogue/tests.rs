//! What the catalogue reads out of doc comments, and what it finds missing in them.

use super::*;
use crate::testing::{TestLibrary, run};
use std::collections::BTreeSet;

#[test]
fn functions_are_listed_with_their_docs() {
    let catalogue = Catalogue::of(&TestLibrary);
    let signatures: Vec<_> = catalogue.functions().map(Function::signature).collect();
    assert_eq!(
        signatures,
        [
            "attribute(name: string) -> any",
            "file::first(paths: array) -> string",
            "file::hash(secret: secret) -> int",
            "file::peek(path: string)",
            "file::read(path: string) -> string",
            "file::within(act: function)",
            "file::write(path: string, text: string)",
            "host::doing(act: function) -> any",
            "host::name() -> string",
            "host::spin()",
        ]
    );
    let module = &catalogue.modules[1];
    let read = module.functions.iter().find(|f| f.name == "read").unwrap();
    assert_eq!(read.docs.summary, "Reads the text of a file.");
    assert_eq!(read.docs.errors[0].code, "P3001");
    assert_eq!(read.docs.since.as_deref(), Some("0.1"));
}

#[test]
fn names_are_those_of_the_catalogue() {
    let modules = Granted::new(&TestLibrary, &Language::new(), &Limits::default()).modules;
    let catalogue = Catalogue::of_modules(&modules);
    let functions = catalogue.functions().filter(|f| !f.property);
    let expected: BTreeSet<_> = functions.map(Function::full_name).collect();
    let found: BTreeSet<_> = modules.iter().flat_map(names).collect();
    assert!(found.contains("file::read"));
    assert_eq!(found, expected);
}

#[test]
fn examples_are_scripts() {
    let examples = Catalogue::of(&TestLibrary).examples();
    assert_eq!(examples.len(), 2);
    assert_eq!(examples[0].function, "file::read");
    for example in examples {
        run(&format!("if !({}) {{ throw `false` }}", example.source)).unwrap();
    }
}

#[test]
fn what_is_missing_is_named() {
    let problems = Catalogue::of(&TestLibrary).problems().join("\n");
    insta::assert_snapshot!(problems);
}

#[test]
fn definitions_have_types_and_docs() {
    let files = Catalogue::of(&TestLibrary).definitions();
    let names: Vec<_> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["functions.d.rhai", "file.d.rhai", "host.d.rhai"]);
    insta::assert_snapshot!(files[0].1, @r"
    module static;

    /// Gives the value of a custom attribute.
    fn attribute(name: String) -> ?;
    ");
    let read = files[1]
        .1
        .split("\n\n")
        .find(|part| part.contains("fn read("))
        .unwrap();
    insta::assert_snapshot!(read);
}

#[test]
fn the_book_has_a_page_for_each_module() {
    let files = Catalogue::of(&TestLibrary).book();
    let summary = &files
        .iter()
        .find(|(path, _)| path == "src/SUMMARY.md")
        .unwrap()
        .1;
    for (path, _) in files.iter().filter(|(path, _)| path.ends_with(".md")) {
        let link = path.trim_start_matches("src/");
        assert!(
            link == "SUMMARY.md" || summary.contains(&format!("]({link})")),
            "{path}"
        );
    }
}

#[test]
fn a_page_has_signature_docs_errors_and_example() {
    let catalogue = Catalogue::of(&TestLibrary);
    let page = catalogue.modules[1].to_markdown();
    let read = page
        .split("\n## ")
        .find(|part| part.starts_with("`file::read"))
        .unwrap();
    insta::assert_snapshot!(read);
}
