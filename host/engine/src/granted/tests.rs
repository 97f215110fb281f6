//! Functions of the library that are scripts: called, held to the limits, and errors in them.

use crate::catalogue::Catalogue;
use crate::codes::Code;
use crate::host::PlanHost;
use crate::library::{Library, LibraryModule, LibraryScript};
use crate::limits::Limits;
use crate::testing::{TestLibrary, code, host, run};

#[test]
fn they_are_called_as_native_ones_are() {
    let log = run(
        r#"print(host::name()); print(file::first(["/etc/hostname"])); print(file::read("/etc/hostname"));"#,
    );
    let texts: Vec<_> = log.unwrap().into_iter().map(|line| line.text).collect();
    assert_eq!(texts, ["golden!", "golden", "golden"]);
}

#[test]
fn what_is_private_stays_so() {
    assert_eq!(code(r#"host::shout("a")"#), Some(Code::P1002));
    assert_eq!(code("host::nme()"), Some(Code::P1002));
}

#[test]
fn a_script_of_the_plan_cannot_take_their_place() {
    let source = r#"
        fn shout(text) { "mine" }
        fn name() { "mine" }
        if host::name() != "golden!" { throw "replaced" }
    "#;
    run(source).unwrap();
}

#[test]
fn they_are_known_words() {
    let host = host();
    assert!(
        host.unknown_calls("a.rhai", "host::name(); file::first([1]);")
            .is_empty()
    );
    let unknown = host.unknown_calls("a.rhai", "host::nme();");
    assert_eq!(
        unknown[0].help.as_deref(),
        Some("did you mean `host::name() -> string`?")
    );
    for script in TestLibrary.scripts() {
        assert_eq!(host.unknown_calls(&script.name(), script.source), []);
    }
}

#[test]
fn limits_hold_in_them() {
    assert_eq!(code("host::spin()"), Some(Code::P2001));
    assert_eq!(
        code("fn again() { host::doing(|| again()) }\nagain()"),
        Some(Code::P2002)
    );
}

#[test]
fn an_error_in_one_is_shown_at_the_call() {
    let shown = |source| run(source).unwrap_err().render(crate::Style::Plain);
    insta::assert_snapshot!(
        "first",
        shown("let paths = [\"/nope\"];\nfile::first(paths);")
    );
    insta::assert_snapshot!("argument", shown("\nfile::first(7);"));
    insta::assert_snapshot!(
        "closure",
        shown("host::doing(||\n    file::read(\"/nope\")\n);")
    );
    insta::assert_snapshot!("halted", shown("print(1);\nfile::first([\"/panic\"]);"));
    insta::assert_snapshot!("endless", shown("print(1);\nhost::spin();"));
}

#[test]
fn docs_of_both_kinds_are_one_module() {
    let catalogue = Catalogue::of(&TestLibrary);
    let module = catalogue.modules.iter().find(|m| m.name == "host").unwrap();
    assert_eq!(module.doc, "The host.");
    let name = module.functions.iter().find(|f| f.name == "name").unwrap();
    assert_eq!(name.docs.summary, "Gives the host's name.");
    let names: Vec<_> = catalogue.modules.iter().map(|m| m.name.as_str()).collect();
    assert_eq!(names, ["", "file", "host"]);
}

#[test]
fn a_library_that_does_not_compile_says_so() {
    struct Broken;
    impl Library for Broken {
        fn modules(&self) -> Vec<LibraryModule> {
            Vec::new()
        }

        fn scripts(&self) -> Vec<LibraryScript> {
            let (module, source) = ("broken", "fn a() {\n    let x = ;\n}");
            vec![LibraryScript { module, source }]
        }
    }
    let host = PlanHost::new(&Broken, Limits::default());
    let error = host.compile("scripts/a.rhai", "1;").unwrap_err();
    assert_eq!(
        (error.code, error.frames[0].script.as_str()),
        (Code::P1001, "std/broken.rhai")
    );
}
