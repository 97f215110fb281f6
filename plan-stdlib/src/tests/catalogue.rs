//! Every function is documented, every example is true, and the reference is what the docs say.

use crate::StandardLibrary;
use crate::test_world::{TestWorld, run_in};
use mintage_engine::catalogue::{Catalogue, Module};
use std::path::PathBuf;
use std::{env, fs};

#[test]
fn nothing_is_missing_in_the_docs() {
    let problems = Catalogue::of(&StandardLibrary).problems();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_example_is_true() {
    let mut failed = Vec::new();
    for example in Catalogue::of(&StandardLibrary).examples() {
        let source = format!(
            "let holds = {{\n{}\n}};\nassert(holds, \"\");",
            example.source
        );
        if let (_, Err(diagnostic)) = run_in(TestWorld::debian(), &source) {
            failed.push(format!("{}: {}", example.function, diagnostic.message));
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// `MINTAGE_UPDATE_DOCS=1` writes the pages.
#[test]
fn the_reference_is_up_to_date() {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../docs/reference/stdlib"]
        .iter()
        .collect();
    let catalogue = Catalogue::of(&StandardLibrary);
    let pages: Vec<(String, String)> = catalogue
        .modules
        .iter()
        .map(|module| (file_name(module), module.to_markdown()))
        .collect();
    if env::var_os("MINTAGE_UPDATE_DOCS").is_some() {
        fs::create_dir_all(&folder).unwrap();
        for (name, page) in &pages {
            fs::write(folder.join(name), page).unwrap();
        }
    }
    let mut found: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut expected: Vec<String> = pages.iter().map(|(name, _)| name.clone()).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected, "the pages of docs/reference/stdlib");
    for (name, page) in pages {
        let stale = "run MINTAGE_UPDATE_DOCS=1 cargo test -p plan-stdlib";
        assert_eq!(
            fs::read_to_string(folder.join(&name)).unwrap(),
            page,
            "{name}: {stale}"
        );
    }
}

fn file_name(module: &Module) -> String {
    format!("{}.md", module.page_name())
}

#[test]
fn editors_are_told_of_every_function() {
    let catalogue = Catalogue::of(&StandardLibrary);
    let files = catalogue.definitions();
    assert_eq!(files.len(), catalogue.modules.len());
    for (module, (name, text)) in catalogue.modules.iter().zip(files) {
        assert_eq!(name, format!("{}.d.rhai", module.page_name()));
        for function in module.functions.iter().filter(|f| !f.property) {
            let start = format!("fn {}(", function.name);
            assert!(text.contains(&start), "{name}: {start}");
        }
    }
}
