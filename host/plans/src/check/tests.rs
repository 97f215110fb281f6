//! What a check says of plan libraries, and that the sample plans are clean.

use super::*;
use plan_stdlib::StandardLibrary;
use std::path::Path;

fn checked(attributes: &str, script: &str, template: &str) -> String {
    let plan =
        format!("name = \"test\"\ntype = \"deploy\"\nsteps = [\"scripts/a.rhai\"]\n{attributes}");
    let files = [
        ("build-plan.toml", plan.as_str()),
        ("scripts/a.rhai", script),
        ("templates/a.j2", template),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let library = PlanLibrary::from_files(files.into()).unwrap();
    said(&check(&library, &StandardLibrary))
}

fn said(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|finding| {
        let diagnostic = &finding.diagnostic;
        let frame = diagnostic.frames.first();
        let place = frame.map(|frame| format!(" {}:{}", frame.line, frame.column));
        let help = diagnostic.help.as_ref().map(|help| format!(" ({help})"));
        let (place, help) = (place.unwrap_or_default(), help.unwrap_or_default());
        let (severity, code) = (finding.severity, diagnostic.code);
        format!("{severity:?}{place} {code}: {}{help}", diagnostic.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_wrong_is_found() {
    insta::assert_snapshot!(checked("", "let x = ;", ""), @r"Error 1:9 P1001: unexpected `;`");
    insta::assert_snapshot!(checked("", "file::reed(\"/a\");\nnope();\n\"a\".trimm();\nnet::get(1);", ""), @r"Error 4:1 P1007: no module `net` is known here (there are `file`, `hostname`, `hosts`, `ini`, `log`, `os`, `profile`, `shell_vars`, `template`)");
    insta::assert_snapshot!(checked("", "file::reed(\"/a\");\nnope();\n\"a\".trimm();\nfile::write(\"/a\", 1);", ""), @r"
    Error 1:7 P1002: no function `file::reed` is known (did you mean `file::read(path: string) -> string`?)
    Error 2:1 P1002: no function `nope` is known
    Error 3:5 P1002: no function `trimm` is known (did you mean `trim`?)
    ");
    insta::assert_snapshot!(checked("[attribute.Name]\ntype = \"string\"\n[attribute.Rest]\ntype = \"string\"\n", "attribute(\"Nmae\");\nattribute(\"Other\", 1);\n", ""), @r"
    Error 1:1 P4002: the build plan does not declare the attribute `Nmae` (did you mean `Name`?)
    Warning 2:1 P4002: the build plan does not declare the attribute `Other` (known here: `Name`, `Rest`)
    Warning P4002: no script asks for the attribute `Name`
    Warning P4002: no script asks for the attribute `Rest`
    ");
    insta::assert_snapshot!(checked("[attribute.Name]\ntype = \"string\"\n", "attribute(\"Na\" + \"me\");", ""), @r"Warning 1:1 P4002: the attribute's name is computed, so nobody can tell what the script needs (write the name as a plain string)");
    insta::assert_snapshot!(checked("[attribute.Name]\ntype = \"string\"\nrequired = false\n", "attribute(\"Name\");\nattribute(\"Name\", 1);", ""), @r#"Warning 1:1 P4001: attribute `Name` need not have a value, but the script gives no default for it (give one: `attribute("Name", default)`)"#);
    insta::assert_snapshot!(checked("", "file::render(\"/a\", \"b.j2\", #{});\ntemplate::render(\"a.j2\", #{});\ntemplate::render(\"c\" + \".j2\", #{});", "{% if %}"), @r"
    Error 1:7 P2014: the library has no template `b.j2` (did you mean `a.j2`?)
    Error P2014: the template `a.j2`, line 1, fails: syntax error: unexpected end of block
    ");
}

#[test]
fn the_sample_plans_are_clean() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-plans");
    let mut checked = 0;
    for entry in std::fs::read_dir(samples).unwrap() {
        let library = PlanLibrary::load(&entry.unwrap().path()).unwrap();
        assert_eq!(said(&check(&library, &StandardLibrary)), "");
        checked += 1;
    }
    assert!(checked >= 2);
}
